"""Parts of a product whose sums stay in vector registers: several outputs of several vectors at a
time, each still added up over its lines in ascending order, one rounding a step.

LLVM's own vectoriser keeps such sums in memory, and is bound by storing them. Lanes are sixteen
float32; a processor of narrower vectors takes each in pieces, to the same bits.
"""

from __future__ import annotations

from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba.core import types
from numba.extending import intrinsic as compiled_part

LANES = 16
WORD = ir.IntType(64)
ONE = ir.FloatType()
FOUR, SIXTEEN = ir.VectorType(ONE, 4), ir.VectorType(ONE, 16)
# Outputs and sixteens of vectors whose sums the registers hold beside what is loaded.
HIGH, WIDE = (8, 2) if get_host_cpu_features().get("avx512f") else (4, 1)


@compiled_part(prefer_literal=True)
def panel(typing_context, matrix, block, outputs, first, column, target, rows, vectors):
    """outputs[first + r, target + c] = sum over k of matrix[first + r, k] block[k, column + c], for
    `rows` r and 16 `vectors` c, both literal; rows of block and outputs are contiguous.

    Args:
        matrix: float32 (M, K), of any strides.
        block: float32 (K, V).
        outputs: float32 (M, V).
        first: row of the first output.
        column: of the first vector in the block.
        target: its column in the outputs.
        rows: as many at a time.
        vectors: sixteens of them at a time.
    """
    literal = types.IntegerLiteral
    if not (isinstance(rows, literal) and isinstance(vectors, literal)):
        return None
    height, width = rows.literal_value, vectors.literal_value

    # Inside, so that the digest of the machine code covers them.
    def load(builder, address, kind):
        value = builder.load(builder.inttoptr(address, kind.as_pointer()))
        value.align = 4
        return value

    def spread_over(builder, value):
        nothing = ir.Constant(SIXTEEN, ir.Undefined)
        positions = ir.Constant(ir.VectorType(ir.IntType(32), 16), [0] * 16)
        single = builder.insert_element(nothing, value, WORD(0))
        return builder.shuffle_vector(single, nothing, positions)

    def generate(context, builder, signature, arguments):
        arrays = [
            context.make_array(kind)(context, builder, value=value)
            for kind, value in zip(signature.args[:3], arguments[:3])
        ]
        position, start, aim = [
            context.cast(builder, value, kind, types.int64)
            for kind, value in zip(signature.args[3:6], arguments[3:6])
        ]
        (row_step, line_step), (block_step, _), (out_step, _) = [
            [builder.extract_value(array.strides, n) for n in range(2)] for array in arrays
        ]
        held, loaded, sums = [builder.ptrtoint(array.data, WORD) for array in arrays]
        count = builder.extract_value(arrays[1].shape, 0)
        across = builder.mul(start, WORD(4))
        along_outputs = builder.mul(aim, WORD(4))
        positions = [
            builder.add(held, builder.mul(builder.add(position, WORD(r)), row_step))
            for r in range(height)
        ]
        begun = builder.block
        loop = builder.append_basic_block("lines")
        after = builder.append_basic_block("sums")
        zero = ir.Constant(SIXTEEN, [0.0] * 16)
        builder.cbranch(builder.icmp_signed(">", count, WORD(0)), loop, after)
        builder.position_at_end(loop)
        line = builder.phi(WORD)
        line.add_incoming(WORD(0), begun)
        below = [[builder.phi(SIXTEEN) for _ in range(width)] for _ in range(height)]
        source = builder.add(builder.add(loaded, builder.mul(line, block_step)), across)
        values = [load(builder, builder.add(source, WORD(64 * c)), SIXTEEN) for c in range(width)]
        along = builder.mul(line, line_step)
        totals = []
        for r in range(height):
            spread = spread_over(builder, load(builder, builder.add(positions[r], along), ONE))
            totals.append(
                [builder.fadd(below[r][c], builder.fmul(spread, values[c])) for c in range(width)]
            )
        following = builder.add(line, WORD(1))
        line.add_incoming(following, loop)
        for r in range(height):
            for c in range(width):
                below[r][c].add_incoming(zero, begun)
                below[r][c].add_incoming(totals[r][c], loop)
        builder.cbranch(builder.icmp_signed("<", following, count), loop, after)
        builder.position_at_end(after)
        for r in range(height):
            for c in range(width):
                value = builder.phi(SIXTEEN)
                value.add_incoming(zero, begun)
                value.add_incoming(totals[r][c], loop)
                totals[r][c] = value
        for r in range(height):
            row = builder.add(sums, builder.mul(builder.add(position, WORD(r)), out_step))
            for c in range(width):
                address = builder.add(builder.add(row, along_outputs), WORD(64 * c))
                builder.store(
                    totals[r][c], builder.inttoptr(address, SIXTEEN.as_pointer())
                ).align = 4
        return context.get_dummy_value()

    return types.none(matrix, block, outputs, first, column, target, rows, vectors), generate


@compiled_part
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

    # Inside, so that the digest of the machine code covers them.
    def load(builder, address, kind):
        value = builder.load(builder.inttoptr(address, kind.as_pointer()))
        value.align = 4
        return value

    def choose(builder, a, b, order):
        positions = ir.VectorType(ir.IntType(32), len(order))
        return builder.shuffle_vector(a, b, ir.Constant(positions, list(order)))

    def within(builder, a, b, order):
        every = [n % 4 + 4 * g + 16 * (n > 3) for g in range(4) for n in order]
        return choose(builder, a, b, every)

    def spread(builder, address):
        nothing = ir.Constant(SIXTEEN, ir.Undefined)
        single = builder.insert_element(nothing, load(builder, address, ONE), WORD(0))
        return choose(builder, single, nothing, [0] * 16)

    def one_line(builder, rows, values, total, offset):
        column = ir.Constant(SIXTEEN, ir.Undefined)
        for r in range(16):
            value = load(builder, builder.add(rows[r], offset), ONE)
            column = builder.insert_element(column, value, WORD(r))
        factor = spread(builder, builder.add(values, offset))
        return builder.fadd(total, builder.fmul(column, factor))

    def four_lines(builder, rows, values, total, offset):
        mixed = []
        for r in range(4):
            parts = [load(builder, builder.add(rows[r + 4 * g], offset), FOUR) for g in range(4)]
            low = choose(builder, *parts[:2], range(8))
            high = choose(builder, *parts[2:], range(8))
            mixed.append(choose(builder, low, high, range(16)))
        pairs = [
            [within(builder, *mixed[k : k + 2], order) for k in (0, 2)]
            for order in ([0, 4, 1, 5], [2, 6, 3, 7])
        ]
        for n in range(4):
            order = [0, 1, 4, 5] if n % 2 == 0 else [2, 3, 6, 7]
            column = within(builder, *pairs[n // 2], order)
            factor = spread(builder, builder.add(values, builder.add(offset, WORD(4 * n))))
            total = builder.fadd(total, builder.fmul(column, factor))
        return total

    def generate(context, builder, signature, arguments):
        arrays = [
            context.make_array(kind)(context, builder, value=value)
            for kind, value in zip(signature.args[:3], arguments[:3])
        ]
        position, begin = [
            context.cast(builder, value, kind, types.int64)
            for kind, value in zip(signature.args[3:5], arguments[3:5])
        ]
        row_step = builder.extract_value(arrays[0].strides, 0)
        held, values, sums = [builder.ptrtoint(array.data, WORD) for array in arrays]
        count = builder.extract_value(arrays[1].shape, 0)
        held = builder.add(held, builder.mul(begin, WORD(4)))
        rows = [
            builder.add(held, builder.mul(builder.add(position, WORD(r)), row_step))
            for r in range(16)
        ]

        # Four lines at a time, then what is left one by one, into the same sums.
        line = WORD(0)
        total = ir.Constant(SIXTEEN, [0.0] * 16)
        for step, body in ((4, four_lines), (1, one_line)):
            end = builder.and_(count, WORD(-step))
            begun = builder.block
            loop = builder.append_basic_block("lines")
            after = builder.append_basic_block("after")
            builder.cbranch(builder.icmp_signed("<", line, end), loop, after)
            builder.position_at_end(loop)
            here = builder.phi(WORD)
            sofar = builder.phi(SIXTEEN)
            more = body(builder, rows, values, sofar, builder.mul(here, WORD(4)))
            following = builder.add(here, WORD(step))
            builder.cbranch(builder.icmp_signed("<", following, end), loop, after)
            builder.position_at_end(after)
            left = builder.phi(WORD), builder.phi(SIXTEEN)
            for phi, before, later in (
                (here, line, following),
                (sofar, total, more),
                (left[0], line, following),
                (left[1], total, more),
            ):
                phi.add_incoming(before, begun)
                phi.add_incoming(later, loop)
            line, total = left
        target = builder.add(sums, builder.mul(position, WORD(4)))
        builder.store(total, builder.inttoptr(target, SIXTEEN.as_pointer())).align = 4
        return context.get_dummy_value()

    return types.none(matrix, vector, outputs, first, start), generate
