"""What the rules of this family do to the weights, and the plain functions they are tested against.

In: the state of layers and what the cycles measured. Out: changed weights, on compiled kernels: no
face imports these modules, it names its class by a string. Begin with `mixed_precision_rule.py`.
"""
