"""The steady state of a long operation, skipped: thousands of equal steps are simulated once.

Events are deterministic. Where the whole state of a chip is that of an earlier cycle, moved in time
and by a number of steps, what follows is what followed then; so long as the inputs that are still to
come are equal too, whole periods may be counted and not simulated. Nothing is approximated.

In: the tables of a run between two cycles. Out: the same tables many periods later. Begin with
`search.py`, then `words.py`, which says what equal means, then `state.py`.
"""
