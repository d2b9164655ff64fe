"""Exactly the figures a run used: those under the area and leakage of what is on the chip and the
actions it counted.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

from archsim.cost.estimate import Estimate
from hwlib import Figure, Quantity, load_sources, price
from hwlib.pricing import edition
from hwlib.units import to_base


def figure_row(figure: Figure) -> dict[str, object]:
    """A figure as a JSON row, in the unit it was printed in."""
    low, high = printed_range(figure)
    return {
        "name": figure.name,
        # As printed in the source, so that a reader with the paper open finds the same digits.
        "value": figure.raw,
        "unit": figure.raw_unit,
        "low": low,
        "high": high,
        "kind": figure.kind,
        "source": figure.source,
        "title": load_sources().get(figure.source, ""),
        "place": figure.place,
        "node_nm": figure.node_nm,
        "note": figure.note,
    }


def printed_range(figure: Figure) -> tuple[float, float]:
    """Low and high of a figure in the unit it was printed in."""
    # What one printed unit is in base units; low and high are kept in base units alone.
    scale, _ = to_base(1.0, figure.raw_unit)
    return figure.low / scale, figure.high / scale


def _figures_under(items: Iterable[Quantity]) -> dict[str, Figure]:
    # a trail is a graph with shared branches: each node is visited once
    figures: dict[str, Figure] = {}
    visited: set[int] = set()
    waiting: list[Quantity | Figure] = list(items)
    while waiting:
        item = waiting.pop()
        if id(item) in visited:
            continue
        visited.add(id(item))
        if isinstance(item, Figure):
            figures[item.name] = item
        else:
            waiting.extend(item.inputs)
    return figures


@functools.lru_cache(maxsize=16384)
def _rows_of(
    part: str,
    parameters: tuple[tuple[str, object], ...],
    node_nm: float,
    action: str,
    of_edition: int,
) -> dict[str, dict[str, object]]:
    """Rows of the figures under one price; action "" stands for area and leakage."""
    priced = price(part, dict(parameters), node_nm)
    figures = _figures_under([priced.energy[action]] if action else [priced.area, priced.leakage])
    return {name: figure_row(figure) for name, figure in figures.items()}


def figures_used(estimate: Estimate) -> list[dict[str, object]]:
    """The rows of all figures behind an estimate, by name."""
    counted: dict[str, list[str]] = {}
    for (name, action), count in estimate.actions.items():
        # An action that may happen and did not rests on no figure of this run.
        if count:
            counted.setdefault(name, []).append(action)
    rows: dict[str, dict[str, object]] = {}
    for cost in estimate.components:
        component = cost.component
        if component.count:
            parameters = tuple(sorted(component.parameters.items()))
            for action in ("", *counted.get(component.name, ())):
                rows.update(
                    _rows_of(component.part, parameters, estimate.node_nm, action, edition())
                )
    return [dict(rows[name]) for name in sorted(rows)]
