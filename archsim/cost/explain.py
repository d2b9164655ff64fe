"""Where a number of a result comes from: totals -> components -> count x price -> formula ->
sourced figures.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from archsim.cost.estimate import SHARED, ComponentCost, Spread, price_component, total
from archsim.cost.measured import measured_node
from archsim.cost.paths import named_tree, resolve
from archsim.cost.trail import Node, quantity_node, spread_node
from hwlib.errors import InputError

_TOTALS = (
    "area_mm2",
    "energy_j",
    "power_uw",
    "static_power_uw",
    "dynamic_power_uw",
    "energy_per_image_j",
)
_MACRO = ("macro",)
_CHIP = ("macro", "chip")
_SYSTEM = ("macro", "chip", "system")
_INSIDE = {"macro": _MACRO, "chip": _CHIP, "system": _SYSTEM}
Filter = Callable[[str, str], bool]


def explain(result, path: str) -> Node:
    """The trail behind one number of a `Result`, named as in its JSON
    (`by_layer.conv1.forward.energy_j`).

    Raises InputError for a path that is no number of this result, with the nearest one and the
    names that would do.
    """
    tree = named_tree(result.document)
    keys = resolve(tree, path)
    value = tree
    for key in keys:
        value = value[key]
    if isinstance(value, dict):
        raise InputError(
            "a branch, not a number",
            where="path",
            got=path,
            allowed=", ".join(f"{'.'.join(keys)}.{key}" for key in value),
            hint="name one of its numbers",
        )
    node = _Trails(result).find(keys, value)
    stale = (
        isinstance(value, float)
        and isinstance(node.value, float)
        and not math.isclose(value, node.value, rel_tol=1e-9)
    )
    if stale:
        how = f"{node.how}; the file says {value:g}, priced by version {result.document['version']} with other figures"
        return Node(
            node.name, node.value, node.unit, node.low, node.high, how, node.figure, node.children
        )
    return node


class _Trails:
    """Builds trails from a result and the prices of today."""

    def __init__(self, result):
        self.document, self.kind = result.document, type(result)
        self.tree = named_tree(self.document)
        self.estimate = result.estimate()
        self.entries = [
            ((r["component"], r["action"], r["layer"] or SHARED, r["phase"] or SHARED), r["count"])
            for r in self.document["ledger"]
        ]

    def find(self, keys: list[str], value: object) -> Node:
        name = ".".join(keys)
        head = keys[0]
        last = keys[-1].removesuffix("_range")
        if value is None:
            return Node(
                name,
                None,
                "",
                how="not measured"
                if self.document["timing"]
                else "not known: the run was not timed (--no-timing)",
            )
        if head in _TOTALS or head.removesuffix("_range") in _TOTALS:
            return self.metric(name, last, _CHIP)
        if head == "boundaries":
            return self.metric(name, last, _INSIDE[keys[1]])
        if head in ("by_component", "by_component_off_chip") and last in _COMPONENT_METRICS:
            return _COMPONENT_METRICS[last](
                self, name, next(c for c in self.estimate.components if c.component.name == keys[1])
            )
        if head in ("by_layer", "by_phase") and last.endswith("energy_j"):
            boundaries = ("system",) if last.startswith("off_chip") else _CHIP
            # (layer, phase), None where any will do
            wanted = (
                (keys[1], keys[2] if len(keys) == 4 else None)
                if head == "by_layer"
                else (None, keys[1])
            )
            static = wanted[0] in (SHARED, None) and wanted[1] in (SHARED, None)
            return self.energy(
                name,
                boundaries,
                lambda layer, phase: wanted[0] in (layer, None) and wanted[1] in (phase, None),
                static,
            )
        if head == "figures":
            return self.figure(keys[1])
        if head == "setup" and last.endswith("energy_j"):
            return self.setup().energy(
                name,
                ("system",) if last.startswith("off_chip") else _CHIP,
                lambda layer, phase: True,
                True,
            )
        return measured_node(self.document, self.tree, keys, value)

    def setup(self) -> _Trails:
        """The trails of the one-time part."""
        once = self.document["setup"]
        return _Trails(
            self.kind(
                {
                    **self.document,
                    "ledger": once["ledger"],
                    "cycles": once["cycles"],
                    "latency_s": once["seconds"],
                    "images": 1,
                }
            )
        )

    def metric(self, name: str, metric: str, boundaries: tuple[str, ...]) -> Node:
        """A total inside some boundaries."""
        costs = [cost for cost in self.estimate.components if cost.component.boundary in boundaries]
        where = {_MACRO: "macro", _CHIP: "chip", _SYSTEM: "system"}[boundaries]
        if metric == "area_mm2":
            return spread_node(
                name,
                total(c.area_mm2 for c in costs),
                "mm2",
                f"sum of the components inside the {where} boundary",
                [self.component_area(c.component.name, c) for c in _largest(costs, "area_mm2")],
            )
        if metric == "energy_j":
            return self.energy(name, boundaries, lambda layer, phase: True, True)
        if metric == "energy_per_image_j":
            energy = self.energy("energy_j", boundaries, lambda layer, phase: True, True)
            spread = Spread(energy.value, energy.low, energy.high).times(1 / self.estimate.images)
            return spread_node(
                name, spread, "J", "energy_j / images", [energy, self.fact("images")]
            )
        if metric == "static_power_uw":
            return spread_node(
                name,
                total(c.static_power_uw for c in costs),
                "uW",
                f"sum of the leakage inside the {where} boundary",
                [
                    self.component_static_power(c.component.name, c)
                    for c in _largest(costs, "static_power_uw")
                ],
            )
        if metric == "dynamic_power_uw":
            energy = self.energy("dynamic energy", boundaries, lambda layer, phase: True, False)
            spread = Spread(energy.value, energy.low, energy.high).times(
                1e6 / self.estimate.seconds
            )
            return spread_node(
                name, spread, "uW", "dynamic energy / latency_s", [energy, self.fact("latency_s")]
            )
        parts = [
            self.metric(part, part, boundaries) for part in ("static_power_uw", "dynamic_power_uw")
        ]
        spread = total(Spread(part.value, part.low, part.high) for part in parts)
        return spread_node(name, spread, "uW", "static power + dynamic power", parts)

    def energy(self, name: str, boundaries: tuple[str, ...], wanted: Filter, static: bool) -> Node:
        """Energy of some rows of the ledger inside some boundaries, by component, with or without
        the static share.
        """
        children = []
        for cost in self.estimate.components:
            if cost.component.boundary in boundaries:
                parts = self.dynamic_parts(cost, wanted)
                if static and self.estimate.seconds is not None:
                    parts.append(self.component_static_energy("static energy", cost))
                if parts:
                    children.append(_sum(cost.component.name, parts, f"part {cost.component.part}"))
        children.sort(key=lambda node: -node.value)
        how = "sum of the components" + (
            ""
            if self.estimate.seconds is not None or not static
            else "; dynamic only, the run was not timed"
        )
        return _sum(name, children, how)

    def dynamic_parts(self, cost: ComponentCost, wanted: Filter) -> list[Node]:
        """One node for each action of a component: count x price."""
        component = cost.component
        found = price_component(cost.component, self.estimate.node_nm)
        nodes = []
        for action in found.energy:
            rows = [
                (key, n)
                for key, n in self.entries
                if key[:2] == (component.name, action) and wanted(key[2], key[3]) and n
            ]
            if not rows:
                continue
            count = math.fsum(n for _, n in rows)
            each = found.energy[action]
            counted = tuple(
                Node(f"{key[2]} / {key[3]}", n, "", how="")
                for key, n in sorted(rows, key=lambda row: -row[1])
            )
            children = [
                Node(
                    "count",
                    count,
                    "",
                    how="actions counted by the simulator (the ledger)",
                    children=counted,
                ),
                quantity_node(each, f"energy of one {action}"),
            ]
            spread = Spread(each.value, each.low, each.high).times(count)
            nodes.append(spread_node(action, spread, "J", "count x energy of one", children))
        return nodes

    def component_area(self, name: str, cost: ComponentCost) -> Node:
        area = price_component(cost.component, self.estimate.node_nm).area
        return spread_node(
            name,
            cost.area_mm2,
            "mm2",
            f"{cost.component.count} x area of one {cost.component.part} (um2), in mm2",
            [self.instances(cost), quantity_node(area, "area of one")],
        )

    def component_static_power(self, name: str, cost: ComponentCost) -> Node:
        leakage = price_component(cost.component, self.estimate.node_nm).leakage
        return spread_node(
            name,
            cost.static_power_uw,
            "uW",
            f"{cost.component.count} x leakage of one {cost.component.part} (W), in uW",
            [self.instances(cost), quantity_node(leakage, "leakage of one")],
        )

    def component_static_energy(self, name: str, cost: ComponentCost) -> Node:
        if self.estimate.seconds is None:
            return Node(
                name, 0.0, "J", how="no time, no static energy: the run was not timed (--no-timing)"
            )
        return spread_node(
            name,
            cost.static_energy_j,
            "J",
            "static power x latency_s",
            [self.component_static_power("static power", cost), self.fact("latency_s")],
        )

    def component_dynamic_energy(self, name: str, cost: ComponentCost) -> Node:
        return _sum(
            name, self.dynamic_parts(cost, lambda layer, phase: True), "sum over the actions"
        )

    def component_energy(self, name: str, cost: ComponentCost) -> Node:
        parts = [
            self.component_dynamic_energy("dynamic energy", cost),
            self.component_static_energy("static energy", cost),
        ]
        return _sum(name, parts, "dynamic + static")

    def instances(self, cost: ComponentCost) -> Node:
        parameters = (
            ", ".join(f"{key} = {value}" for key, value in cost.component.parameters.items())
            or "defaults"
        )
        return Node(
            "instances",
            cost.component.count,
            "",
            how=f"placed by the architecture; parameters: {parameters}",
        )

    def figure(self, name: str) -> Node:
        row = next(row for row in self.document["figures"] if row["name"] == name)
        return Node(
            name, row["value"], row["unit"], row["low"], row["high"], f"figure, {row['kind']}", row
        )

    def fact(self, key: str) -> Node:
        return measured_node(self.document, self.tree, [key], self.document[key])


_COMPONENT_METRICS = {
    "area_mm2": _Trails.component_area,
    "energy_j": _Trails.component_energy,
    "dynamic_energy_j": _Trails.component_dynamic_energy,
    "static_energy_j": _Trails.component_static_energy,
    "static_power_uw": _Trails.component_static_power,
}


def _largest(costs: list[ComponentCost], metric: str) -> list[ComponentCost]:
    return sorted(costs, key=lambda cost: -getattr(cost, metric).value)


def _sum(name: str, parts: list[Node], how: str) -> Node:
    spread = total(
        Spread(
            part.value,
            part.value if part.low is None else part.low,
            part.value if part.high is None else part.high,
        )
        for part in parts
    )
    return spread_node(name, spread, "J", how, parts)
