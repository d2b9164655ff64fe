"""Arrays and extremes made in place, where numba compiles a function of its own for each kind.

numba has `np.empty`, `np.zeros`, `min` and `max` in Python: for the types of each use it compiles
them, keeps them beside a kernel's machine code and lets them be inlined there. Here the kernel's code
has the same steps at once. Calls of other forms are left to numba.
"""

from __future__ import annotations

import builtins
import operator
from types import ModuleType
from typing import Any

import numpy as np
from numba.core import cgutils, ir, types
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.cpython.builtins import do_minmax
from numba.extending import intrinsic
from numba.np.arrayobj import _empty_nd_impl, _parse_shape


@intrinsic
def new_array(typing_context, shape, dtype):
    """An array of this shape (a whole number or several) and type, whatever its memory holds."""
    return _array_signature(shape, dtype), _new_array


@intrinsic
def new_zeros(typing_context, shape, dtype):
    """`new_array` of zeros."""

    def generate(context, builder, signature, arguments):
        value = _new_array(context, builder, signature, arguments)
        array = context.make_array(signature.return_type)(context, builder, value=value)
        size = builder.mul(array.itemsize, array.nitems)
        cgutils.memset(builder, array.data, size, 0)
        return value

    return _array_signature(shape, dtype), generate


@intrinsic
def least(typing_context, *values):
    """`min` of two numbers or more."""
    return _extreme(typing_context, values, operator.lt)


@intrinsic
def greatest(typing_context, *values):
    """`max` of two numbers or more."""
    return _extreme(typing_context, values, operator.gt)


def _array_signature(shape, dtype):
    count = len(shape) if isinstance(shape, types.BaseTuple) else 1
    kind = dtype.dtype if isinstance(dtype, types.DType | types.NumberClass) else None
    return None if kind is None else types.Array(kind, count, "C")(shape, dtype)


def _new_array(context, builder, signature, arguments):
    sizes = _parse_shape(context, builder, signature.args[0], arguments[0])
    return _empty_nd_impl(context, builder, signature.return_type, sizes)._getvalue()


def _extreme(typing_context, values, comparison):
    result = typing_context.unify_types(*values)

    def generate(context, builder, signature, arguments):
        kinds = list(signature.args[0])
        given = cgutils.unpack_tuple(builder, arguments[0])
        return do_minmax(context, builder, kinds, given, comparison)

    return result(types.StarArgTuple(values)), generate


_OF_NUMPY: dict[str, Any] = {"empty": new_array, "zeros": new_zeros}
_OF_PYTHON: dict[Any, Any] = {builtins.min: least, builtins.max: greatest}


@register_pass(mutates_CFG=False, analysis_only=False)
class OwnParts(FunctionPass):
    """Let a kernel's calls go to the functions above, where they have the form of these."""

    _name = "archsim_own_parts"

    def __init__(self):
        super().__init__()

    def run_pass(self, state):
        """Returns whether anything was replaced."""
        assignments = [
            item for block in state.func_ir.blocks.values() for item in block.find_insts(ir.Assign)
        ]
        calls: dict[str, list[Any]] = {}
        for item in assignments:
            if isinstance(item.value, ir.Expr) and item.value.op == "call":
                calls.setdefault(item.value.func.name, []).append(item.value)
        replaced = False
        for item in assignments:
            own = _own(state.func_ir, item.value)
            of_two = calls.get(item.target.name, [])
            if own is None or not of_two or not all(map(_has_values, of_two)):
                continue
            item.value = ir.Global(own._name, own, item.value.loc)
            state.func_ir._definitions[item.target.name] = [item.value]
            replaced = True
        return replaced


def _has_values(call: Any) -> bool:
    """Whether a call has two values or more, by their places."""
    return len(call.args) >= 2 and not call.kws and call.vararg is None


def _own(function: Any, value: Any) -> Any:
    """The function above that stands for what a name is bound to, or None."""
    if isinstance(value, ir.Global):
        return _OF_PYTHON.get(value.value) if callable(value.value) else None
    if not isinstance(value, ir.Expr) or value.op != "getattr":
        return None
    bound = function._definitions[value.value.name]
    module = bound[0].value if len(bound) == 1 and isinstance(bound[0], ir.Global) else None
    return _OF_NUMPY.get(value.attr) if isinstance(module, ModuleType) and module is np else None
