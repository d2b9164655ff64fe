"""The SoC as a discrete-event model in SimPy: what a chip needs for a trace, cycle by cycle.

In: a trace with its placement on a chip, whose blocks say what operations queue for and how long
(archsim/chip/blocks). Out: a ledger of actions (`collect.py`) and the cycles of layers, phases and
resources (`facts.py`), or an error that names who waits for what. `data/` lets real numbers ride
along, `observers/` watch. Begin with `machine.py`, then follow an operation: `control.py`, `feed.py`,
`tile_unit.py`, `drain.py`.
"""
