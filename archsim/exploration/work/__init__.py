"""What working out a design means, and how it is spread over processes.

`rungs.py` says what each rung of the ladder computes (`pricing.py`, a simulation, a training);
`engine.py` spreads batches (`feed.py`) over workers (`worker.py`) that may die at a point;
`preview.py` checks names before anything runs; `metrics.py` knows the numbers. Begin with `rungs.py`.
"""
