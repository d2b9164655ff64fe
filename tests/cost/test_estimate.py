"""The priced ledger: sums close, boundaries nest, ranges hold."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_result import INVENTORY, Toy, facts, price_small, small_ledger, small_result

from archsim.cost.component_cost import SHARED
from archsim.cost.estimate import price_run
from archsim.ledger.component import Component
from archsim.ledger.ledger import Ledger
from archsim.run.result import Result
from hwlib import PARTS, InputError
from tests.near import near


@pytest.fixture(autouse=True)
def toy_part():
    PARTS["toy"] = Toy
    yield
    del PARTS["toy"]


def test_prices_by_hand():
    """Every number of a run small enough for pencil and paper."""
    result = small_result()
    seconds = 2000 / 100e6
    assert result.latency_s == near(seconds)
    assert result.area_mm2 == near((10 * 400 + 3 * 200) * 1e-6)
    assert result.static_power_uw == near(2.0 * 13)
    adc = 1520 * 12e-12
    buffer = 79 * 6e-12
    assert result.energy_j == near(adc + buffer + 26e-6 * seconds)
    assert result.dynamic_power_uw == near((adc + buffer) / seconds * 1e6)
    assert result.power_uw == near(result.static_power_uw + result.dynamic_power_uw)
    assert result.energy_per_image_j == near(result.energy_j / 4)
    assert result.by_component["adc"]["dynamic_energy_j"] == near(adc)
    assert result.by_component["adc"]["static_energy_j"] == near(20e-6 * seconds)


def test_sums_close():
    result = small_result()
    total = result.energy_j
    assert math.fsum(row["energy_j"] for row in result.by_component.values()) == near(
        total, rel=1e-9
    )
    assert math.fsum(row["energy_j"] for row in result.by_layer) == near(total, rel=1e-9)
    assert math.fsum(row["energy_j"] for row in result.by_phase.values()) == near(total, rel=1e-9)
    assert math.fsum(row["area_mm2"] for row in result.by_component.values()) == near(
        result.area_mm2, rel=1e-9
    )
    system = result.boundaries["system"]["energy_j"]
    off = math.fsum(row["energy_j"] for row in result.by_component_off_chip.values())
    assert total + off == near(system, rel=1e-9)
    assert math.fsum(row["off_chip_energy_j"] for row in result.by_layer) == near(off, rel=1e-9)
    assert math.fsum(row["off_chip_energy_j"] for row in result.by_phase.values()) == near(
        off, rel=1e-9
    )


_names = st.sampled_from(["adc", "buffer", "off_chip_memory"])
_entries = st.lists(
    st.tuples(
        _names,
        st.sampled_from(["convert", "rest"]),
        st.sampled_from(["", "a", "b", "c"]),
        st.sampled_from(["", "forward", "backward", "update"]),
        st.floats(0, 1e15),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(_entries, st.integers(1, 10**12))
def test_sums_close_for_any_ledger(entries, cycles):
    PARTS["toy"] = Toy
    ledger = Ledger()
    for entry in entries:
        ledger.add(*entry)
    estimate = price_small(ledger, cycles)
    total = estimate.energy_j().value
    rows = estimate.energy_by_row()
    phases = estimate.energy_by_phase()
    assert math.fsum(on for on, _ in rows.values()) == near(total, rel=1e-9)
    assert math.fsum(on for on, _ in phases.values()) == near(total, rel=1e-9)
    assert math.fsum(off for _, off in rows.values()) + total == near(
        estimate.energy_j("system").value, rel=1e-9
    )


def test_static_energy_belongs_to_no_layer():
    timed, untimed = price_small(), price_small(cycles=None)
    for key, pair in timed.energy_by_row().items():
        difference = pair[0] - untimed.energy_by_row()[key][0]
        assert difference == near(26e-6 * 2e-5 if key == (SHARED, SHARED) else 0.0)


def test_boundaries_nest():
    boundaries = small_result().boundaries
    for key in ("area_mm2", "energy_j", "power_uw"):
        assert boundaries["macro"][key] < boundaries["chip"][key] < boundaries["system"][key]
    assert boundaries["chip"]["area_mm2"] == small_result().area_mm2


def test_ranges_enclose_and_follow_the_figures():
    result = small_result()
    assert result.area_mm2_range == near([result.area_mm2 / 2, result.area_mm2 * 2])
    assert result.power_uw_range[0] == near(
        result.static_power_uw / 2 + result.dynamic_power_uw * 2 / 3
    )
    assert result.power_uw_range[1] == near(
        result.static_power_uw * 2 + result.dynamic_power_uw * 3
    )


def test_exactly_the_figures_used():
    """`toy.unused` prices an action that never happened: it does not stand among the figures, not
    even with a count of zero.
    """
    ledger = small_ledger()
    ledger.add("adc", "rest", "conv1", "forward", 0)
    assert [row["name"] for row in Result.from_run(facts(), INVENTORY, ledger).figures] == [
        "toy.area",
        "toy.energy",
        "toy.leakage",
    ]
    assert [row["name"] for row in small_result().figures] == [
        "toy.area",
        "toy.energy",
        "toy.leakage",
    ]
    row = small_result().figures[1]
    assert (row["value"], row["unit"], row["low"], row["high"]) == (3e-12, "J", 2e-12, 9e-12)
    assert (row["kind"], row["source"], row["place"]) == ("assumed", "murmann2025", "this test")


def test_without_timing_there_is_no_power():
    result = small_result(cycles=None)
    assert result.timing is False
    for key in ("cycles", "latency_s", "power_uw", "dynamic_power_uw", "power_uw_range"):
        assert getattr(result, key) is None
    assert result.energy_j == near(1520 * 12e-12 + 79 * 6e-12)
    assert result.area_mm2 == small_result().area_mm2


@pytest.mark.parametrize(
    "entry, message",
    [
        (("dac", "convert", "a", "forward", 1), "component 'dac' is not in the inventory"),
        (("adc", "transmute", "a", "forward", 1), "declares no action 'transmute'"),
    ],
)
def test_a_ledger_that_cannot_be_priced_is_an_internal_fault(entry, message):
    ledger = small_ledger()
    ledger.add(*entry)
    with pytest.raises(RuntimeError, match=message):
        price_small(ledger)


def test_actions_of_absent_instances_are_refused():
    inventory = (Component("adc", "toy", {"bits": 4}, 0, "macro"), *INVENTORY[1:])
    with pytest.raises(RuntimeError, match="no instance of 'adc'"):
        price_small(inventory=inventory)


def test_two_components_of_one_name_are_refused():
    with pytest.raises(RuntimeError, match="two components of one name"):
        price_small(inventory=(*INVENTORY, INVENTORY[0]))


def test_the_order_of_counting_changes_no_bit():
    entries = [("adc", "convert", f"layer{i % 7}", "forward", 0.1 * i) for i in range(200)]
    forward = Ledger()
    shuffled = Ledger()
    for entry in entries:
        forward.add(*entry)
    reloaded = Ledger.from_rows(forward.to_rows())
    keys = list(forward.counts)
    random.Random(1).shuffle(keys)
    shuffled.counts = {key: forward.counts[key] for key in keys}
    first = price_small(forward)
    assert price_small(reloaded) == first
    assert price_small(shuffled).energy_by_row() == first.energy_by_row()


def test_ledger_conservation_names_what_was_lost():
    issued = small_ledger()
    done = small_ledger()
    done.check_conserved(issued)
    del done.counts["adc", "convert", "conv2", "forward"]
    with pytest.raises(RuntimeError, match="adc.convert of conv2/forward: issued 500, done 0"):
        done.check_conserved(issued)


def test_ledger_merge_and_total():
    ledger = small_ledger()
    ledger.merge(small_ledger(), times=3)
    assert ledger.total(component="adc") == 4 * 1520
    assert ledger.total(layer="conv1", phase="forward") == 4 * 1075
    with pytest.raises(ValueError, match="no count"):
        ledger.add("adc", "convert", "a", "forward", math.nan)


def test_attributes_and_tables():
    result = small_result()
    assert result.cycles == 2000 and "area_mm2" in dir(result)
    with pytest.raises(AttributeError, match="did you mean 'area_mm2'"):
        _ = result.area_mm
    assert list(result.table("component")["component"]) == ["adc", "buffer", "off_chip_memory"]
    assert result.table("layer")["energy_j"].sum() == near(result.energy_j, rel=1e-9)
    assert len(result.table("figure")) == 3 and len(result.table("resource")) == 1
    with pytest.raises(InputError, match="unknown table"):
        result.table("layers_")


def test_missing_facts_are_named():
    with pytest.raises(RuntimeError, match="seed"):
        Result.from_run(
            {key: value for key, value in facts().items() if key != "seed"},
            INVENTORY,
            small_ledger(),
        )


def test_a_component_that_was_changed_is_priced_as_it_is_now():
    part = Component("adc", "adc_sar", {"bits": 6}, 3)

    def area(node=40.0):
        priced = price_run([part], Ledger(), node_nm=node, clock_mhz=1.0, cycles=None, images=1)
        return priced.area_mm2("macro").value

    six = area()
    assert area() == six
    assert area(28.0) != six
    part.parameters["bits"] = 9
    assert area() > six
