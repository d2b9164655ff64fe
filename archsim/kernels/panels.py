"""Parts of a product whose sums stay in vector registers: several outputs of several vectors at a
time, each still added up over its lines in ascending order, one rounding a step.

LLVM's own vectoriser keeps such sums in memory, and is bound by storing them. Lanes are sixteen
float32; a processor of narrower vectors takes each in pieces, to the same bits.
"""

from __future__ import annotations

from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba.core import types
from numba.extending import intrinsic

LANES = 16
# Outputs and sixteens of vectors whose sums the registers hold beside what is loaded.
HIGH, WIDE = (8, 2) if get_host_cpu_features().get("avx512f") else (4, 1)


@intrinsic(prefer_literal=True)
def panel(typing_context, matrix, block, outputs, first, column, rows, vectors):
    """outputs[first + r, column + c] = sum over k of matrix[first + r, k] block[k, column + c], for
    `rows` r and 16 `vectors` c, both literal; rows of block and outputs are contiguous.

    Args:
        matrix: float32 (M, K), of any strides.
        block: float32 (K, V).
        outputs: float32 (M, V).
        first: row of the first output.
        column: of the first vector.
        rows: as many at a time.
        vectors: sixteens of them at a time.
    """
    literal = types.IntegerLiteral
    if not (isinstance(rows, literal) and isinstance(vectors, literal)):
        return None
    height, width = rows.literal_value, vectors.literal_value

    def generate(context, builder, signature, arguments):
        word = ir.IntType(64)
        one = ir.FloatType()
        lanes = ir.VectorType(one, 16)
        arrays = [
            context.make_array(kind)(context, builder, value=value)
            for kind, value in zip(signature.args[:3], arguments[:3])
        ]
        place, start = [
            context.cast(builder, value, kind, types.int64)
            for kind, value in zip(signature.args[3:5], arguments[3:5])
        ]
        (row_step, line_step), (block_step, _), (out_step, _) = [
            [builder.extract_value(array.strides, n) for n in range(2)] for array in arrays
        ]
        held, loaded, sums = [builder.ptrtoint(array.data, word) for array in arrays]
        count = builder.extract_value(arrays[1].shape, 0)
        across = builder.mul(start, word(4))

        def load(address, kind):
            pointer = builder.inttoptr(address, kind.as_pointer())
            value = builder.load(pointer)
            value.align = 4
            return value

        places = [
            builder.add(held, builder.mul(builder.add(place, word(r)), row_step))
            for r in range(height)
        ]
        begun = builder.block
        loop = builder.append_basic_block("lines")
        after = builder.append_basic_block("sums")
        zero = ir.Constant(lanes, [0.0] * 16)
        builder.cbranch(builder.icmp_signed(">", count, word(0)), loop, after)
        builder.position_at_end(loop)
        line = builder.phi(word)
        line.add_incoming(word(0), begun)
        below = [[builder.phi(lanes) for _ in range(width)] for _ in range(height)]
        source = builder.add(builder.add(loaded, builder.mul(line, block_step)), across)
        values = [load(builder.add(source, word(64 * c)), lanes) for c in range(width)]
        along = builder.mul(line, line_step)
        totals = []
        for r in range(height):
            factor = load(builder.add(places[r], along), one)
            single = builder.insert_element(ir.Constant(lanes, ir.Undefined), factor, word(0))
            spread = builder.shuffle_vector(
                single,
                ir.Constant(lanes, ir.Undefined),
                ir.Constant(ir.VectorType(ir.IntType(32), 16), [0] * 16),
            )
            totals.append(
                [builder.fadd(below[r][c], builder.fmul(spread, values[c])) for c in range(width)]
            )
        following = builder.add(line, word(1))
        line.add_incoming(following, loop)
        for r in range(height):
            for c in range(width):
                below[r][c].add_incoming(zero, begun)
                below[r][c].add_incoming(totals[r][c], loop)
        builder.cbranch(builder.icmp_signed("<", following, count), loop, after)
        builder.position_at_end(after)
        for r in range(height):
            for c in range(width):
                value = builder.phi(lanes)
                value.add_incoming(zero, begun)
                value.add_incoming(totals[r][c], loop)
                totals[r][c] = value
        for r in range(height):
            target = builder.add(sums, builder.mul(builder.add(place, word(r)), out_step))
            for c in range(width):
                address = builder.add(builder.add(target, across), word(64 * c))
                builder.store(totals[r][c], builder.inttoptr(address, lanes.as_pointer())).align = 4
        return context.get_dummy_value()

    return types.none(matrix, block, outputs, first, column, rows, vectors), generate


@intrinsic
def sixteen_rows(typing_context, matrix, vector, outputs, first, start):
    """outputs[first + r] = sum over k of matrix[first + r, start + k] vector[k] for sixteen rows r;
    rows of the matrix, vector and outputs are contiguous.

    A lane is a row: four lines of four rows are loaded as they lie and transposed in registers.

    Args:
        matrix: float32 (M, K).
        vector: float32 (lines,).
        outputs: float32 (M,).
        first: row.
        start: first line of the matrix.
    """

    def generate(context, builder, signature, arguments):
        word = ir.IntType(64)
        one = ir.FloatType()
        quad, lanes = ir.VectorType(one, 4), ir.VectorType(one, 16)
        nothing = ir.Constant(lanes, ir.Undefined)
        arrays = [
            context.make_array(kind)(context, builder, value=value)
            for kind, value in zip(signature.args[:3], arguments[:3])
        ]
        place, begin = [
            context.cast(builder, value, kind, types.int64)
            for kind, value in zip(signature.args[3:5], arguments[3:5])
        ]
        row_step = builder.extract_value(arrays[0].strides, 0)
        held, values, sums = [builder.ptrtoint(array.data, word) for array in arrays]
        count = builder.extract_value(arrays[1].shape, 0)
        held = builder.add(held, builder.mul(begin, word(4)))
        rows = [
            builder.add(held, builder.mul(builder.add(place, word(r)), row_step)) for r in range(16)
        ]

        def load(address, kind):
            value = builder.load(builder.inttoptr(address, kind.as_pointer()))
            value.align = 4
            return value

        def choose(a, b, order):
            places = ir.VectorType(ir.IntType(32), len(order))
            return builder.shuffle_vector(a, b, ir.Constant(places, list(order)))

        def within(a, b, order):
            return choose(a, b, [n % 4 + 4 * g + 16 * (n > 3) for g in range(4) for n in order])

        def spread(address):
            return choose(
                builder.insert_element(nothing, load(address, one), word(0)), nothing, [0] * 16
            )

        def one_line(total, offset):
            column = nothing
            for r in range(16):
                value = load(builder.add(rows[r], offset), one)
                column = builder.insert_element(column, value, word(r))
            factor = spread(builder.add(values, offset))
            return builder.fadd(total, builder.fmul(column, factor))

        def four_lines(total, offset):
            mixed = []
            for r in range(4):
                a, b, c, d = [load(builder.add(rows[r + 4 * g], offset), quad) for g in range(4)]
                low, high = choose(a, b, range(8)), choose(c, d, range(8))
                mixed.append(choose(low, high, range(16)))
            a, c = within(*mixed[:2], [0, 4, 1, 5]), within(*mixed[2:], [0, 4, 1, 5])
            b, d = within(*mixed[:2], [2, 6, 3, 7]), within(*mixed[2:], [2, 6, 3, 7])
            for n in range(4):
                pair = (a, c) if n < 2 else (b, d)
                column = within(*pair, [0, 1, 4, 5] if n % 2 == 0 else [2, 3, 6, 7])
                factor = spread(builder.add(values, builder.add(offset, word(4 * n))))
                total = builder.fadd(total, builder.fmul(column, factor))
            return total

        line, total = word(0), ir.Constant(lanes, [0.0] * 16)
        for step, body in ((4, four_lines), (1, one_line)):
            end = builder.and_(count, word(-step))
            begun = builder.block
            loop = builder.append_basic_block("lines")
            after = builder.append_basic_block("after")
            builder.cbranch(builder.icmp_signed("<", line, end), loop, after)
            builder.position_at_end(loop)
            here, sofar = builder.phi(word), builder.phi(lanes)
            more = body(sofar, builder.mul(here, word(4)))
            following = builder.add(here, word(step))
            builder.cbranch(builder.icmp_signed("<", following, end), loop, after)
            builder.position_at_end(after)
            left = builder.phi(word), builder.phi(lanes)
            for phi, before, later in (
                (here, line, following),
                (sofar, total, more),
                (left[0], line, following),
                (left[1], total, more),
            ):
                phi.add_incoming(before, begun)
                phi.add_incoming(later, loop)
            line, total = left
        target = builder.add(sums, builder.mul(place, word(4)))
        builder.store(total, builder.inttoptr(target, lanes.as_pointer())).align = 4
        return context.get_dummy_value()

    return types.none(matrix, vector, outputs, first, start), generate
