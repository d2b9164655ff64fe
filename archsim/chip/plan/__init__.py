"""Plans: what an operation does on a chip, in counts and cycles, before anything happens.

In: an operation, the placement of its layer and the chip. Out: an `OperationPlan`, which the event
model plays (archsim/soc) and `counts.py` adds up without events. The laws are those of the blocks
(archsim/chip/blocks); `tile_timing.py` and `slowest.py` are the arithmetic that they share. Begin
with `record.py`, then `operation_plan.py`.
"""
