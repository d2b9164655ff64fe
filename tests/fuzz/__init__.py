"""Damaged inputs by the million, for every reader: `python -m tests.fuzz --count 100000 --seed 1`.
Not part of the default run.
"""
