"""The events of a chip as compiled code: what SimPy does with the processes beside this folder, event
for event in the same order, without an interpreter.

In: the plans of a trace's operations as tables (`tables.py`, filled by `fill.py`). Out: the same
cycles, stalls, queues and counts (`machine.py`). SimPy stays the definition; `covers.py` says what
runs here. Begin with `loop.py`, then `calendar.py`, then `feed.py` beside its twin `../feed.py`.
"""
