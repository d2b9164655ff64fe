"""A chip of cores at work: inputs come over the network, cores feed their tiles, add up, finish and keep
or send results, as events in SimPy.

In: operations with their work on cores (archsim/chip/cores). Out: the same facts and counts as of a
flat chip, and the traffic of every link. Of an operation one process asks for inputs, in their order;
each copy of its layer has one that feeds its tiles and one that takes its results. Begin with
`core_machine.py`, then follow a step: `bring.py`, `feed_unit.py`, `drain_unit.py`.
"""
