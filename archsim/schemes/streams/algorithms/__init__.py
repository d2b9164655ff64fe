"""What the rules of this family do to the weights, and the plain functions they are tested against.

In: inputs and errors as streams. Out: counters or weights that moved, on compiled kernels: no face
imports these modules, it names its class by a string. Begin with `stream_rule.py`, which they share.
"""
