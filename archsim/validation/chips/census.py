"""How far fabricated cores lie from the sum of their parts: of the area what no part stands for, of the
energy what nobody states.

What lies between the parts of a core (wiring, white space, references, decoupling) and what no part
stands for (timing, test, redundant lines) is a share of its area. It is read off the cores: the share
of the middle one. The band of an area is that of the others' shares, in which the scatter of the parts'
own areas is. Of energies the middle is the parts' sum, unmoved; settings that no paper states
(conductances, swings, inputs) are in no figure's range, so that the band is where the others of its
kind lie about their own sums (`scatter.py`).

`cores.csv` has each core with its parts priced without its own rows; `python -m archsim.validation.chips`
writes it. A core is predicted with those of the other groups.
"""

from __future__ import annotations

import functools
import math
import statistics
from collections.abc import Collection
from typing import NamedTuple

from archsim.cost.spread import Spread
from archsim.validation.chips.choices import bits_of
from archsim.validation.chips.facts import ChipFacts, Point, read_facts
from archsim.validation.chips.priced import count_core, part_sums
from archsim.validation.chips.published import Published, area_of, energies_of
from archsim.validation.chips.scatter import band_of, kind_of
from hwlib import fits
from hwlib.stored_table import stored_table

LOW, HIGH = 0.05, 0.95
FILE = "cores.csv"


class PublishedCore(NamedTuple):
    """A published figure of a core and the sum of its parts, in pJ or mm2.

    `point` is the number of the operating point.
    """

    chip: str
    group: str
    quantity: str
    point: int
    published: float
    parts: float

    @property
    def more(self) -> float:
        """Logarithm of the published figure over the parts."""
        return math.log(self.published / self.parts)


def most_bits(facts: ChipFacts) -> Point:
    """The point whose converters have most bits: these are the ones that are there."""
    return max(facts.points, key=lambda point: bits_of(facts, point))


@functools.cache
def read_cores() -> tuple[PublishedCore, ...]:
    """The cores as they are stored."""
    return tuple(
        PublishedCore(
            row["chip"],
            row["group"],
            row["quantity"],
            int(row["point"]),
            float(row["published"]),
            float(row["parts"]),
        )
        for row in stored_table("archsim.validation.chips", FILE)
    )


def price_cores_again(chips: Collection[str] | None = None) -> list[PublishedCore]:
    """Cores of silicon with their parts as the library prices them, without the rows of their group.

    Args:
        chips: names; None for all.

    Returns:
        the cores, area and energies, in the order of the chips.
    """
    fitted = set(fits.groups())
    cores = []
    for facts in read_facts().values():
        if not facts.measured or (chips is not None and facts.name not in chips):
            continue
        # A core must not be measured with a ruler that it was laid down by.
        with fits.without([facts.group] if facts.group in fitted else []):
            cores += _cores_of(facts)
    return cores


def _cores_of(facts: ChipFacts) -> list[PublishedCore]:
    area = area_of(facts)
    wanted = {number: {"energy": one} for number, one in energies_of(facts).items()}
    if isinstance(area, Published):
        # One area a core, though it has several operating points.
        wanted.setdefault(facts.points.index(most_bits(facts)), {})["area"] = area
    cores = []
    for number, figures in wanted.items():
        energy, parts = part_sums(*count_core(facts, facts.points[number]))
        for quantity, one in figures.items():
            # Five digits, so that the file is the same wherever it is written.
            total = float(f"{energy if quantity == 'energy' else parts:.5g}")
            cores.append(PublishedCore(facts.name, facts.group, quantity, number, one.value, total))
    return cores


def text_of_cores() -> str:
    """The content of `cores.csv`."""
    lines = [",".join(PublishedCore._fields)]
    lines += [",".join(str(value) for value in core) for core in price_cores_again()]
    return "\n".join(lines) + "\n"


def white_space(excluding: Collection[str] = ()) -> Spread:
    """The share of a core's area that is none of its parts.

    Args:
        excluding: groups whose cores are not seen.

    Returns:
        the share of the middle core; low and high those of 5 and 95 % of the cores.
    """
    return Spread(*(1 - math.exp(-more) for more in _quantiles("area", excluding)))


def unstated(kind: str, excluding: Collection[str] = ()) -> tuple[float, float]:
    """Of the energy of a core over that of its parts: 5 and 95 % of a further one, as the others of its
    kind have it, of whose conductances, swings and inputs no more is stated.

    Args:
        kind: how its cells compute (`scatter.kind_of`).
        excluding: groups whose cores are not seen.

    Returns:
        both, the first at most 1 and the second at least 1.
    """
    facts = read_facts()
    groups: dict[tuple[str, str], list[float]] = {}
    for core in read_cores():
        if core.quantity == "energy" and core.group not in excluding:
            # A number a group: chips of the same authors share what they leave unsaid.
            of_core = kind_of(facts[core.chip]), core.group
            groups.setdefault(of_core, []).append(core.more)
    seen: dict[str, list[float]] = {}
    for (own, _), values in groups.items():
        seen.setdefault(own, []).append(statistics.fmean(values))
    low, high = band_of(kind, seen)
    # The band holds the sum itself, which stays the middle.
    return min(math.exp(low), 1.0), max(math.exp(high), 1.0)


def _quantiles(quantity: str, excluding: Collection[str]) -> tuple[float, float, float]:
    """The middle, 5 and 95 %, of which each group has one share."""
    seen = sorted(
        (core.more, core.group)
        for core in read_cores()
        if core.quantity == quantity and core.group not in excluding
    )
    groups = [group for _, group in seen]
    # A group with many chips would else be the distribution.
    weights = [1 / groups.count(group) for group in groups]
    values = [more for more, _ in seen]
    middle, low, high = (_quantile(values, weights, share) for share in (0.5, LOW, HIGH))
    return middle, low, high


def _quantile(values: list[float], weights: list[float], share: float) -> float:
    """Between neighbours on a straight line, each in the middle of its weight."""
    whole = sum(weights)
    passed = 0.0
    before: tuple[float, float] | None = None
    for value, weight in zip(values, weights):
        middle = (passed + weight / 2) / whole
        if middle >= share:
            if before is None:
                return value
            part = (share - before[0]) / (middle - before[0])
            return before[1] + part * (value - before[1])
        before = (middle, value)
        passed += weight
    return values[-1]
