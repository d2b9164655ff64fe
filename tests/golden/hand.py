"""The arithmetic of one operation on the tiny chip, from docs/timing.md and the meaning of each
part; it asks the program nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction

from golden.chip import Chip, up

Counts = dict[str, float]
# of the inputs are not zero, of their bits are ones, and half of full scale is the mean: assumed
# until measured
HALF = 0.5
ITERATIVE = ("divide", "square_root")


@dataclass
class Work:
    """An operation: how long it takes by itself, what it counts, and whether it is done for every
    image; `lanes` and `units` are the cycles of the vector unit and of the units of a rule.
    """

    layer: str
    phase: str
    cycles: int
    counts: Counts = field(default_factory=dict)
    every: int = 1
    lanes: int = 0
    units: int = 0


@dataclass(frozen=True)
class Matrix:
    """`groups` matrices of `rows` x `columns` weights as they lie on tiles."""

    chip: Chip
    rows: int  # a bias row included
    columns: int
    groups: int = 1

    @property
    def down(self) -> int:
        """Tiles below each other."""
        return up(self.rows, self.chip.rows)

    @property
    def beside(self) -> int:
        """Tiles side by side."""
        return up(self.columns, self.chip.across)

    @property
    def together(self) -> int:
        """Groups on the diagonal of one tile."""
        return max(
            1, min(self.groups, self.chip.rows // self.rows, self.chip.across // self.columns)
        )

    @property
    def tiles(self) -> int:
        return up(self.groups, self.together) * self.down * self.beside

    @property
    def cells(self) -> int:
        return self.rows * self.columns * self.groups * self.chip.cells


def matrix_of(chip: Chip, layer, times: int = 1) -> Matrix:
    """The weights of a layer, or an array with `times` as many weights a row."""
    return Matrix(
        chip, layer.rows + (layer.bias and chip.bias == "row"), layer.columns * times, layer.groups
    )


def exact(value: float) -> Fraction:
    """What a share such as 8/15 means: a number with a small denominator."""
    return Fraction(value).limit_denominator(10**7)


def each(work: Counts, steps: int) -> dict[str, Fraction]:
    """Of an image's (or a batch's) work, that of a step."""
    return {action: exact(count) / steps for action, count in work.items() if count}


def together(*tables: Counts, times: float = 1) -> Counts:
    """Sums by action; what is zero is left out."""
    total: Counter = Counter()
    for table in tables:
        for action, count in table.items():
            total[action] += count * times
    return {action: count for action, count in total.items() if count}


def named(role: str, work: Counts) -> Counts:
    return {f"{role}.{action}": count for action, count in work.items()}


def line_up(steps: int, *stations: int) -> int:
    """Equal jobs that pass stations one after the other, each with its own server: the first passes
    all, the slowest sets the pace.
    """
    return sum(stations) + (steps - 1) * max(stations)


def vector_cycles(chip: Chip, work: dict[str, Fraction]) -> int:
    """Of one step: an element a lane and cycle; a division or a root takes a lane as long as it
    says.
    """
    return math.ceil(
        sum(count * (chip.divide if action in ITERATIVE else 1) for action, count in work.items())
        / chip.lanes
    )


def conversions(chip: Chip, used: int, backward: bool) -> int:
    """Lines that one of a tile's converters takes one after the other."""
    lines = chip.rows if backward else chip.columns
    return max(
        1,
        up(lines if chip.all_groups else min(lines, used), up(chip.columns, chip.columns_per_adc)),
    )


def tile_times(chip: Chip, turns: int) -> tuple[int, int]:
    """(until a result is there, until the tile takes the next vector): the table of docs/timing.md."""
    shared = chip.front_end == "shared"
    digital = chip.accumulate == "digital"
    sampling = chip.slot * (1 if digital else chip.slots)
    conversion = chip.conversion * (1 if shared else turns)
    rounds = (turns if shared else 1) * (chip.slots if digital else 1)
    if chip.overlap:
        return rounds * max(sampling, conversion) + min(sampling, conversion), rounds * max(
            sampling, conversion
        )
    return rounds * (sampling + conversion), rounds * (sampling + conversion)


def traffic(
    chip: Chip, values_in, values_out, words_in=0, words_out=0
) -> tuple[Fraction, Fraction]:
    """Bits of a step out of the buffer and into it: feature maps in the bits of inputs and outputs,
    training state in words.
    """
    return (
        exact(values_in) * chip.input_bits + exact(words_in) * chip.word,
        exact(values_out) * chip.output_bits + exact(words_out) * chip.word,
    )


def ports(chip: Chip, bits_in, bits_out) -> Counts:
    return {"buffer.read": bits_in / chip.port, "buffer.write": bits_out / chip.port}


def digital(
    chip: Chip,
    layer,
    steps: int,
    values_in,
    values_out,
    work: Counts,
    *,
    phase="update",
    words_in=0.0,
    words_out=0.0,
    beside_in=0.0,
    beside_out=0.0,
    units: Counts | None = None,
    unit_cycles=0,
    vectors=0,
) -> Work:
    """Work off the tiles in `steps` equal steps; `work`, `units` and all values, words and bits beside
    them (masks, sums that are added to) are those of all steps.

    `units` are parts of the rule's own, which take `unit_cycles` a step beside the transport.
    `vectors` wait for each other, if named.
    """
    bits_in, bits_out = traffic(chip, values_in, values_out, words_in, words_out)
    bits_in = (bits_in + exact(beside_in)) / steps
    bits_out = (bits_out + exact(beside_out)) / steps
    step = each(work, steps)
    feed = max(math.ceil(bits_in / chip.port), unit_cycles)
    drain = max(vector_cycles(chip, step), math.ceil(bits_out / chip.port))
    cycles = (
        vectors * line_up(steps // vectors, feed, drain) if vectors else line_up(steps, feed, drain)
    )
    counts = together(named("vector_unit", step), ports(chip, bits_in, bits_out), times=steps)
    return Work(
        layer.name,
        phase,
        cycles,
        together(counts, units or {}),
        lanes=steps * vector_cycles(chip, step),
        units=steps * unit_cycles,
    )
