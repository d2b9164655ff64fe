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
    """How many of `count` words `list_eights` looks at."""

    def generate(context, builder, signature, arguments):
        return builder.and_(arguments[0], ir.IntType(64)(_eights(context)))

    return types.int64(types.int64), generate


@intrinsic
def list_eights(typing_context, words, asked, listed):
    """The numbers of those of the first `whole_eights` words that share a bit with `asked`, in order,
    into `listed`; returns how many.

    Args:
        words: uint64 (n,), contiguous.
        asked: uint64.
        listed: int64 (n,) or longer, contiguous; numbers behind the last are overwritten, too.
    """

    # Inside, so that the digest of the machine code covers them.
    def generate(context, builder, signature, arguments):
        word, short = ir.IntType(64), ir.IntType(32)
        if _eights(context) == 0:
            return word(0)
        eight, mask = ir.VectorType(word, 8), ir.VectorType(ir.IntType(1), 8)
        held, numbers = [
            context.make_array(kind)(context, builder, value=value)
            for kind, value in (
                (signature.args[0], arguments[0]),
                (signature.args[2], arguments[2]),
            )
        ]
        count = builder.extract_value(held.shape, 0)
        end = builder.and_(count, word(_eights(context)))
        nothing = ir.Constant(eight, ir.Undefined)
        single = builder.insert_element(nothing, arguments[1], word(0))
        zeros = ir.Constant(ir.VectorType(short, 8), [0] * 8)
        wanted = builder.shuffle_vector(single, nothing, zeros)
        squeeze = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(eight, [eight, eight, mask]),
            "llvm.x86.avx512.mask.compress.v8i64",
        )
        ones = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(ir.IntType(8), [ir.IntType(8)]), "llvm.ctpop.i8"
        )
        begun = builder.block
        loop = builder.append_basic_block("eights")
        after = builder.append_basic_block("listed")
        builder.cbranch(builder.icmp_signed(">", end, word(0)), loop, after)
        builder.position_at_end(loop)
        here, order, so_far = builder.phi(word), builder.phi(eight), builder.phi(word)
        source = builder.bitcast(builder.gep(held.data, [here]), eight.as_pointer())
        values = builder.load(source)
        values.align = 8
        found = builder.icmp_unsigned(
            "!=", builder.and_(values, wanted), ir.Constant(eight, [0] * 8)
        )
        packed = builder.call(squeeze, [order, ir.Constant(eight, [0] * 8), found])
        target = builder.bitcast(builder.gep(numbers.data, [so_far]), eight.as_pointer())
        builder.store(packed, target).align = 8
        several = builder.zext(builder.call(ones, [builder.bitcast(found, ir.IntType(8))]), word)
        more = builder.add(so_far, several)
        following = builder.add(here, word(8))
        for phi, first, later in (
            (here, word(0), following),
            (
                order,
                ir.Constant(eight, list(range(8))),
                builder.add(order, ir.Constant(eight, [8] * 8)),
            ),
            (so_far, word(0), more),
        ):
            phi.add_incoming(first, begun)
            phi.add_incoming(later, loop)
        builder.cbranch(builder.icmp_signed("<", following, end), loop, after)
        builder.position_at_end(after)
        total = builder.phi(word)
        total.add_incoming(word(0), begun)
        total.add_incoming(more, loop)
        return total

    return types.int64(words, asked, listed), generate


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
        places = ir.VectorType(ir.IntType(32), 16)
        orders = [
            ir.Constant(places, [n for k in range(8) for n in (first + k, 16 + first + k)])
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
