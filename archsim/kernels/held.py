"""Arrays that a kernel holds from its caller, which need no count of references.

numba counts a reference to every array in a variable, and to each of the arrays in a record: by
an atomic operation at run time, and by code that takes the record apart, at every name and once
more where the name ends. That was a fifth of all the code it made for a training. But what a
kernel was given stays alive until it returns, since its caller holds it: its arguments, the fields
of a record among them, slices of their arrays, and records that are put together from those. Such
names are found here before machine code is made, and are neither counted nor uncounted. An array
that a kernel makes itself is counted as ever, and so is a record that holds one.
"""

from __future__ import annotations

from typing import Any

from numba.core import ir, types
from numba.core.lowering import Lower

from archsim.kernels.lending import LENDING


class HoldingLower(Lower):
    """numba's way from typed code to machine code, without counts of what the caller holds."""

    def lower_normal_function(self, fndesc):
        self.held = frozenset() if self._counts_all() else held_names(self)
        super().lower_normal_function(fndesc)

    def lower_assign(self, ty, inst):
        if inst.target.name not in self.held:
            return super().lower_assign(ty, inst)
        counting = self.context.nrt
        self.context.nrt = _Uncounted()
        try:
            return super().lower_assign(ty, inst)
        finally:
            self.context.nrt = counting

    def storevar(self, value, name, argidx=None):
        if self._counted(name):
            super().storevar(value, name, argidx)
            return
        self._alloca_var(name, self.typeof(name))
        if name in self._singly_assigned_vars:
            self._blk_local_varmap[name] = value
        else:
            self.builder.store(value, self.getvar(name))

    def delvar(self, name):
        if self._counted(name):
            super().delvar(name)
        elif name not in self._blk_local_varmap:
            # as numba: a name that ends in another block than it begins in has a place in memory
            self._singly_assigned_vars.discard(name)

    def _counts_all(self) -> bool:
        return self.generator_info is not None or self._disable_sroa_like_opt

    def _counted(self, name: str) -> bool:
        return name not in self.held and (self._counts_all() or self.may_count(self.typeof(name)))

    def may_count(self, kind: types.Type) -> bool:
        """Whether values of a type may hold references."""
        return self.context.data_model_manager[kind].contains_nrt_meminfo()


class _Uncounted:
    """What counts references, where none are."""

    def incref(self, builder, kind, value) -> None: ...

    decref = incref


def held_names(lower: HoldingLower) -> frozenset[str]:
    """The names whose every value is held by the caller, in SSA form or not."""
    made: dict[str, list[Any]] = {}
    for block in lower.blocks.values():
        for assignment in block.find_insts(ir.Assign):
            made.setdefault(assignment.target.name, []).append(assignment.value)
    held = {name for name in made if lower.may_count(lower.typeof(name))}
    # A name falls with those that it is made from, so none is left that rests on itself alone.
    while True:
        fallen = {
            name
            for name in held
            if not all(_is_held(lower, held, lower.typeof(name), value) for value in made[name])
        }
        if not fallen:
            return frozenset(held)
        held -= fallen


def _is_held(lower: HoldingLower, held: set[str], kind: types.Type, value: Any) -> bool:
    """Whether a value of a name is the caller's, where all the names in `held` are."""

    def safe(name: str) -> bool:
        return name in held or not lower.may_count(lower.typeof(name))

    if isinstance(value, ir.Arg):
        return lower.typeof(f"arg.{value.name}") == kind
    if isinstance(value, ir.Var):
        return value.name in held and lower.typeof(value.name) == kind
    if not isinstance(value, ir.Expr):
        return False
    if value.op == "call":
        return _is_held_call(lower, safe, value)
    if value.op == "build_tuple":
        items = [lower.typeof(item.name) for item in value.items]
        return list(getattr(kind, "types", ())) == items and all(
            safe(item.name) for item in value.items
        )
    if value.op in ("getattr", "static_getitem", "getitem", "exhaust_iter"):
        return value.value.name in held and _is_part(lower, kind, value)
    return False


def _is_held_call(lower: HoldingLower, safe: Any, call: Any) -> bool:
    """Whether a call lends its result, or puts a record of held values together."""
    called = lower.typeof(call.func.name)
    if isinstance(called, types.NamedTupleClass):
        given = [*call.args, *(value for _, value in call.kws)]
        return all(safe(item.name) for item in [*given, *([call.vararg] if call.vararg else [])])
    return any(
        getattr(template, "key", None) is lending
        for lending in LENDING
        for template in getattr(called, "templates", ())
    )


def _is_part(lower: HoldingLower, kind: types.Type, taken: Any) -> bool:
    """Whether an expression takes a field of a record, or a basic slice of an array."""
    whole = lower.typeof(taken.value.name)
    if taken.op == "exhaust_iter":
        return isinstance(whole, types.BaseTuple) and whole == kind
    if isinstance(whole, types.BaseTuple):
        inner = getattr(whole, "types", ())
        if taken.op == "getattr":
            fields = getattr(whole, "fields", ())
            return taken.attr in fields and inner[fields.index(taken.attr)] == kind
        index = taken._kws.get("index")
        return taken.op == "static_getitem" and isinstance(index, int) and inner[index] == kind
    if not (isinstance(whole, types.Array) and isinstance(kind, types.Array)):
        return False
    index = taken.index if taken.op == "getitem" else taken._kws.get("index_var")
    return taken.op != "getattr" and index is not None and _is_basic(lower.typeof(index.name))


def _is_basic(index: types.Type) -> bool:
    """Whether an index of this type gives a view: an index that is an array gives a copy."""
    parts = getattr(index, "types", (index,))
    return all(
        isinstance(part, types.Integer | types.SliceType | types.EllipsisType) for part in parts
    )
