"""What numba asks or works out again and again, once.

At every use of an operator numba asks the rules of that operator one after the other, first when it
tells the types and once more when it makes machine code; it looks for news in all its registries
wherever a rule has no answer; and after each of six steps it works out which names still live,
though only the last of them looks.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numba.core import ir, postproc, transforms, types
from numba.core.cpu import CPUContext

from archsim.kernels.held import HoldingLower


class KnownTypes:
    """numba's context of types that remembers what each operator and function of numba's gives for
    which arguments; all else is asked of the context itself.
    """

    def __init__(self, context: Any):
        self._context = context
        self._known: dict[tuple, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def resolve_function_type(self, func, args, kws):
        """The signature of a call."""
        # Other functions may be compiled for what is asked here, with errors of their own.
        if kws or (isinstance(func, types.Type) and not isinstance(func, types.Function)):
            return self._context.resolve_function_type(func, args, kws)
        key = func, args
        signature = self._known.get(key)
        if signature is None:
            signature = self._context.resolve_function_type(func, args, kws)
            if signature is not None:
                self._known[key] = signature
        return signature

    def resolve_setitem(self, target, index, value):
        """The signature of an assignment to an item."""
        return rule_of(self._context, operator.setitem, (target, index, value))[1]


@functools.cache
def known_types(context: Any) -> KnownTypes:
    """The one of a context."""
    return KnownTypes(context)


@functools.cache
def rule_of(context: Any, operation: Any, kinds: tuple) -> tuple[Any, Any]:
    """(function type, signature) of an operator for operands of these types.

    Raises numba's TypingError where there is none.
    """
    function = context.resolve_value_type(operation)
    return function, function.get_call_type(context, kinds, {})


class KernelLower(HoldingLower):
    """From typed code to machine code, with the rules of operators that were found before."""

    def lower_normal_function(self, fndesc):
        if type(self.context) is CPUContext:  # a copy for this function
            self.context.__class__ = _KernelContext
        super().lower_normal_function(fndesc)

    def lower_binop(self, resty, expr, op):
        if expr.static_lhs is not ir.UNDEFINED or expr.static_rhs is not ir.UNDEFINED:
            return super().lower_binop(resty, expr, op)
        return self._operation(op, (expr.lhs, expr.rhs), self.fndesc.calltypes[expr], resty)

    def lower_getitem(self, resty, expr, value, index, signature):
        return self._operation(operator.getitem, (value, index), signature, resty)

    def lower_setitem(self, target_var, index_var, value_var, signature):
        if isinstance(self.typeof(target_var.name), types.Optional):
            return super().lower_setitem(target_var, index_var, value_var, signature)
        operands = target_var, index_var, value_var
        return self._operation(operator.setitem, operands, signature, None)

    def _operation(self, operation: Any, operands: tuple, signature: Any, result: Any) -> Any:
        """The value of an operation, cast to the type `result` (None: there is none)."""
        values = [
            self.context.cast(self.builder, self.loadvar(item.name), self.typeof(item.name), kind)
            for item, kind in zip(operands, signature.args, strict=True)
        ]
        function, rule = rule_of(self.context.typing_context, operation, signature.args)
        value = self.context.get_function(function, rule)(self.builder, values)
        if result is None:
            return value
        return self.context.cast(self.builder, value, signature.return_type, result)


class _KernelContext(CPUContext):
    """numba's context of machine code, which remembers rules that there are not."""

    def get_function(self, fn, sig, _firstcall=True):
        """As numba's: what makes the machine code of a call."""
        if not isinstance(fn, str):
            return super().get_function(fn, sig, _firstcall)
        key = fn, sig.args
        if key in _NO_RULES:
            raise NotImplementedError(f"no rule for {fn}{sig}")
        try:
            return super().get_function(fn, sig, _firstcall)
        except NotImplementedError:
            _NO_RULES.add(key)
            raise


_NO_RULES: set[tuple] = set()
"""(name, types) of numba's own hooks, as that for a class that stands for an array."""


class _LazyPostProcessor(postproc.PostProcessor):
    """numba's look at a function between two steps, without the names that live at each block's
    begin, which generators alone are asked for.
    """

    def run(self, emit_dels: bool = False, extend_lifetimes: bool = False):
        function = self.func_ir
        if function.is_generator:
            super().run(emit_dels, extend_lifetimes)
            return
        function.blocks = transforms.canonicalize_cfg(function.blocks)
        # works them out when it is asked
        function.variable_lifetime = postproc.VariableLifetime(function.blocks)
        function.generator_info = None
        if emit_dels:
            self._insert_var_dels(extend_lifetimes=extend_lifetimes)


@contextmanager
def lifetimes_when_asked() -> Iterator[None]:
    """While numba compiles (under its lock), which names live is worked out where somebody asks."""
    before = postproc.PostProcessor
    setattr(postproc, "PostProcessor", _LazyPostProcessor)  # noqa: B010  # a class, to mypy
    try:
        yield
    finally:
        setattr(postproc, "PostProcessor", before)  # noqa: B010
