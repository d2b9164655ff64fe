"""Kernels that are compiled when somebody needs them, called by kernels that stand already.

A network has few of all operators, a chip one way to read and to make pulses. Whatever calls them by
name is compiled with all of them; behind a door only those are compiled that were opened. A door is
a row of addresses in memory that machine code finds by its name; a call looks its number up there.
The code of the caller is the same whatever stands behind, so it is compiled once.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

WORD = ir.IntType(64)

Vector = types.Array(types.float32, 1, "C")
Block = types.Array(types.float32, 2, "C")
Whole = types.Array(types.int64, 1, "C")


class Door:
    """Several kernels of one signature, each behind a number.

    Args:
        name: of the addresses, unlike any other door's.
        kernels: how to come by the kernel of a number: it is asked for when the door is opened.
        arguments: their types.
        result: type of what they return.
    """

    def __init__(
        self,
        name: str,
        kernels: Sequence[Callable[[], Any]],
        arguments: Sequence[types.Type],
        result: types.Type = types.none,
    ):
        self.name = f"archsim_door_{name}"
        self.kernels = kernels
        self.arguments = tuple(arguments)
        self.result = result
        # Held by the door, which lives as long as the process: machine code has the plain address.
        self.addresses = (ctypes.c_int64 * len(kernels))()
        llvm.add_symbol(self.name, ctypes.addressof(self.addresses))
        self.enter = _entrance(self.name, len(kernels), self.arguments, result)

    def open(self, number: int = 0) -> None:
        """Let machine code call the kernel of this number."""
        if self.addresses[number]:
            return
        inner = self.kernels[number]()._cache.owner.callee
        inner.compile(self.arguments)
        result = inner.overloads[self.arguments]
        # The call below is made by declared types alone: another one would be read as other bytes.
        if result.signature.return_type != self.result:
            raise TypeError(f"{self.name}[{number}] returns {result.signature.return_type}")
        engine = result.library.codegen._engine
        self.addresses[number] = engine.get_function_address(result.fndesc.llvm_func_name)


def _entrance(
    name: str, count: int, wanted: tuple[types.Type, ...], result: types.Type
) -> Callable[..., Any]:
    """The call of a door, `enter(number, ...)`, as part of machine code."""
    signature = result(types.int64, types.StarArgTuple(wanted))

    def enter(typing_context, number, *arguments):
        if len(arguments) != len(wanted):
            return None
        return signature, generate

    def generate(context, builder, signature, arguments):
        number, given = arguments
        values = cgutils.unpack_tuple(builder, given, len(wanted))
        row = ir.ArrayType(WORD, count)
        held = builder.module.globals.get(name) or ir.GlobalVariable(builder.module, row, name)
        address = builder.load(builder.gep(held, [WORD(0), number]))
        # A jump to address zero would end the process without a word.
        shut = builder.icmp_unsigned("==", address, WORD(0))
        with builder.if_then(shut, likely=False):
            said = (f"{name} was not opened",)
            context.call_conv.return_user_exc(builder, RuntimeError, said)
        kind = context.call_conv.get_function_type(signature.return_type, wanted)
        function = builder.inttoptr(address, kind.as_pointer())
        status, returned = context.call_conv.call_function(
            builder, function, signature.return_type, wanted, values
        )
        with cgutils.if_unlikely(builder, status.is_error):
            context.call_conv.return_status_propagate(builder, status)
        return returned

    # machine code on disk is told by this name
    enter.__name__ = f"{name}_{count}_{wanted}_{result}"
    return intrinsic(enter)
