"""Reads of a layer's tiles straight from feature maps: what drives the lines is gathered for some
vectors at a time, converted, multiplied and added up while it lies in the cache.

The bits are those of one tile read after the other for all vectors (`tile_read`): each vector has a
number, which keys its noise, and sums keep their order.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import borrowed, count_ones, kernel, template
from archsim.kernels.map_records import (
    CODES,
    COLUMN,
    COLUMNS,
    GROUP,
    LINE,
    LINES,
    MISSING,
    NONZERO,
    ONES,
    REPEATS,
    SATURATIONS,
    TILE,
)
from archsim.kernels.product import BEGIN
from archsim.kernels.read_block import find_peaks, multiply, read_block
from archsim.kernels.read_parts import read_parts
from archsim.kernels.tile_records import PERIPHERY, Lanes, ReadKeys, ReadScratch, Region
from archsim.kernels.views import flat, view_at

U = np.uint64
FORTH = np.bool_(False)
PADDED = np.int64(0)
ZERO, ONE = np.float32(0.0), np.float32(1.0)
SMALLEST = np.float32(1e-12)  # a vector of zeros is divided by something, too
# Vectors that go through the tiles together: their lines and products stay in a cache of 1 MiB, and
# they fill the registers of the product. The width decides speed only, never a bit of the result.
WIDTH = 128


@kernel
def copy_positions(values, offset, positions, target):
    """target[k] = values[offset + positions[k]], zero where the position is negative; returns whether a
    value is none.
    """
    none = np.int32(0)
    for k in range(target.shape[0]):
        position = positions[k]
        # loaded in any case, so that no branch stands in the way of vector registers
        value = values[U(offset + max(position, PADDED))]
        value = value if position >= 0 else ZERO
        none |= np.int32(value != value)
        target[k] = value
    return none


@kernel
def drive_lines(source, begin, block):
    """block[line, b] = what drives a line for the vector `begin + b`; returns how many runs of values
    hold one that has not arrived.
    """
    source = borrowed(source)
    taps, vectors = source.positions.shape
    positions = flat(source.positions)
    width = block.shape[1]
    targets = flat(block)
    lines = source.rows * source.groups
    biased = block.shape[0] > lines
    missing = np.int64(0)
    done = 0
    while done < width:
        image, v = (begin + done) // vectors, (begin + done) % vectors
        size = min(vectors - v, width - done)
        values = borrowed(source.maps[image])
        line = own = 0
        for channel in range(lines // taps):
            offset = channel * source.step
            for tap in range(taps):
                here = view_at(positions, tap * vectors + v, (size,))
                target = view_at(targets, line * width + done, (size,))
                missing += copy_positions(values, offset, here, target)
                line += 1
                own += 1
                if biased and own == source.rows:
                    for k in range(size):
                        block[line, done + k] = source.bias
                    line += 1
                    own = 0
        done += size
    return missing


@kernel
def gather_vectors(maps, positions, step, vectors):
    """The vectors of some maps, one a row, as the matrix library takes them.

    Args:
        maps: float32 (images, values).
        positions: int32 (vectors, taps), as those of `MapSource` turned.
        step: values from one channel to the next.
        vectors: float32 (images x vectors, channels x taps), filled.
    """
    each, taps = positions.shape
    for image in range(maps.shape[0]):
        values = borrowed(maps[image])
        for v in range(each):
            target = borrowed(vectors[image * each + v])
            here = borrowed(positions[v])
            offset = PADDED
            for line in range(0, target.shape[0], taps):
                for tap in range(taps):
                    position = here[tap]
                    value = values[U(offset + max(position, PADDED))]
                    target[U(line + tap)] = value if position >= 0 else ZERO
                offset += step


@kernel
def divide_lines(block, managed, scales):
    """Divide each vector by its largest magnitude, which becomes its scale; by one without noise
    management.
    """
    if not managed:
        for b in range(scales.shape[0]):
            scales[b] = ONE
        return
    find_peaks(block, scales)
    for b in range(scales.shape[0]):
        scales[b] = max(scales[b], SMALLEST)
    for line in range(block.shape[0]):
        values = borrowed(block[line])
        for b in range(scales.shape[0]):
            values[b] /= scales[b]


@kernel
def count_codes(block, source, counts):
    """Add the codes of the input converters to `counts`; the line of a bias counts for nothing."""
    top = np.float32(source.top)
    line = own = 0
    lines = source.rows * source.groups
    biased = block.shape[0] > lines
    for _ in range(lines):
        for b in range(block.shape[1]):
            code = np.int64(min(np.rint(abs(block[line, b]) * top), top))
            counts[NONZERO] += code > 0
            counts[CODES] += code
            counts[ONES] += np.int64(count_ones(U(code)))
        line += 1
        own += 1
        if biased and own == source.rows:
            line += 1
            own = 0


@kernel
def add_outputs(read, scales, begin, column, outputs):
    """outputs[image, column + i, vector] += read[i, b] scales[b], for the vectors from `begin` on."""
    read = borrowed(read)
    scales = borrowed(scales)
    outputs = borrowed(outputs)
    vectors = outputs.shape[2]
    width = read.shape[1]
    done = 0
    while done < width:
        image, v = (begin + done) // vectors, (begin + done) % vectors
        size = min(vectors - v, width - done)
        shares = view_at(scales, done, (size,))
        for i in range(read.shape[0]):
            target = view_at(borrowed(outputs[image, column + i]), v, (size,))
            values = view_at(borrowed(read[i]), done, (size,))
            for k in range(size):
                target[k] += values[k] * shares[k]
        done += size


@kernel
def in_parts(region, lanes, physics, read_keys, scratch):
    """A read in slots and slices, which takes its own room to work."""
    return read_parts(region, lanes, physics, read_keys)


@kernel
def exact(region, lanes, physics, read_keys, scratch):
    """No converters and no noise: the product as float32 gives it, never read again."""
    width = lanes.inputs.shape[1]
    for b in range(width):
        lanes.repeats[b] = 0
    multiply(region, lanes.inputs, lanes.outputs, BEGIN, width)
    return np.int64(0)


convert_tile = read_block  # replaced where a chip converts in parts, or nothing does


def _read_maps(source, held, reads):
    """Read all vectors of some maps.

    Args:
        source: `MapSource`.
        held: `HeldBlocks`.
        reads: `MapReads`, filled.
    """
    source = borrowed(source)
    held = borrowed(held)
    reads = borrowed(reads)
    blocks = held.blocks
    copies, groups, columns, lines = held.weights.shape
    weights = flat(held.weights)
    periphery = flat(held.periphery)
    count = reads.slowest.shape[0]
    room = min(WIDTH, count)
    longest = tallest = np.int64(0)
    for number in range(blocks.shape[0]):
        longest = max(longest, blocks[number, LINES])
        tallest = max(tallest, blocks[number, COLUMNS])
    driven = np.empty(groups * lines * room, np.float32)
    scratch = ReadScratch(
        np.empty((longest + 2 * tallest + 2) * room, np.float32), np.empty(room, np.uint64)
    )
    given = np.empty(tallest * room, np.float32)
    numbers = np.empty(2 * room, np.float32)
    repeated = np.empty(room, np.int32)
    most = np.empty(held.tiles * room, np.int32)
    for begin in range(0, count, WIDTH):
        width = min(WIDTH, count - begin)
        block = view_at(driven, 0, (groups * lines, width))
        scales = view_at(numbers, 0, (width,))
        peaks = view_at(numbers, room, (width,))
        repeats = view_at(repeated, 0, (width,))
        reads.counts[MISSING] += drive_lines(source, begin, block)
        divide_lines(block, source.managed, scales)
        if source.top > 0:
            count_codes(block, source, reads.counts)
        for device in range(held.keys.shape[0]):
            for k in range(held.tiles * width):
                most[k] = 0
            known = np.int64(-1)
            for number in range(blocks.shape[0]):
                group = blocks[number, GROUP]
                line = blocks[number, LINE]
                column = blocks[number, COLUMN]
                start = group * lines + line
                part = view_at(driven, start * width, (blocks[number, LINES], width))
                if start != known:  # tiles beside each other share their lines
                    find_peaks(part, peaks)
                    known = start
                read = view_at(given, 0, (blocks[number, COLUMNS], width))
                matrix = (device % copies * groups + group) * columns * lines
                row = (device * blocks.shape[0] + number) * PERIPHERY
                reads.counts[SATURATIONS] += convert_tile(
                    Region(view_at(weights, matrix, (columns, lines)), FORTH, line, column),
                    Lanes(part, peaks, read, repeats),
                    view_at(periphery, row, (PERIPHERY,)),
                    ReadKeys(
                        held.keys[device, number, 0],
                        held.keys[device, number, 1],
                        source.first + U(begin),
                    ),
                    scratch,
                )
                add_outputs(read, scales, begin, group * columns + column, reads.outputs)
                # where one group of lines saturates, its whole tile repeats
                tile = blocks[number, TILE] * width
                for b in range(width):
                    most[tile + b] = max(most[tile + b], repeats[b])
            for tile in range(held.tiles):
                for b in range(width):
                    again = np.int64(most[tile * width + b])
                    reads.counts[REPEATS] += again
                    reads.slowest[begin + b] = max(reads.slowest[begin + b], again)


# One source, three machine codes: a chip converts an output once or in parts, and needs no other.
read_maps_once = template(_read_maps)
read_maps_in_parts = template(_read_maps, convert_tile=in_parts)
read_maps_exactly = template(_read_maps, convert_tile=exact)
