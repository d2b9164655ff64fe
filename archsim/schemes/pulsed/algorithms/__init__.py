"""What the rules of this family do to the weights, and the plain functions they are tested against.

In: the state of arrays and the trains of an image. Out: devices that moved, on compiled kernels: no
face imports these modules, it names its class by a string. Begin with `tiki_taka_rule.py`, which
has its state in `tiki_taka_state.py`.
"""
