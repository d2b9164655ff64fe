"""Kernels that are compiled when somebody needs them, called by kernels that stand already.

A network has few of all operators, a chip one way to read and to make pulses. Whatever calls them by
name is compiled with all of them; behind a door only those are compiled that were opened. A door is
a row of addresses in memory that machine code finds by its name; a call looks its number up there.
The code of the caller is the same whatever stands behind, so it is compiled once.

A door that is shut opens itself at the first call, from machine code, so that a branch that few
trainings take may stand behind one without anybody who knows beforehand that it is taken. Whoever
does know opens it before, and keeps the time of a compilation out of a first step.
"""

from __future__ import annotations

import _thread
import ctypes
import threading
from collections.abc import Callable, Sequence
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

WORD = ir.IntType(64)
_LATER_S = 0.1  # machine code goes on long before

Vector = types.Array(types.float32, 1, "C")
Block = types.Array(types.float32, 2, "C")
Whole = types.Array(types.int64, 1, "C")
View = types.Array(types.float32, 2, "A")


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
        self._bell = ctypes.CFUNCTYPE(None, ctypes.c_int64)(self._answer)
        llvm.add_symbol(f"{self.name}_bell", ctypes.cast(self._bell, ctypes.c_void_p).value)
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

    def _answer(self, number: int) -> None:
        """Open for machine code, which a Python exception cannot pass."""
        try:
            self.open(number)
        except KeyboardInterrupt:
            # The call is finished first: its caller is interrupted where Python goes on, which is
            # after this function.
            self.open(number)
            threading.Timer(_LATER_S, _thread.interrupt_main).start()


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
        entry = builder.gep(held, [WORD(0), number])
        shut = builder.icmp_unsigned("==", builder.load(entry), WORD(0))
        with builder.if_then(shut, likely=False):
            bell = cgutils.get_or_insert_function(
                builder.module, ir.FunctionType(ir.VoidType(), [WORD]), f"{name}_bell"
            )
            builder.call(bell, [number])
            # A jump to address zero would end the process without a word.
            with builder.if_then(builder.icmp_unsigned("==", builder.load(entry), WORD(0))):
                said = (f"{name} was not opened",)
                context.call_conv.return_user_exc(builder, RuntimeError, said)
        address = builder.load(entry)
        kind = context.call_conv.get_function_type(signature.return_type, wanted)
        function = builder.inttoptr(address, kind.as_pointer())
        status, returned = context.call_conv.call_function(
            builder, function, signature.return_type, wanted, values
        )
        with cgutils.if_unlikely(builder, status.is_error):
            context.call_conv.return_status_propagate(builder, status)
        return returned

    # machine code on disk is told by this name; the bell is part of it
    enter.__name__ = f"{name}_{count}_{wanted}_{result}_bell"
    return intrinsic(enter)
