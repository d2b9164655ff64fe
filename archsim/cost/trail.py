"""The trail behind a number: a tree of values, each with its law or its source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from archsim.cost.estimate import Spread
from archsim.cost.figures_used import figure_row
from hwlib import Figure, Quantity


@dataclass(frozen=True)
class Node:
    """One number of a trail. `how` says in words how it follows from its children, or who gave or
    counted it.

    `figure` is the row of a sourced figure (value as printed, kind, source, title, place, note),
    None elsewhere.
    """

    name: str
    value: float | int | str | bool | None
    unit: str = ""
    low: float | None = None
    high: float | None = None
    how: str = ""
    figure: dict | None = None
    children: tuple[Node, ...] = field(default_factory=tuple)

    def walk(self) -> Iterator[Node]:
        """This node and all below it, depth first."""
        yield self
        for child in self.children:
            yield from child.walk()

    def to_dict(self) -> dict[str, object]:
        """The tree as JSON."""
        tree = {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "low": self.low,
            "high": self.high,
            "how": self.how,
        }
        if self.figure is not None:
            tree["figure"] = self.figure
        if self.children:
            tree["children"] = [child.to_dict() for child in self.children]
        return tree


def spread_node(name: str, spread: Spread, unit: str, how: str, children: list[Node]) -> Node:
    """A node of a number with its range."""
    return Node(name, spread.value, unit, spread.low, spread.high, how, None, tuple(children))


def quantity_node(item: Quantity | Figure, name: str = "") -> Node:
    """The trail of a price: formulas down to the figures. Units are hwlib's base units."""
    if isinstance(item, Figure):
        row = figure_row(item)
        return Node(
            item.name,
            row["value"],
            row["unit"],
            row["low"],
            row["high"],
            f"figure, {item.kind}",
            row,
        )
    children = tuple(quantity_node(child) for child in item.inputs)
    return Node(
        name or item.formula,
        item.value,
        item.unit,
        item.low,
        item.high,
        item.formula if name else "",
        None,
        children,
    )
