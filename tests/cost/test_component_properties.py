"""Every registered part over its whole declared range: no negative, NaN or infinite cost, more
never cheaper, every figure sourced.
"""

import itertools
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hwlib import PARTS, InputError, load_figures, load_sources, price
from hwlib.part import BY_PIECES
from hwlib.scaling import SCALING_CLASSES
from tests.members import every

NODES = (65.0, 40.0, 28.0)
ALL_NODES = (180.0, 130.0, 90.0, 65.0, 40.0, 28.0, 22.0, 16.0, 14.0, 10.0, 7.0)
# A parameter of this name may never make a part cheaper as it grows; the one exception shares a
# ramp between columns.
GROWING = {
    "bits",
    "lanes",
    "width_bits",
    "capacity_kib",
    "ports",
    "length_mm",
    "leaves",
    "cells",
    "inputs",
    "rows",
    "columns",
    "rate_msps",
    "area_mm2",
}
SHARING = {("adc_ramp", "columns")}
# What it clocks is given in mm2, which hold more flip-flops at a smaller node.
BY_AREA = {"clock_tree"}

quick = settings(
    derandomize=True,
    deadline=None,
    max_examples=6,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def values(parameter):
    """Draw a value of a parameter over its whole range, evenly in the logarithm where the range is
    wide.
    """
    if parameter.choices:
        return st.sampled_from(parameter.choices)
    if parameter.integer:
        return st.integers(int(parameter.low), int(parameter.high))
    if parameter.low > 0 and parameter.high / parameter.low > 100:
        low = math.log(parameter.low)
        high = math.log(parameter.high)
        return st.floats(low, high).map(
            lambda x: min(max(math.exp(x), parameter.low), parameter.high)
        )
    return st.floats(parameter.low, parameter.high)


def settings_of(part):
    return st.fixed_dictionaries({p.name: values(p) for p in part.parameters})


def corners(part):
    """Both ends of every parameter: all combinations of few, each alone and all together of many."""
    ends = {p.name: p.choices or (p.low, p.high) for p in part.parameters}
    if len(ends) <= 4:
        return [dict(zip(ends, ends_taken)) for ends_taken in itertools.product(*ends.values())]
    single = [{name: end} for name, pair in ends.items() for end in pair]
    return [*single, {n: e[0] for n, e in ends.items()}, {n: e[-1] for n, e in ends.items()}]


def costs(priced):
    yield "area", priced.area, "um2"
    yield "leakage", priced.leakage, "W"
    for action, quantity in priced.energy.items():
        yield f"energy of {action}", quantity, "J"
    for action, quantity in priced.latency.items():
        yield f"latency of {action}", quantity, "s"


def check(name, parameters, node):
    for what, quantity, unit in costs(price(name, parameters, node)):
        case = f"{what} of {name} {parameters} at {node} nm"
        assert all(map(math.isfinite, (quantity.low, quantity.value, quantity.high))), case
        assert 0 <= quantity.low <= quantity.value <= quantity.high, case
        assert quantity.unit == unit, case
        assert quantity.formula or quantity.inputs, case


@every("name", sorted(PARTS))
def test_costs_are_finite_ordered_and_not_negative(name):
    for node, parameters in itertools.product(NODES, corners(PARTS[name])):
        check(name, parameters, node)

    @quick
    @given(settings_of(PARTS[name]), st.sampled_from(ALL_NODES))
    def anywhere(parameters, node):
        check(name, parameters, node)

    anywhere()


@every("name", sorted(n for n, part in PARTS.items() if any(p.monotone for p in part.parameters)))
def test_more_is_never_cheaper(name):
    part = PARTS[name]
    growing = [p for p in part.parameters if p.monotone]

    @quick
    @given(settings_of(part), st.sampled_from(growing), st.data())
    def pair(parameters, parameter, data):
        less, more = sorted((parameters[parameter.name], data.draw(values(parameter))))
        smaller, larger = (
            price(name, {**parameters, parameter.name: value}) for value in (less, more)
        )
        for (what, small, unit), (_, large, _) in zip(costs(smaller), costs(larger)):
            if unit == "s":
                continue  # faster may be dearer
            for of in ("low", "value", "high"):
                case = f"{of} {what} of {name}: {parameter.name} {less} -> {more}, {parameters}"
                assert getattr(large, of) >= getattr(small, of) * (1 - 1e-9), case

    pair()


@every("name", sorted(set(PARTS) - BY_AREA))
def test_a_smaller_node_is_never_larger_or_hungrier(name):
    prices = [price(name, node_nm=node) for node in ALL_NODES]
    for (larger, smaller), node in zip(itertools.pairwise(prices), ALL_NODES[1:]):
        assert smaller.area.value <= larger.area.value * (1 + 1e-9), node
        assert smaller.leakage.value == larger.leakage.value
        for action, energy in smaller.energy.items():
            assert energy.value <= larger.energy[action].value * (1 + 1e-9), (action, node)


@every("name", sorted(PARTS))
def test_declaration_is_complete(name):
    part = PARTS[name]
    assert (
        part.title and part.group and part.actions and part.scaling in (*SCALING_CLASSES, BY_PIECES)
    )
    for parameter in part.parameters:
        assert parameter.check(parameter.default, "default") == parameter.default
        if parameter.name in GROWING and (name, parameter.name) not in SHARING:
            assert parameter.monotone, parameter.name


@every("name", sorted(PARTS))
def test_what_a_type_checker_knows_of_a_parameter_is_what_the_laws_read(name):
    part = PARTS[name]
    said = {
        n: t
        for kind in reversed(part.__mro__)
        for n, t in vars(kind).get("__annotations__", {}).items()
    }
    for parameter in part.parameters:
        kind = "str" if parameter.choices else "int" if parameter.integer else "float"
        assert said.get(parameter.name) == kind, parameter.name
        assert type(getattr(part(), parameter.name)).__name__ == kind


@every("name", sorted(PARTS))
def test_outside_the_declared_range_is_refused(name):
    for parameter in PARTS[name].parameters:
        wrong = ["nonsense", math.nan, None, [1]]
        if not parameter.choices:
            wrong += [parameter.low - 1, parameter.high * 2, True]
        for value in wrong:
            with pytest.raises(InputError, match=f"{name}.{parameter.name}"):
                price(name, {parameter.name: value})


@every("name", sorted(PARTS))
def test_every_cost_leads_to_sourced_figures(name):
    sources = load_sources()
    for node in NODES:
        for what, quantity, _ in costs(price(name, node_nm=node)):
            for entry in quantity.figures():
                assert sources[entry.source] and entry.place and entry.unit, (what, entry.name)


def test_every_assumption_has_a_spread_and_every_figure_a_place():
    for entry in load_figures().values():
        assert entry.place.strip()
        if entry.kind == "assumed":
            assert entry.low < entry.high, entry.name
