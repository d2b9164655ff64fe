"""Numbers that know where they come from: a value, its range, its unit, its law and the figures it
rests on.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

KINDS = ("measured", "simulated", "stated", "scaled", "assumed")


@dataclass(frozen=True, slots=True)
class Figure:
    """One sourced number of a figure file.

    Args:
        name: `table.key` of its entry.
        value: in base units, as low and high are.
        low: lower end of what the source, or we, believe possible.
        high: upper end.
        unit: base unit (hwlib.units).
        kind: measured, simulated, stated (press or data sheet), scaled or assumed.
        source: key of the bibliography.
        place: where in the source it stands.
        node_nm: technology node it belongs to in nm; None where a node has no meaning.
        note: what else a reader should know; empty where there is nothing.
        raw: value as printed in the file.
        raw_unit: unit as printed in the file.
    """

    name: str
    value: float
    low: float
    high: float
    unit: str
    kind: str
    source: str
    place: str
    node_nm: float | None
    note: str
    raw: float
    raw_unit: str

    # The leaf of every trail: a figure is read like a derived number that rests on nothing else.
    @property
    def formula(self) -> str:
        """Empty: a figure is not derived."""
        return ""

    @property
    def inputs(self) -> tuple[Quantity | Figure, ...]:
        """Empty: a figure rests on its source alone."""
        return ()

    def figures(self) -> Iterator[Figure]:
        """Itself, as the only figure under this number."""
        yield self


@dataclass(frozen=True, slots=True)
class Quantity:
    """A derived number that knows what it rests on.

    Args:
        value: in base units, as low and high are.
        low: lower end of its range.
        high: upper end of its range.
        unit: base unit (hwlib.units).
        formula: the law in words.
        inputs: the numbers that the law took, themselves derived or figures.
    """

    value: float
    low: float
    high: float
    unit: str
    formula: str = ""
    inputs: tuple[Quantity | Figure, ...] = ()

    def figures(self) -> Iterator[Figure]:
        """Every figure under this number, depth first; a figure used twice comes twice."""
        for item in self.inputs:
            yield from item.figures()

    def __add__(self, other: Quantity | int) -> Quantity:
        if isinstance(other, int):
            # `sum` begins with 0; any other plain number has no unit and no source
            if other:
                raise TypeError(f"cannot add a number without a unit to {self.unit}")
            return self
        if self.unit != other.unit:
            raise ValueError(f"cannot add {other.unit} to {self.unit}")
        return Quantity(
            self.value + other.value,
            self.low + other.low,
            self.high + other.high,
            self.unit,
            "sum",
            (self, other),
        )

    __radd__ = __add__

    def times(self, count: float, formula: str = "") -> Quantity:
        """This quantity taken several times.

        Args:
            count: how many times; a plain number, not a figure.
            formula: what the trail says; empty for "count x what it was".

        Returns:
            the product, low and high with it.
        """
        text = formula or f"{count:g} x"
        return Quantity(
            self.value * count, self.low * count, self.high * count, self.unit, text, (self,)
        )


def derive(
    formula: str, unit: str, law: Callable[..., float], *inputs: Quantity | Figure
) -> Quantity:
    """Apply a law; low and high are its extremes over all corners of the inputs' ranges.

    The corners bound the result for any law that is monotone in each input, as all laws of hwlib
    are.

    Args:
        formula: the law as the trail shows it.
        unit: of the result.
        law: the same as a function of the inputs' values.
        inputs: quantities and figures, in the order of the law's arguments.

    Returns:
        the `Quantity`, with its inputs behind it.
    """
    value = law(*[item.value for item in inputs])
    # Corners double with each input that has a range; those without one are left out.
    varying = [(item.value,) if item.low == item.high else (item.low, item.high) for item in inputs]
    if all([len(ends) == 1 for ends in varying]):
        return Quantity(value, value, value, unit, formula, inputs)
    results = [law(*corner) for corner in itertools.product(*varying)]
    # Should a law not be monotone, its value at least lies inside its range.
    results.append(value)
    return Quantity(value, min(results), max(results), unit, formula, inputs)


def total(unit: str, items: list[Quantity], formula: str = "sum of parts") -> Quantity:
    """The sum of quantities of one unit, flat: one level of the trail, however many items.

    Args:
        unit: of the items and of the sum.
        items: what is added.
        formula: what the trail says.

    Returns:
        the sum; low and high are those of all items at once.

    Raises:
        ValueError: for an item of another unit.
    """
    for item in items:
        if item.unit != unit:
            raise ValueError(f"cannot add {item.unit} to {unit}")
    return Quantity(
        sum(i.value for i in items),
        sum(i.low for i in items),
        sum(i.high for i in items),
        unit,
        formula,
        tuple(items),
    )


def zero(unit: str, reason: str) -> Quantity:
    """A zero that says why it is zero.

    Args:
        unit: of the zero.
        reason: what the trail says.

    Returns:
        the `Quantity`.
    """
    return Quantity(0.0, 0.0, 0.0, unit, reason)
