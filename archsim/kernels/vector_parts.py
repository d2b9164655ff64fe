"""Steps of the update that vector registers take at once, where LLVM's own vectoriser goes one by one:
the numbers of what is set, and sixteen lines of sixteen vectors turned.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

SIDE = 16  # lines and vectors that are turned together


def _eights(context) -> int:
    """What `&` leaves of a count: whole eights, nothing where code is made for another processor."""
    return -8 if "+avx512f" in context.codegen().magic_tuple()[2] else 0


@intrinsic
def whole_eights(typing_context, count):
    """How many of `count` words `list_eight` takes, eight at a time."""

    def generate(context, builder, signature, arguments):
        return builder.and_(arguments[0], ir.IntType(64)(_eights(context)))

    return types.int64(types.int64), generate


@intrinsic
def list_eight(typing_context, words, first, asked, listed, number):
    """The numbers of those of eight words from `first` on that share a bit with `asked`, in order, into
    `listed` behind the `number` that it has; returns how many it has then. Only of words that
    `whole_eights` leaves.

    Args:
        words: uint64 (n,), contiguous.
        first: of the eight.
        asked: uint64.
        listed: int64 (n,) or longer, contiguous; eight numbers are written.
        number: not above `first`.
    """

    # Inside, so that the digest of the machine code covers them.
    def generate(context, builder, signature, arguments):
        _, begin, wanted, _, sofar = arguments
        if _eights(context) == 0:
            return sofar
        word, byte = ir.IntType(64), ir.IntType(8)
        eight = ir.VectorType(word, 8)
        zeros = ir.Constant(eight, [0] * 8)

        def spread(value):
            nothing = ir.Constant(eight, ir.Undefined)
            single = builder.insert_element(nothing, value, word(0))
            positions = ir.Constant(ir.VectorType(ir.IntType(32), 8), [0] * 8)
            return builder.shuffle_vector(single, nothing, positions)

        def at(array, position):
            held = context.make_array(signature.args[array])
            held = held(context, builder, value=arguments[array])
            return builder.bitcast(builder.gep(held.data, [position]), eight.as_pointer())

        def call(name, result, *given):
            kind = ir.FunctionType(result, [value.type for value in given])
            function = cgutils.get_or_insert_function(builder.module, kind, name)
            return builder.call(function, given)

        values = builder.load(at(0, begin))
        values.align = 8
        met = builder.icmp_unsigned("!=", builder.and_(values, spread(wanted)), zeros)
        numbers = builder.add(spread(begin), ir.Constant(eight, list(range(8))))
        packed = call("llvm.x86.avx512.mask.compress.v8i64", eight, numbers, zeros, met)
        builder.store(packed, at(3, sofar)).align = 8
        several = call("llvm.ctpop.i8", byte, builder.bitcast(met, byte))
        return builder.add(sofar, builder.zext(several, word))

    kinds = words, types.int64, asked, listed, types.int64
    return types.int64(*kinds), generate


@intrinsic
def turn_square(typing_context, values, line, vector, turned):
    """turned[n, line + k] = values[line + k, vector + n] for sixteen lines k and sixteen vectors n.

    Args:
        values: float32 (N, V), contiguous.
        line, vector: the first ones.
        turned: float32 (16, N), contiguous.
    """

    if not all(isinstance(kind, types.Array) and kind.layout == "C" for kind in (values, turned)):
        return None

    # Inside, so that the digest of the machine code covers them.
    def generate(context, builder, signature, arguments):
        word = ir.IntType(64)
        sixteen = ir.VectorType(ir.FloatType(), 16)
        positions = ir.VectorType(ir.IntType(32), 16)
        orders = [
            ir.Constant(positions, [n for k in range(8) for n in (first + k, 16 + first + k)])
            for first in (0, 8)
        ]
        source, target = [
            context.make_array(kind)(context, builder, value=value)
            for kind, value in (
                (signature.args[0], arguments[0]),
                (signature.args[3], arguments[3]),
            )
        ]

        def address(array, row, column):
            width = builder.extract_value(array.shape, 1)
            number = builder.add(builder.mul(row, width), column)
            return builder.bitcast(builder.gep(array.data, [number]), sixteen.as_pointer())

        first, beside = arguments[1:3]
        rows = []
        for k in range(16):
            row = builder.load(address(source, builder.add(first, word(k)), beside))
            row.align = 4
            rows.append(row)
        # Each round puts rows that lie eight apart tooth by tooth; four of them turn all.
        for _ in range(4):
            rows = [
                builder.shuffle_vector(rows[k], rows[k + 8], order)
                for k in range(8)
                for order in orders
            ]
        for n in range(16):
            builder.store(rows[n], address(target, word(n), first)).align = 4
        return context.get_dummy_value()

    return types.none(values, types.int64, types.int64, turned), generate
