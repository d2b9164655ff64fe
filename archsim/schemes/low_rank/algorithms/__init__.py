"""What the rules of this family do to the weights, and the plain functions they are tested against.

In: inputs and errors of a batch as the cycles kept them. Out: factors of the gradient and their way
into the array, on compiled kernels: no face imports these modules, it names its class by a string.
Begin with `sbpca_rule.py`.
"""
