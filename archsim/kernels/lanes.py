"""Runs of values in vectors of sixteen, of which some lanes are masked: no loop over what is left, which
took longer than the run itself where feature maps are small. The plain twins are in
`operators.elementary`.
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
ORDER = ir.Constant(NUMBERS, list(range(LANES)))
NONE = ir.Constant(NUMBERS, [0] * LANES)


def _spread(builder, word):
    """A number in all lanes."""
    nothing = ir.Constant(NUMBERS, ir.Undefined)
    single = builder.insert_element(nothing, builder.trunc(word, SHORT), SHORT(0))
    return builder.shuffle_vector(single, nothing, ir.Constant(NUMBERS, [0] * LANES))


def _first_lanes(builder, count):
    return builder.icmp_signed("<", ORDER, _spread(builder, count))


def _load(builder, address, mask):
    """Values of the lanes of a mask, zeros beside them."""
    pointer = VALUES.as_pointer()
    kind = ir.FunctionType(VALUES, [pointer, SHORT, MASK, VALUES])
    load = cgutils.get_or_insert_function(builder.module, kind, "llvm.masked.load.v16f32.p0")
    zeros = ir.Constant(VALUES, [0.0] * LANES)
    # Aligned to 4: a run may begin at any float.
    return builder.call(load, [builder.bitcast(address, pointer), SHORT(4), mask, zeros])


def _store(builder, values, address, mask):
    pointer = VALUES.as_pointer()
    kind = ir.FunctionType(ir.VoidType(), [VALUES, pointer, SHORT, MASK])
    store = cgutils.get_or_insert_function(builder.module, kind, "llvm.masked.store.v16f32.p0")
    builder.call(store, [values, builder.bitcast(address, pointer), SHORT(4), mask])


@intrinsic
def copy_run(typing_context, source, start, target, first, count):
    """target[first + k] = source[start + k] for 0 <= k < count.

    Args:
        source, target: contiguous float32 (n,).
        start, first: places in them.
        count: of values.
    """

    def generate(context, builder, signature, arguments):
        given, begin, made, first_place, number = arguments
        read = context.make_array(signature.args[0])(context, builder, value=given)
        written = context.make_array(signature.args[2])(context, builder, value=made)
        here = builder.gep(read.data, [begin])
        there = builder.gep(written.data, [first_place])
        with cgutils.for_range_slice(builder, WORD(0), number, WORD(LANES)) as (k, _):
            mask = _first_lanes(builder, builder.sub(number, k))
            values = _load(builder, builder.gep(here, [k]), mask)
            _store(builder, values, builder.gep(there, [k]), mask)
        return context.get_dummy_value()

    return types.none(source, types.intp, target, types.intp, types.intp), generate


@intrinsic
def add_shifted(typing_context, block, line, lines, span, image, target, width):
    """image[target + x] += block[line + k, first + x + padding - k] for x < width and every k < lines
    in order, where 0 <= x + padding - k < reach, for a span (first, reach, padding).

    Args:
        block: contiguous float32 (n, m).
        line, lines: first row of it and how many.
        span: where in a row the values begin, how many there are, and the padding of the image
            before its first value; int64.
        image: contiguous float32 (n,), in which `width` values begin at `target`.
    """

    def generate(context, builder, signature, arguments):
        given, row, rows, span, made, row_start, count = arguments
        begin, most, before = cgutils.unpack_tuple(builder, span, 3)
        read = context.make_array(signature.args[0])(context, builder, value=given)
        written = context.make_array(signature.args[4])(context, builder, value=made)
        values_of_line = builder.extract_value(read.shape, 1)
        with cgutils.for_range_slice(builder, WORD(0), count, WORD(LANES)) as (x, _):
            inside = _first_lanes(builder, builder.sub(count, x))
            there = builder.gep(written.data, [builder.add(row_start, x)])
            sums = cgutils.alloca_once_value(builder, _load(builder, there, inside))
            with cgutils.for_range(builder, rows) as loop:
                # of lane 0; lanes follow each other
                from_first = builder.sub(builder.add(x, before), loop.index)
                offsets = builder.add(ORDER, _spread(builder, from_first))
                above = builder.icmp_signed(">=", offsets, NONE)
                below = builder.icmp_signed("<", offsets, _spread(builder, most))
                mask = builder.and_(inside, builder.and_(above, below))
                start = builder.mul(builder.add(row, loop.index), values_of_line)
                start = builder.add(builder.add(start, begin), from_first)
                values = _load(builder, builder.gep(read.data, [start]), mask)
                held = builder.load(sums)
                # lanes beside the mask keep their bits, those of a negative zero too
                more = builder.select(mask, builder.fadd(held, values), held)
                builder.store(more, sums)
            _store(builder, builder.load(sums), there, inside)
        return context.get_dummy_value()

    numbers = types.UniTuple(types.intp, 3)
    kinds = (block, types.intp, types.intp, numbers, image, types.intp, types.intp)
    return types.none(*kinds), generate
