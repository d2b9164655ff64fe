"""Exactly the figures a run used: those under the area and leakage of what is on the chip and the actions it counted."""

from __future__ import annotations

from collections.abc import Iterable

from archsim.cost.estimate import Estimate, price_component
from hwlib import Figure, load_sources
from hwlib.units import to_base


def figure_row(figure: Figure) -> dict[str, object]:
    """A figure as a JSON row, in the unit it was printed in."""
    scale, _ = to_base(1.0, figure.raw_unit)
    return {
        "name": figure.name, "value": figure.raw, "unit": figure.raw_unit, "low": figure.low / scale, "high": figure.high / scale,
        "kind": figure.kind, "source": figure.source, "title": load_sources().get(figure.source, ""), "place": figure.place,
        "node_nm": figure.node_nm, "note": figure.note,
    }


def _figures_under(items: Iterable) -> dict[str, Figure]:
    # a trail is a graph with shared branches: each node is visited once
    found, seen, waiting = {}, set(), list(items)
    while waiting:
        item = waiting.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, Figure):
            found[item.name] = item
        else:
            waiting.extend(item.inputs)
    return found


def figures_used(estimate: Estimate) -> list[dict[str, object]]:
    """The rows of all figures behind an estimate, by name."""
    quantities = []
    for cost in estimate.components:
        if not cost.component.count:
            continue
        found = price_component(cost.component, estimate.node_nm)
        quantities += [found.area, found.leakage]
        quantities += [found.energy[action] for (name, action), count in estimate.actions.items() if count and name == cost.component.name]
    figures = _figures_under(quantities)
    return [figure_row(figures[name]) for name in sorted(figures)]
