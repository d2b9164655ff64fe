"""Random chips, networks and update rules, drawn from fixed seeds: whatever the settings, the books
balance.
"""

import json
import math

import pytest

import archsim
from archsim.run.result_schema import check_document
from hwlib import InputError, price
from tests.conformance.drawn_chips import NETWORKS, draw
from tests.near import near

# Parts that run as long as a run takes, and clocks that run as long as a resource is busy.
CLOCKS = ("clock_tree", "tile_clock", "vector_unit_clock", "bitstream_clock")

SEEDS = range(20)


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("networks")
    for name, text in NETWORKS.items():
        (folder / f"{name}.toml").write_text(text)
    return {name: archsim.load_network(folder / f"{name}.toml") for name in NETWORKS}


def numbers(value, path=""):
    """Every number of a document with its path."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from numbers(item, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from numbers(item, f"{path}[{index}]")
    elif isinstance(value, int | float):
        yield path, value


def counts(result, leave_out=()):
    """The ledger as (component, action, layer, phase): count."""
    return {
        (r["component"], r["action"], r["layer"], r["phase"]): r["count"]
        for r in result.ledger
        if r["component"] not in leave_out
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_the_books_balance(seed, networks):
    network, settings, options = draw(seed, networks)
    chip = archsim.load_architecture("cim40", settings)
    result = archsim.simulate(network, chip, **options)
    document = json.loads(result.to_json())
    check_document(document, "result")
    for path, number in numbers(
        {key: value for key, value in document.items() if key not in ("figures", "settings")}
    ):
        assert math.isfinite(number) and number >= 0, path

    for quantity, tables in {
        "energy_j": ("by_component", "by_layer", "by_phase"),
        "area_mm2": ("by_component",),
    }.items():
        for name in tables:
            rows = document[name].values() if isinstance(document[name], dict) else document[name]
            assert math.fsum(row[quantity] for row in rows) == near(document[quantity], rel=1e-9), (
                quantity,
                name,
            )
    for row in document["resources"]:
        assert (
            row["busy_cycles"] + row["stalled_cycles"] + row["idle_cycles"] == row["total_cycles"]
        ), row["name"]
    for quantity in ("area_mm2", "power_uw"):
        low, high = document[f"{quantity}_range"]
        assert low <= document[quantity] <= high
    assert document["area_mm2"] >= document["boundaries"]["macro"]["area_mm2"]
    assert (
        all((row["busy_fraction"] or 0) <= 1 for row in document["by_component"].values())
        and document["utilisation"] <= 1
    )
    assert max(span["end"] for span in document["timeline"]) <= document["cycles"]

    # energy is counts times prices, and nothing else
    prices = {
        row["component"]: price(row["part"], row["parameters"], document["node_nm"])
        for row in document["inventory"]
    }
    dynamic = {name: 0.0 for name in prices}
    for row in document["ledger"]:
        dynamic[row["component"]] += (
            row["count"] * prices[row["component"]].energy[row["action"]].value
        )
    for name, row in document["by_component"].items():
        assert row["dynamic_energy_j"] == pytest.approx(dynamic[name], rel=1e-9, abs=1e-30), name

    again = archsim.simulate(network, chip, **options)
    assert again.to_json() == result.to_json()
    # what happens does not depend on when it happens
    untimed = archsim.simulate(network, chip, **options, timing=False)
    timed_only = ("controller", *CLOCKS)
    assert counts(untimed, timed_only) == near(counts(result, timed_only), rel=1e-9)
    tile_operations = [
        {(r["layer"], r["phase"]): r["tile_operations"] for r in each.by_layer}
        for each in (result, untimed)
    ]
    assert (
        tile_operations[0] == tile_operations[1]
        and sum(tile_operations[0].values()) == result.tile_operations
    )


@pytest.mark.parametrize("seed", SEEDS[::8])
def test_a_chip_too_small_says_how_many_tiles_are_missing(seed, networks):
    network, settings, options = draw(seed, networks)
    needed = archsim.simulate(
        network, archsim.load_architecture("cim40", settings), **options, timing=False
    ).tiles
    if needed == 1:
        pytest.skip("one tile holds it")
    with pytest.raises(InputError, match=f"needs {needed} tiles of .*, 1 are missing"):
        archsim.simulate(
            network,
            archsim.load_architecture("cim40", settings | {"tile.count": needed - 1}),
            **options,
        )


@pytest.mark.parametrize("tiles", (1, 2, 5))
@pytest.mark.parametrize("rule", (None, "mixed_precision"))
def test_reloaded_weights_cost_the_same_without_timing(tiles, rule, networks):
    small = {"tile.rows": 16, "tile.columns": 16, "weights.bias": "row", "tile.count": tiles}
    chip = archsim.load_architecture("cim40", small | {"execution.reload": True})
    options = (
        {"scheme": rule, "phase": "training", "batch": 2, "images": 7} if rule else {"images": 3}
    )
    timed, untimed = (
        archsim.simulate(networks["branches"], chip, **options, timing=timing)
        for timing in (True, False)
    )
    timed_only = ("controller", *CLOCKS)
    assert counts(untimed, timed_only) == near(counts(timed, timed_only), rel=1e-9)
    assert untimed.tile_operations == timed.tile_operations and timed.tiles > tiles
