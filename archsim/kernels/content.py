"""What a compiled function is: its bytecode and every value that it reaches by a global name, as
text for a digest.

numba freezes globals into machine code, so two functions of one name differ where a global, a
helper or a closed-over value differs, although their source lines are the same. What is listed here
decides whether machine code on disk may stand for a function.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

import numpy as np
from numba.core.extending import _Intrinsic
from numba.core.types import Type

LIBRARIES = ("builtins", "cmath", "llvmlite", "math", "numba", "numpy", "operator")
_PLAIN = (bool, int, float, complex, str, bytes, type(None), type(...))


class Unknown(Exception):
    """A value whose content cannot be told: machine code that rests on it stays in its process."""


def names_of(code: types.CodeType) -> Iterator[str]:
    """Global names and attributes that a function and the functions inside it use."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from names_of(constant)


def code_text(code: types.CodeType, docstring: str | None = None) -> str:
    """Bytecode, constants and names; not file, lines and docstring, which change no bit of machine
    code.
    """
    constants = [
        code_text(value)
        if isinstance(value, types.CodeType)
        else repr((type(value).__name__, value))
        for position, value in enumerate(code.co_consts)
        if position > 0 or value != docstring
    ]
    names = (
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
        code.co_argcount,
        code.co_flags,
    )
    return repr((code.co_code.hex(), code.co_exceptiontable.hex(), constants, names))


def value_text(value: Any, code: types.CodeType) -> str:
    """The content of a value that `code` reaches and that is no compiled function. Raises Unknown."""
    if isinstance(value, types.ModuleType):
        return _module_text(value, code)
    if isinstance(value, np.ndarray) and value.dtype.kind in "?biufc":
        return repr(
            # numba freezes the contents of a global array, and types a read-only one otherwise.
            ("array", value.dtype.str, value.shape, value.flags.writeable, value.tobytes().hex())
        )
    if isinstance(value, np.generic):
        return repr((value.dtype.str, value.tobytes().hex()))
    if isinstance(value, float):
        return value.hex()
    if isinstance(value, _PLAIN):
        return repr((type(value).__name__, value))
    if isinstance(value, tuple):
        return repr([value_text(item, code) for item in value])
    if isinstance(value, _Intrinsic) and value._defn.__module__.startswith("archsim."):
        return repr((value._name, _codes_text(value._defn, set())))
    if (
        isinstance(value, Type | np.dtype)
        or isinstance(value, np.ufunc)
        and getattr(np, value.__name__, None) is value
    ):
        return repr(value)
    if isinstance(value, type) and issubclass(value, tuple) and hasattr(value, "_fields"):
        # A record that a kernel makes: machine code knows its fields by their order.
        return repr((value.__module__, value.__qualname__, value._fields))
    # of classes and functions, not of what they make
    name = getattr(value, "__qualname__", "<locals>")
    if _of_library(getattr(value, "__module__", None) or "") and "<locals>" not in name:
        return f"{value.__module__}.{name}"
    # Rather compiled anew in each process than taken for what it is not.
    raise Unknown(value)


def _codes_text(function: types.FunctionType, told: set[types.FunctionType]) -> list[str]:
    """The code of what makes a part of machine code, and of the functions of ours that it calls."""
    told.add(function)
    texts = [code_text(function.__code__)]
    for name in sorted(set(names_of(function.__code__))):
        called = function.__globals__.get(name)
        if not isinstance(called, types.FunctionType) or called in told:
            continue
        if called.__module__.startswith("archsim."):
            texts += _codes_text(called, told)
    return texts


def _module_text(module: types.ModuleType, code: types.CodeType) -> str:
    if _of_library(module.__name__):
        return module.__name__
    used = sorted({name for name in names_of(code) if hasattr(module, name)})
    return repr([(name, value_text(getattr(module, name), code)) for name in used])


def _of_library(name: str) -> bool:
    return name.split(".")[0] in LIBRARIES
