"""Operators whose weights sit on crossbars, one file each.

In: the sizes of a layer. Out: the matrix on the array, the vectors that it is read with, and the
operator's steps in a training. A new file here is found by itself. Begin with `linear.py`.
"""
