"""Kernels whose machine code stands once and is called by its name.

numba copies a callee into each of its callers and optimises it there again, so a chain of ten
kernels is compiled ten times over: two thirds of the time before a first training. Here a kernel
with a loop of its own keeps its machine code to itself, and a caller holds its name alone; one
without a loop is copied as ever, so that what is done for every value stays inside the loop.

Names are bound when machine code is loaded. What comes from disk therefore says which names it
needs, and in which files they are; they are loaded before it. No bit of a result depends on this:
floating-point semantics are strict on both sides of a call.
"""

from __future__ import annotations

import dis
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple, Protocol

import llvmlite.binding as llvm


class MachineCode(Protocol):
    """What numba's result of a compilation holds of it, for a reader of types."""

    library: Any
    fndesc: Any
    environment: Any

    def _replace(self, **fields: Any) -> Any: ...


class Needed(NamedTuple):
    """Machine code that stands apart: its name, and the file and the key there that hold it."""

    symbol: str
    path: Path
    key: tuple


class Apart(NamedTuple):
    """Machine code of this process that stands apart; needed is None where it is in no file."""

    result: MachineCode
    needed: Needed | None


_COMPILED = "_ZN"  # begins the names that numba gives to what it compiles
_standing: dict[str, Apart] = {}


def has_loop(code: CodeType) -> bool:
    """Whether a function jumps back."""
    jumps = {*dis.hasjrel, *dis.hasjabs}
    return any(
        # A jump to a lower place is a loop's.
        step.opcode in jumps and step.argval <= step.offset
        for step in dis.get_instructions(code)
    )


def set_apart(result: MachineCode) -> None:
    """Give its callers nothing to copy, but the name that they declare themselves."""
    module = llvm.parse_assembly("")
    module.triple = result.library._final_module.triple
    module.data_layout = result.library._final_module.data_layout
    result.library._shared_module = module


def keep(result: MachineCode, path: Path | None, key: tuple) -> None:
    """Remember machine code that stands apart, in a file or in this process only."""
    symbol = result.fndesc.llvm_func_name
    needed = None if path is None else Needed(symbol, path, key)
    _standing[symbol] = Apart(result, needed)


def needed_by(result: MachineCode) -> list[Needed] | None:
    """What must be loaded before a result; None where some of it is in no file."""
    names = [
        function.name
        for function in result.library._final_module.functions
        if function.is_declaration and function.name.startswith(_COMPILED)
    ]
    needed = [_standing[name].needed if name in _standing else None for name in names]
    known = [item for item in needed if item is not None]
    # One name that stands in no file, and the whole cannot be bound in another process.
    return known if len(known) == len(needed) else None


def stands(needed: Needed) -> bool:
    """Whether a name can be bound in this process."""
    return needed.symbol in _standing


def standing_of(path: Path, target_context: Any) -> MachineCode | None:
    """The result of a file that is loaded already, as another dispatcher takes it; None otherwise."""
    for standing in _standing.values():
        if standing.needed is not None and standing.needed.path == path:
            result = standing.result
            entry = target_context.get_executable(result.library, result.fndesc, result.environment)
            # numba writes how long it took into metadata that are there, and refuses to write twice
            return result._replace(entry_point=entry, metadata=None)
    return None
