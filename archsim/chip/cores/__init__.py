"""Operations on a chip of cores: where their tiles and results lie, what moves between cores, and how
many cycles that takes of each.

In: a trace with its placement on a chip of cores. Out: a `CoreMap`, which says for each operation
which core does what share of it, and from it the counts and cycles of a plan, which the event model
plays (archsim/soc/cores). Begin with `core_map.py`, then `core_plan.py`.
"""
