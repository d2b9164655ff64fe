"""Runs of values in vectors of sixteen, whose last one is masked: no loop over what is left, which took
longer than the run itself where feature maps are small.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

LANES = 16
WORD, SHORT = ir.IntType(64), ir.IntType(32)
VALUES = ir.VectorType(ir.FloatType(), LANES)
MASK = ir.VectorType(ir.IntType(1), LANES)
NUMBERS = ir.VectorType(SHORT, LANES)


@intrinsic
def copy_run(typing_context, source, start, target, first, count):
    """target[first + k] = source[start + k] for 0 <= k < count.

    Args:
        source, target: contiguous float32 (n,).
        start, first: places in them.
        count: of values.
    """

    # Inside, so that the digest of the machine code covers it.
    def masked(builder, left):
        nothing = ir.Constant(NUMBERS, ir.Undefined)
        single = builder.insert_element(nothing, builder.trunc(left, SHORT), SHORT(0))
        spread = builder.shuffle_vector(single, nothing, ir.Constant(NUMBERS, [0] * LANES))
        return builder.icmp_signed("<", ir.Constant(NUMBERS, list(range(LANES))), spread)

    def generate(context, builder, signature, arguments):
        given, begin, made, first_place, number = arguments
        read = context.make_array(signature.args[0])(context, builder, value=given)
        written = context.make_array(signature.args[2])(context, builder, value=made)
        here = builder.gep(read.data, [begin])
        there = builder.gep(written.data, [first_place])
        module, pointer = builder.module, VALUES.as_pointer()
        load = cgutils.get_or_insert_function(
            module,
            ir.FunctionType(VALUES, [pointer, SHORT, MASK, VALUES]),
            "llvm.masked.load.v16f32.p0",
        )
        store = cgutils.get_or_insert_function(
            module,
            ir.FunctionType(ir.VoidType(), [VALUES, pointer, SHORT, MASK]),
            "llvm.masked.store.v16f32.p0",
        )
        with cgutils.for_range_slice(builder, WORD(0), number, WORD(LANES)) as (k, _):
            mask = masked(builder, builder.sub(number, k))
            source_here = builder.bitcast(builder.gep(here, [k]), pointer)
            target_there = builder.bitcast(builder.gep(there, [k]), pointer)
            zeros = ir.Constant(VALUES, [0.0] * LANES)
            values = builder.call(load, [source_here, SHORT(4), mask, zeros])
            builder.call(store, [values, target_there, SHORT(4), mask])
        return context.get_dummy_value()

    return types.none(source, types.intp, target, types.intp, types.intp), generate
