"""Operators that only move data or rename it and cost nothing, one file each.

In: the values of a layer. Out: the same values in another shape or order, forward and back. A new
file here is found by itself. Begin with `flatten.py`.
"""
