"""Laws shared by synthesised logic: placement, leakage density, library ratio, power laws over
bits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from hwlib.effects import DEARER
from hwlib.figures import figure
from hwlib.part import Parameter, Part
from hwlib.quantity import Figure, Quantity, derive
from hwlib.units import to_base


def placed(cells: Quantity | Figure) -> Quantity:
    """Silicon area in um2 of logic whose cell area is `cells`: divided by the layout utilisation."""
    return derive(
        "cell area / utilisation",
        "um2",
        lambda area, used: area / used,
        cells,
        figure("layout.utilisation"),
    )


def leakage_of(cells: Quantity | Figure) -> Quantity:
    """Leakage in W of `cells` um2 of 40LP logic where no report gives it: area x leakage density
    (UnarySim reports).
    """
    return derive(
        "cell area x leakage density",
        "W",
        lambda area, density: area * density,
        cells,
        figure("logic.leakage_density"),
    )


def leakage_of_share(area: Quantity, share: Figure) -> Quantity:
    """Leakage in W of a block of `area` um2 of which only a share is transistors."""
    # Capacitors and wires take area and do not leak.
    transistors = derive(
        "area x share of transistors", "um2", lambda area, share: area * share, area, share
    )
    return leakage_of(transistors)


def to_40lp(cells: Figure) -> Quantity:
    """40LP cell area from a Nangate45 synthesis: the measured area ratio of the libraries, never
    (40/45)^2.
    """
    return derive(
        "Nangate45 cell area x ratio 40LP/Nangate45",
        "um2",
        lambda area, ratio: area * ratio,
        cells,
        figure("logic.area_ratio_nangate45"),
    )


def delay_40lp(block: str, widths: tuple[int, ...] = (), bits: int = 0) -> Quantity:
    """Delay in s of 40LP logic from the path of a Nangate45 synthesis, by bits where the block has
    widths.
    """
    if not widths:
        return _slower(figure(f"delay.{block}"))
    return by_bits({width: _slower(figure(f"delay.{block}_{width}")) for width in widths}, bits)


def report_clock() -> Quantity:
    """The clock period that every UnarySim block met, as an upper bound of its delay in s."""
    return derive(
        "clock period met in synthesis", "s", lambda period: period, figure("delay.report_clock")
    )


def _slower(path: Figure) -> Quantity:
    return derive(
        "Nangate45 path x delay ratio",
        "s",
        lambda delay, ratio: delay * ratio,
        path,
        figure("delay.ratio_nangate45"),
    )


def less(block: Figure, piece: Figure, count: int, formula: str) -> Quantity:
    """`block` minus `count` times `piece`, with the range of `block` kept in proportion.

    A difference of two correlated report values: taking opposite ends of both ranges would invent a
    spread.
    """
    # of the printed values: figures that are drawn from their ranges (archsim explore) keep the
    # share, and so stay positive
    printed, subtracted = (to_base(item.raw, item.raw_unit)[0] for item in (block, piece))
    share = (printed - count * subtracted) / printed
    return Quantity(
        block.value * share,
        block.low * share,
        block.high * share,
        block.unit,
        formula,
        (block, piece),
    )


def by_bits(
    points: Mapping[int, Quantity | Figure],
    bits: int,
    below: float = 1.0,
    above: float = 1.0,
    what: str = "bits",
) -> Quantity:
    """A power law of bits (or of another count, named by `what`) through synthesised points.

    Outside the points the nearest one holds, times the ratio of bits to the power `below` or
    `above`. Between two points the law is a straight line in log-log, so it passes through both and
    is monotone.
    """
    widths = sorted(points)
    if bits <= widths[0]:
        # Linear by default: below the narrowest synthesis hardware shrinks by the bit.
        return _extrapolate(points[widths[0]], bits, widths[0], below, what)
    if bits >= widths[-1]:
        return _extrapolate(points[widths[-1]], bits, widths[-1], above, what)
    upper = next(width for width in widths if width >= bits)
    lower = widths[widths.index(upper) - 1]
    # Where in the logarithm of the bits: a straight line there is a power law here.
    share = math.log(bits / lower) / math.log(upper / lower)
    # On a synthesised point its figure alone holds: a second one with power zero would stand in the
    # trail and move nothing.
    if share == 1.0:
        return _extrapolate(points[upper], bits, upper, 1.0, what)
    return derive(
        f"power law between {lower} and {upper} {what}, at {bits}",
        points[lower].unit,
        lambda a, b: a ** (1 - share) * b**share,
        points[lower],
        points[upper],
    )


def _extrapolate(
    point: Quantity | Figure, bits: int, width: int, exponent: float, what: str
) -> Quantity:
    factor = (bits / width) ** exponent
    formula = (
        f"as given at {width} {what}"
        if bits == width
        else f"x ({bits}/{width} {what})^{exponent:g}"
    )
    return derive(formula, point.unit, lambda value: value * factor, point)


def disputed(low: Quantity | Figure, high: Quantity | Figure) -> Quantity:
    """Two sources that disagree by much: the geometric mean, with the range of both (labelled so in
    the trail).
    """
    return Quantity(
        # The geometric mean is as far from both in ratio; an arithmetic one would side with the
        # larger.
        math.sqrt(low.value * high.value),
        min(low.low, high.low),
        max(low.high, high.high),
        low.unit,
        "disputed: geometric mean of two sources",
        (low, high),
    )


class Logic(Part):
    """A part made of standard cells: a subclass gives `cells()` in um2; area and leakage follow
    from it.
    """

    scaling = "logic"

    def cells(self) -> Quantity:
        """Cell area in um2, before placement."""
        raise NotImplementedError

    def area(self) -> Quantity:
        return placed(self.cells())

    def leakage(self) -> Quantity:
        return leakage_of(self.cells())


def width_in_bits(default: int, high: int, note: str = "") -> Parameter:
    """The parameter `bits` of a part that grows with its width, from one bit up."""
    return Parameter(
        "bits", default, 1, high, "bit", integer=True, monotone=True, note=note, effects=DEARER
    )
