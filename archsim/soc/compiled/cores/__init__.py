"""The events of a chip of cores as compiled code: what SimPy does with the processes of `../../cores` and
the links of `../../network`, event for event in the same order.

In: the tables of the folder above, and those of cores, messages and links (`fill.py`). Out: the same
cycles, stalls, queues and counts (`machine.py`). Begin with `loop.py`, then follow a step: `bring.py`,
`sending.py`, `packets.py`, `wires.py`, `feed_unit.py`, `drain_unit.py`, `crossing.py`.
"""
