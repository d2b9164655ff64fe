"""The trail behind a number: a tree of values, each with its law or its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from archsim.cost.figures_used import figure_row, printed_range
from archsim.cost.spread import Spread
from hwlib import Figure, Quantity
from hwlib.text import counted, html_table

Value = float | int | str | bool | None
"""What a node may hold."""


def _told(value: Value) -> str:
    """A value to six digits, nothing for none."""
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True, repr=False)
class Node:
    """One number of a trail.

    Args:
        name: name of the number.
        value: the number, or what else the path holds.
        unit: its unit; empty where it has none.
        low: low end of its range; None without one.
        high: high end of its range.
        how: how it follows from its children, or who gave or counted it, in words.
        figure: row of a sourced figure (value as printed, kind, source, title, place, note); None
            elsewhere.
        children: what it follows from.
    """

    name: str
    value: Value
    unit: str = ""
    low: float | None = None
    high: float | None = None
    how: str = ""
    figure: Mapping[str, object] | None = None
    children: tuple[Node, ...] = ()

    def __repr__(self) -> str:
        numbers = counted(len(self.children), "number")
        follows = f", from {numbers}" if self.children else ""
        return f"Node({self.name} = {_told(self.value)} {self.unit}".rstrip() + f"{follows})"

    def _repr_html_(self) -> str:
        rows = [
            (node.name, _told(node.value), node.unit, _told(node.low), _told(node.high), node.how)
            for node in (self, *self.children)
        ]
        heads = ("number", "value", "unit", "low", "high", "how")
        return f"<p><b>{escape(repr(self))}</b></p>{html_table(heads, rows)}"

    @property
    def spread(self) -> Spread:
        """The number with its range; one without a range is its own."""
        if not isinstance(self.value, int | float):
            raise TypeError(f"{self.name} is no number")
        # A count is exact: no range is a range without width.
        low = self.value if self.low is None else self.low
        high = self.value if self.high is None else self.high
        return Spread(self.value, low, high)

    def walk(self) -> Iterator[Node]:
        """This node and all below it, depth first."""
        yield self
        for child in self.children:
            yield from child.walk()

    def to_dict(self, levels: int | None = None) -> dict[str, object]:
        """The tree as JSON.

        Args:
            levels: of the tree that are kept, 1 for this number alone; None for all.
        """
        tree: dict[str, object] = {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "low": self.low,
            "high": self.high,
            "how": self.how,
        }
        if self.figure is not None:
            tree["figure"] = self.figure
        if self.children and levels != 1:
            below = None if levels is None else levels - 1
            tree["children"] = [child.to_dict(below) for child in self.children]
        return tree


def spread_node(name: str, spread: Spread, unit: str, how: str, children: Sequence[Node]) -> Node:
    """A node of a number with its range."""
    value, low, high = spread
    return Node(name, value, unit, low, high, how, children=tuple(children))


def quantity_node(item: Quantity | Figure, name: str = "") -> Node:
    """The trail of a price: formulas down to the figures. Units are hwlib's base units."""
    if isinstance(item, Figure):
        low, high = printed_range(item)
        how = f"figure, {item.kind}"
        # Leaves in the unit of the source, formulas above them in base units: each as somebody
        # would check it.
        return Node(item.name, item.raw, item.raw_unit, low, high, how, figure_row(item))
    return Node(
        name or item.formula,
        item.value,
        item.unit,
        item.low,
        item.high,
        item.formula if name else "",
        children=tuple(quantity_node(child) for child in item.inputs),
    )
