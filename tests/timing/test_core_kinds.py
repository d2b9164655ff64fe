"""Are cores of several kinds timed, priced and computed each as on a chip that has only them?"""

import json

import numpy as np
import pytest
from core_chips import core_chip, run_on_cores
from small_chips import DRAIN, read, trace_of

import archsim
from tests.near import near
from tests.timing.kind_chips import (
    FINE,
    LAYERS,
    SMALL,
    chip_of,
    numbers,
    of_kind,
    simulated,
    two_kinds,
)

VALUES = 32
FLITS = 5
HOP = 3
BUFFER = 2
# Two kinds of tiles of the small chip: fewer conversions in turn, and slots of two cycles.
FAST = 8 + 2
SLOW = 16 + 8
TWO = {
    "core__kinds__fast": {"read": {"columns_per_adc": 2}},
    "core__kinds__slow": {"read": {"slot_cycles": 2}},
}


def test_each_layer_takes_the_cycles_of_its_kind():
    # a: two reads of 10 cycles and the drain. b, on the other core, asks then: two routers, 5 flits,
    # two passes of the buffer; its reads of 24 cycles follow each other.
    chip = core_chip(**TWO, placement__kind={"a": "fast", "b": "slow"})
    a = read("a", 2, output_elements=VALUES)
    b = read("b", 2, after=("a.forward",), input_elements=VALUES)
    machine, jobs = run_on_cores(trace_of(a, b), chip)
    assert jobs.begins("a") == [0, FAST]
    first = 2 * FAST + DRAIN + 2 * HOP + FLITS + BUFFER
    assert jobs.begins("b") == [first, first + SLOW]
    assert machine.end == first + 2 * SLOW + DRAIN
    assert machine.placement.core_kinds == ("fast", "slow")


def test_one_kind_that_is_written_out_is_the_chip_without_kinds():
    plain = simulated(chip_of(FINE)).to_dict()
    written = simulated(chip_of(of_kind("only", FINE))).to_dict()
    for document in (plain, written):
        del document["settings"]
        # fields of a kind are named by the kind
        document["notes"] = [note for note in document["notes"] if not note.startswith("set, but")]
        document["unused"] = [path.removeprefix("core.kinds.only.") for path in document["unused"]]
    # a chip without kinds has no field that all of them overrule
    written["unused"].remove("read.columns_per_adc")
    assert written == plain


@pytest.mark.parametrize("options", [{"data": "random"}, {"phase": "training", "scheme": "rpu"}])
@pytest.mark.parametrize("kind, settings", [("fine", FINE), ("coarse", {})])
def test_layers_on_one_of_two_kinds_are_those_of_a_chip_of_that_kind(kind, settings, options):
    alone = simulated(chip_of(settings), **options)
    one_of_two = simulated(two_kinds(dict.fromkeys(LAYERS, kind)), **options)
    assert numbers(one_of_two)["by_layer"] == numbers(alone)["by_layer"]
    assert numbers(one_of_two) == numbers(alone)
    if "data" in options:
        assert np.array_equal(one_of_two.outputs, alone.outputs)


def test_the_converters_of_a_kind_move_what_its_layers_compute():
    outputs = [
        simulated(two_kinds({"conv1": kind, "conv2": "coarse", "fc": "coarse"}), data="random")
        for kind in ("fine", "coarse")
    ]
    assert not np.array_equal(outputs[0].outputs, outputs[1].outputs)


@pytest.mark.parametrize("options", [{}, {"phase": "training", "scheme": "mixed_precision"}])
def test_parts_of_kinds_add_up(options):
    result = simulated(two_kinds({"conv1": "fine", "conv2": "coarse", "fc": "coarse"}), **options)
    parts = {name: row for name, row in result.by_component.items()}
    assert sum(row["area_mm2"] for row in parts.values()) == near(result.area_mm2, 1e-9)
    assert sum(row["energy_j"] for row in parts.values()) == near(result.energy_j, 1e-9)
    for kind, cells in (("fine", 32 * 16), ("coarse", 64 * 32)):
        own = result.kinds[kind]
        assert own["tiles"] == 4 * len(own["cores"])
        assert parts[f"array@{kind}"]["count"] == own["tiles"] * cells
    assert sorted(result.kinds["fine"]["cores"] + result.kinds["coarse"]["cores"]) == list(
        range(result.tiles // 4)
    )
    # every count of the analog work lies on a part of the kind of its layer
    for row in result.to_dict()["ledger"]:
        if row["component"] in ("adc@fine", "adc@coarse"):
            wanted = "fine" if row["layer"] == "conv1" else "coarse"
            assert row["component"] == f"adc@{wanted}"


def test_clocks_that_never_stop_run_on_every_tile():
    result = simulated(
        two_kinds(dict.fromkeys(LAYERS, "fine"), **{"tile.clock_gating": False})
        .model_copy()
        .read_from("cores40")
    )
    cycles = sum(
        row["count"] for row in result.to_dict()["ledger"] if row["component"] == "tile_clock@fine"
    )
    assert cycles == near(result.cycles * result.tiles, 1e-9)


def test_both_engines_do_the_same_on_kinds():
    chip = two_kinds({"conv1": "fine"}, **{"execution.mode": "pipelined"})
    for options in ({"images": 3}, {"phase": "training", "scheme": "rpu", "images": 2}):
        runs = [simulated(chip, engine=engine, **options) for engine in ("simpy", "compiled")]
        assert [run.engine for run in runs] == ["simpy", "compiled"]
        first, second = (run.to_dict() for run in runs)
        assert {**first, "engine": ""} == {**second, "engine": ""}


def test_the_floor_shows_which_core_is_of_which_kind():
    from archsim.report.plots.floor import draw_floor, floor_use
    from archsim.report.run.view import View

    result = simulated(two_kinds({"conv1": "fine", "conv2": "coarse", "fc": "coarse"}))
    view = View(result.to_dict())
    use = floor_use(view)
    for kind, row in result.kinds.items():
        assert {use.kinds[core] for core in row["cores"]} == {kind}
    told = str(draw_floor(view, 800.0).marks)
    assert "(fine)" in told and "edges tell kinds of cores: coarse, fine" in told
    alike = View(simulated(chip_of({})).to_dict())
    assert floor_use(alike).kinds == {} and "edges" not in str(draw_floor(alike, 800.0).marks)


def test_a_run_of_kinds_is_priced_again_and_explained(tmp_path):
    result = simulated(two_kinds({"conv1": "fine"}))
    (tmp_path / "run.json").write_text(json.dumps(result.to_dict()), encoding="utf-8")
    stored = archsim.Result.load(tmp_path / "run.json")
    assert stored.reprice(22.0).area_mm2 < result.area_mm2
    assert stored.reprice(result.node_nm).area_mm2 == result.area_mm2
    assert not [note for note in stored.reprice(22.0).notes if "lengths of wires" in note]
    assert "adc@fine" in str(archsim.explain(result, "by_component.adc@fine.area_mm2"))


def test_a_sweep_goes_over_the_field_of_a_kind():
    from archsim.exploration.work.pricing import price_point

    design = {
        "network": "lenet1",
        "architecture": "cores40",
        "scheme": None,
        "phase": "inference",
        "batch": 1,
        "images": 1,
        **SMALL,
        "core.kinds.fine.tile.rows": 32,
        "core.kinds.coarse.tile.rows": 64,
        "placement.kind.conv1": "fine",
    }
    areas = [
        price_point(design | {"core.kinds.fine.read.adc_bits": bits}, ["area_mm2"])[0]
        for bits in (4, 6, 8)
    ]
    assert areas == sorted(areas) and areas[0] < areas[-1]
