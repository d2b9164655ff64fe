"""Operators that the digital vector unit computes, one file each.

In: the sizes and settings of a layer. Out: the additions, products and look-ups that it asks of the
unit, its exact output, and its kernels where it trains. A new file here is found by itself. Begin
with `relu.py`.
"""
