"""The chip: its description, the files it comes from, the placement of weights on it, and the built
chip.

In: a description (a name, a TOML file, an `Architecture`) and a trace with its update rule. Out: a
`BuiltChip`, one record made with every check, on which every verb stands that runs, prices or
sweeps; or an InputError that says what does not fit. Begin with `built.py`.
"""

from archsim.chip.load import architecture_path, list_architectures, load_architecture

__all__ = ["architecture_path", "list_architectures", "load_architecture"]
