"""The built chip: a trace placed on a chip, with its parts, checked once for every verb that runs, prices or sweeps it.

In: a chip description and a trace with its update rule. Out: a `BuiltChip`, or an InputError that says what does not fit.
Begin with `built.py`.
"""

from archsim.chip.built import BuiltChip, build_chip, parts_of

__all__ = ["BuiltChip", "build_chip", "parts_of"]
