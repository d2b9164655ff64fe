"""A PyTorch module on the arrays of a chip, trained by the user's own loop (extra 'torch').

In: a module, an example of its input, a chip and an update rule. Out: the module with its linear and
convolution layers on arrays, an optimiser that is the update rule, and the price of the steps with the
activity that they had. The arrays are computed on the processor; all other layers run where PyTorch
puts them. Begin with `on_chip`; `layer_arrays` is the side of the arrays, `modules` that of PyTorch.
"""

from archsim.torch.on_chip import OnChip, on_chip

__all__ = ["OnChip", "on_chip"]
