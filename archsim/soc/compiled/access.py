"""Records of tables in compiled code: a function passes one pointer, to the row that says where the
tables lie, instead of dozens of arrays.

`get(tables, FORM, number)` is a record of the table of that form; its fields are read and written in
place. Nothing is checked: `fill.py` makes the tables as large as numbers may become, and keeps them.
"""

from __future__ import annotations

import numba
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from archsim.soc.compiled.tables import FORMS

_SLOTS = {numba.from_dtype(form): name for name, form in FORMS.items()}


@intrinsic
def get(typing_context, tables, form, number):
    """The record `number` of the table of a form, in place."""
    record = form.dtype
    slot = _SLOTS.get(record)
    if slot is None or not isinstance(tables, types.Record):
        return None

    def generate(context, builder, signature, arguments):
        header, _, index = arguments
        word = ir.IntType(64)
        field = builder.gep(
            builder.bitcast(header, ir.PointerType(ir.IntType(8))),
            [ir.Constant(word, tables.offset(slot))],
        )
        address = builder.load(builder.bitcast(field, ir.PointerType(word)))
        size = ir.Constant(word, record.size)
        index = context.cast(builder, index, signature.args[2], types.int64)
        address = builder.add(address, builder.mul(index, size))
        return builder.inttoptr(address, context.get_value_type(record))

    return record(tables, form, number), generate


@intrinsic
def copy(typing_context, target, source):
    """Write a record over another one of the same form."""
    if not isinstance(target, types.Record) or target != source:
        return None

    def generate(context, builder, signature, arguments):
        into, out = arguments
        builder.store(builder.load(out), into)
        return context.get_dummy_value()

    return types.void(target, source), generate
