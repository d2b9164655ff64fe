"""Are cores of several kinds timed, priced and computed each as on a chip that has only them?"""

import json

import numpy as np
import pytest
from core_chips import core_chip, run_on_cores
from small_chips import DRAIN, read, trace_of

import archsim
from archsim.chip.place import place
from hwlib.errors import InputError
from tests.near import near

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
SMALL = {"tile.rows": 64, "tile.columns": 32, "core.tiles": 4}
FINE = {
    "tile.rows": 32,
    "tile.columns": 16,
    "read.adc_bits": 5,
    "read.columns_per_adc": 4,
    "weights.replicas": 2,
    "write.pulse_cycles": 7,
}
LAYERS = ("conv1", "conv2", "fc")


def chip_of(settings, kinds=None):
    """cores40 with small tiles; `kinds` says which layer lies on which."""
    where = {f"placement.kind.{layer}": kind for layer, kind in (kinds or {}).items()}
    return archsim.load_architecture("cores40", SMALL | settings | where)


def of_kind(name, settings):
    """Settings of a chip as those of a kind."""
    return {f"core.kinds.{name}.{path}": value for path, value in settings.items()}


def two_kinds(kinds=None, **settings):
    """Cores of kinds fine and coarse, the second as the chip is."""
    return chip_of(of_kind("fine", FINE) | {"core.kinds.coarse": {}} | settings, kinds)


def numbers(result):
    """What a result holds beside its settings, its words, the names of parts, and ranges, which are
    drawn in the order of these names.
    """
    document = result.to_dict()
    keys = ("area_mm2", "energy_j", "static_power_uw", "cycles", "by_phase", "by_layer", "stalls")
    return {key: document[key] for key in keys}


def simulated(chip, **options):
    return archsim.simulate("lenet1", chip, **{"images": 1, "seed": 3} | options)


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


def test_cores_are_as_many_as_their_counts_say():
    chip = two_kinds({}, **{"core.kinds.fine.count": 40, "core.kinds.coarse.count": 9})
    result = simulated(chip)
    assert {kind: len(row["cores"]) for kind, row in result.kinds.items()} == {
        "fine": 40,
        "coarse": 9,
    }


def test_a_layer_that_nobody_sends_goes_where_it_takes_fewest_cells():
    # fc: 192 rows of 10 weights, 2 columns each: 3 x 1 tiles of 64 x 32, 6,144 cells; with two
    # devices a weight 6 x 3 tiles of 32 x 16, 9,216 cells
    chip = two_kinds({"conv1": "fine"})
    result = simulated(chip)
    row = next(row for row in result.placement if row["layer"] == "fc")
    assert row["tile_count"] == 3 and row["kind"] == "coarse"
    note = next(note for note in result.notes if "placement.kind leaves open" in note)
    assert "fc on coarse" in note and "conv1" not in note


def test_a_full_kind_leaves_layers_to_the_next():
    # both kinds are alike but for their names: the first takes what fits on its one core
    chip = chip_of({"core.kinds.one.count": 1, "core.kinds.other": {}})
    kinds = {row["layer"]: row["kind"] for row in simulated(chip).placement}
    assert set(kinds.values()) == {"one", "other"}


@pytest.mark.parametrize(
    "settings, where, words",
    [
        ({"core.kinds.fine.read.adc_bit": 5}, "core.kinds.fine.read.adc_bit", "adc_bits"),
        ({"core.kinds.fine.tile.rows": 0}, "core.kinds.fine.tile.rows", "1"),
        ({"core.kinds.fine.read.columns_per_adc": 64}, "", "core.kinds.fine"),
        ({"core.kinds.fine.physics.conductance_us": [5.0, 1.0]}, "core.kinds.fine", "(5)"),
        ({"core.kinds.a@b": {}}, "core.kinds.a@b", "pattern"),
        ({"core.kinds.fine.cell.slot": 2.0}, "core.kinds.fine.cell", "slot_ns"),
        ({"core.kinds.fine.weights.device": "bulk_ram"}, "core.kinds.fine", "bulk_rram"),
        ({"core.kinds.fine": {}, "placement.kind.conv1": "fin"}, "placement.kind.conv1", "fine"),
        ({"placement.kind.conv1": "fine"}, "placement.kind.conv1", "no core.kinds"),
        ({"core.kinds.fine": {}, "core.tiles": 0}, "core.kinds", "core.tiles"),
        ({"core.kinds.fine": {}, "core.count": 3}, "core.count", "core.kinds.NAME.count"),
        ({"core.kinds.fine": {}, "package.chips": 2}, "package.chips", "alike"),
        ({"core.kinds.fine": {}, "placement.kind.conv3": "fine"}, "placement.kind", "conv2"),
        ({"core.kinds.fine.count": 1, "core.tiles": 1}, "core.kinds.fine.count", "missing"),
    ],
)
def test_what_does_not_fit_is_refused(settings, where, words):
    with pytest.raises(InputError) as refused:
        simulated(chip_of(settings))
    told = str(refused.value)
    assert where in told and words in told


def test_arrays_that_work_together_lie_on_one_kind():
    # the arrays of tiki-taka are beside each other: the second has no kind of its own
    built = archsim.build("lenet1", "cores40", scheme="tiki_taka", phase="training").built
    names = [matrix.layer for matrix in built.trace.matrices]
    own = sorted(name for name in names if name.startswith("conv1."))
    assert own
    kinds = {"conv1": "fine", own[0]: "coarse"}
    with pytest.raises(InputError, match="one kind"):
        simulated(two_kinds(kinds), phase="training", scheme="tiki_taka")


def test_what_a_kind_says_for_nothing_is_told():
    result = simulated(two_kinds(dict.fromkeys(LAYERS, "coarse")))
    assert "core.kinds.fine.read.adc_bits" in result.unused
    result = simulated(two_kinds(dict.fromkeys(LAYERS, "fine")))
    assert "core.kinds.fine.read.adc_bits" not in result.unused
    assert "core.kinds.fine.write.pulse_cycles" in result.unused  # an inference programs nothing


def test_what_every_kind_says_itself_the_chip_says_for_nothing():
    fine = {"core.kinds.fine.read.adc_bits": 5, "core.kinds.coarse.read.adc_bits": 6}
    assert "read.adc_bits" in simulated(chip_of(fine | {"read.adc_bits": 7})).unused
    # one kind that leaves it open reads that of the chip
    fine.pop("core.kinds.coarse.read.adc_bits")
    open_ = fine | {"core.kinds.coarse": {}, "read.adc_bits": 7}
    assert "read.adc_bits" not in simulated(chip_of(open_)).unused


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


def test_copies_and_kinds_are_placed_together():
    chip = two_kinds({"conv1": "fine"}, **{"placement.copies.conv1": 3})
    matrices = archsim.build("lenet1", chip).built.trace.matrices
    placed = place(matrices, chip)
    cores = {tile // 4 for tile in placed.layers["conv1"].tiles}
    assert {placed.core_kinds[core] for core in cores} == {"fine"}
    assert placed.layers["conv1"].units == 3
