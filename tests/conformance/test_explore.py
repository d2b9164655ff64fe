"""A sweep says what the simulator says: lean prices, stored runs, and the same table whoever works
it out.
"""

import hashlib
import itertools
import json

import numpy as np
import pytest

import archsim
from archsim.basics.sobol import sobol_points
from archsim.cli.main import main
from archsim.exploration import load_space, price_point
from archsim.exploration.analysis.pareto import pareto_front
from archsim.exploration.space.design import network_of, resolve
from archsim.exploration.space.keys import key_of
from archsim.exploration.space.samplers import points
from archsim.exploration.space.space import chip_defaults
from archsim.exploration.sweep import explore, load_sweep
from archsim.exploration.work.metrics import OTHER, PRICED, TIMED, read_metric
from archsim.exploration.work.rungs import price_rung
from archsim.exploration.work.worker import RungJob, run_point, with_absolute_paths
from tests.explore_points import LADDER, SPACE

ANY_NUMBER = (
    "by_component.adc.area_mm2",
    "by_component.adc.energy_j",
    "by_component_off_chip.off_chip_memory.energy_j",
    "boundaries.system.energy_j",
    "boundaries.macro.area_mm2",
    "by_component.array.count",
)


def design(**changes):
    fixed = {
        "network": "lenet1",
        "architecture": "cim40",
        "scheme": None,
        "device": None,
        "phase": "inference",
        "batch": 1,
        "images": None,
    }
    return fixed | changes


CASES = {
    "default": design(),
    "node": design(node_nm=28),
    "large": design(**{"tile.rows": 512, "tile.columns": 256}),
    "pulse width": design(
        **{"read.input": "pulse_width", "read.slot_cycles": 255, "clock_mhz": 1000.0}
    ),
    "training": design(architecture="rpu", scheme="rpu", phase="training", batch=4),
    "mixed": design(
        architecture="wu2023",
        scheme="mixed_precision",
        phase="training",
        batch=2,
        **{"scheme.optimiser": "sgd"},
    ),
    "images": design(network="mlp", images=3),
    "cnn": design(network="rpu_cnn", node_nm=65.0, **{"placement.copies.k1": 2}),
}


@pytest.mark.parametrize("name", CASES)
def test_a_lean_price_is_that_of_the_simulator(name):
    step = resolve(CASES[name])
    document = archsim.simulate(
        step.trace, step.chip, scheme=step.rule, images=step.images, timing=False
    ).to_dict()
    metrics = (*PRICED, *OTHER, *TIMED, *ANY_NUMBER)
    wanted = [read_metric(document, metric) for metric in metrics]
    priced = price_point(CASES[name], metrics)
    unsaid = {"dynamic_power_uw", "latency_s", *TIMED}  # nothing was timed
    assert {m: f for m, f in zip(metrics, priced) if m not in unsaid} == {
        m: w for m, w in zip(metrics, wanted) if m not in unsaid
    }
    assert {f for m, f in zip(metrics, priced) if m in unsaid} == {None}


def test_a_path_into_layers_comes_from_the_whole_document():
    metrics = ("by_phase.forward.energy_j", "by_layer.conv1.forward.energy_j", "area_mm2")
    document = archsim.simulate("lenet1", "cim40", timing=False).to_dict()
    assert price_point(design(), metrics) == [read_metric(document, metric) for metric in metrics]


def test_a_timed_point_is_a_simulation_and_another_node_a_price():
    space = LADDER | {
        "objectives": {
            "area_mm2": "minimise",
            "power_uw": "minimise",
            "accuracy_percent": "maximise",
        },
        "record": list(ANY_NUMBER),
    }
    sweep = explore(space | {"rungs": [{"kind": "price", "points": 12}, {"kind": "timing"}]})
    assert sweep.counts["repriced"] == 8  # 4 chips at 3 nodes
    for row in sweep.top.rows():
        chip = archsim.load_architecture(
            "cim40", {path: row[path] for path in ("tile.rows", "read.adc_bits", "node_nm")}
        )
        chip = archsim.load_architecture(chip, {"read.transposed": False})
        document = archsim.simulate("lenet1", chip).to_dict()
        for metric in (*PRICED, *TIMED, *ANY_NUMBER):
            assert row[metric] == read_metric(document, metric), (metric, row["point"])


def same(sweep):
    return [{key: value for key, value in row.items()} for row in sweep.rows()]


def test_one_worker_two_workers_and_a_cluster_give_one_table(tmp_path):
    alone = same(explore(LADDER))
    assert same(explore(LADDER, jobs=2, out=tmp_path / "two")) == alone
    assert same(load_sweep(tmp_path / "two")) == alone
    with pytest.raises(AttributeError, match="cannot assign"):
        load_sweep(tmp_path / "two").counts = {}
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=None, processes=False
    ) as cluster:
        assert (
            same(explore(LADDER, cluster=cluster.scheduler_address, out=tmp_path / "dask")) == alone
        )


def test_a_worker_that_starts_elsewhere_finds_the_files_of_a_space(tmp_path, monkeypatch, capsys):
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for chip, rows in (("a.toml", "64"), ("b.toml", "128")):
        capsys.readouterr()
        assert main(["show", "architecture", "cim40", "--toml"]) == 0
        text = capsys.readouterr().out
        assert "\nrows = 128\n" in text
        (tmp_path / "here" / chip).write_text(text.replace("\nrows = 128\n", f"\nrows = {rows}\n"))
    space = load_space(
        {
            "schema": 1,
            "network": "lenet1",
            "axes": {"architecture": ["a.toml", "b.toml"], "read.adc_bits": [6]},
            "objectives": {"area_mm2": "minimise"},
        }
    )
    job = RungJob(space, price_rung, ("area_mm2",))
    points = [("1", ("a.toml", 6)), ("2", ("b.toml", 6))]
    here = [run_point(job, *point) for point in points]
    sent = with_absolute_paths(job)
    monkeypatch.chdir(tmp_path / "there")
    assert [run_point(sent, *point) for point in points] == here
    assert None not in (one := here[0].metrics) and one != here[1].metrics
    assert run_point(job, *points[0]).extra["status"] == "refused"


def test_overlapping_spaces_share_their_points(tmp_path):
    explore(SPACE, out=tmp_path)
    wider = SPACE | {"axes": SPACE["axes"] | {"tile.rows": [64, 128, 256]}}
    assert explore(wider, out=tmp_path, resume=True).counts == {
        "new": 18,
        "reused": 36,
        "repriced": 0,
    }
    # written another way: an axis is a setting, a setting says what the chip has anyway, numbers
    # are whole or not
    same_chip = SPACE | {
        "settings": {"read.transposed": False, "tile.rows": 128, "clock_mhz": 200},
        "axes": {"read.adc_bits": [6, 5], "node_nm": [28.0, 65.0]},
    }
    assert explore(same_chip, out=tmp_path, resume=True).counts == {
        "new": 0,
        "reused": 4,
        "repriced": 0,
    }
    wanted = SPACE | {"record": ["by_component.adc.area_mm2"]}
    assert (
        explore(wanted, out=tmp_path, resume=True).counts["new"] == 36
    )  # the rows lack this number


def test_keys_tell_designs_apart():
    different = [
        design(),
        design(batch=2),
        design(node_nm=28),
        design(network="mlp"),
        design(architecture="rpu"),
        design(device="x"),
        design(**{"tile.rows": 64}),
        design(**{"read.overlap": False}),
        design(phase="training", scheme="sgd"),
        design(phase="training", scheme="rpu"),
        design(phase="training", scheme="sgd", **{"scheme.optimiser": "adam"}),
        design(**{"components.adc.parameters.rate_msps": 50.0}),
    ]
    keys = [key_of(one) for one in different]
    assert len(set(keys)) == len(keys)
    alike = design(
        images=1,
        scheme="sgd",
        node_nm=40,
        **{"tile.rows": 128, "read.overlap": True, "clock_mhz": 200.0},
    )
    assert key_of(alike) == key_of(design())
    assert key_of(design(node_nm=28), node=False) == key_of(design(), node=False)


def test_a_key_is_the_digest_of_words_and_of_settings_that_differ_from_the_chip():
    def digest(text):
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    known = chip_defaults("cim40")
    for settings in (
        {},
        {"tile.rows": 64, "clock_mhz": 200.0},
        {"node_nm": 28.0, "read.overlap": not known["read.overlap"]},
        {'placement.copies.k"1': 4},
        {"x.list": [1, 2]},
    ):
        changed = [
            (path, int(value) if isinstance(value, float) else value)
            for path, value in sorted(settings.items())
            if known.get(path) != value
        ]
        words = (
            digest(repr(network_of("lenet1"))),
            digest(json.dumps(known, sort_keys=True)),
            None,
            "inference",
            1,
            1,
            None,
        )
        assert key_of(design(**settings)) == digest(json.dumps((words, changed)))


def test_conditions_constraints_and_derived_settings():
    space = load_space(
        SPACE
        | {
            "axes": {"tile.rows": [64, 128, 256], "tile.columns": [64, 128, 256]},
            "conditions": ["tile.rows >= tile.columns"],
            "derived": {
                "read.columns_per_adc": "tile.columns // 16",
                "read.slot_cycles": "2 if tile.rows > 128 else 1",
            },
            "constraints": ["area_mm2 < 2.5", "read.columns_per_adc < 16"],
        }
    )
    sweep = explore(space)
    rows = list(sweep.rows())
    assert [(row["tile.rows"], row["tile.columns"]) for row in rows] == [
        (64, 64),
        (128, 64),
        (128, 128),
        (256, 64),
        (256, 128),
        (256, 256),
    ]
    for row in rows:
        full = space.design((row["tile.rows"], row["tile.columns"]))
        assert (full["read.columns_per_adc"], full["read.slot_cycles"]) == (
            row["tile.columns"] // 16,
            2 if row["tile.rows"] > 128 else 1,
        )
        assert (row["status"] == "done") == (row["area_mm2"] < 2.5 and row["tile.columns"] < 256)
    assert len({row["status"] for row in rows}) == 2
    assert {row["status"] for row in sweep.front()} == {"done"}


def test_an_impossible_design_is_refused_with_its_reason():
    rate = "components.adc.parameters.rate_msps"
    sweep = explore(SPACE | {"axes": {"read.columns_per_adc": [1, 256], rate: [100.0, 5000.0]}})
    reasons = {
        (row["read.columns_per_adc"], row[rate]): row["reason"]
        for row in sweep.rows()
        if row["status"] == "refused"
    }
    assert set(reasons) == {(1, 5000.0), (256, 100.0), (256, 5000.0)}
    assert (
        "adc_sar.rate_msps" in reasons[1, 5000.0] and "exceeds tile.columns" in reasons[256, 100.0]
    )


@pytest.mark.parametrize("kind", ["random", "latin_hypercube", "sobol"])
def test_samplers_are_even_repeatable_and_differ_by_seed(kind):
    axes = {
        "tile.rows": [32, 64, 128, 256],
        "clock_mhz": {"from": 50.0, "to": 800.0, "scale": "log"},
        "read.overlap": [True, False],
    }
    space = SPACE | {"axes": axes, "sampler": {"kind": kind, "points": 64, "seed": 1}}
    first = list(points(load_space(space)))
    assert first == list(points(load_space(space)))
    assert first != list(
        points(load_space(space | {"sampler": {"kind": kind, "points": 64, "seed": 2}}))
    )
    assert len(first) == 64 and all(50 <= clock <= 800 for _, clock, _ in first)
    counts = [sum(rows == value for rows, _, _ in first) for value in axes["tile.rows"]]
    assert counts == [16] * 4 if kind != "random" else min(counts) > 5
    assert 20 < sum(clock < 200 for _, clock, _ in first) < 44  # half of the axis in its logarithm


def test_sobol_points_are_those_of_joe_and_kuo():
    qmc = pytest.importorskip("scipy.stats.qmc")
    wanted = qmc.Sobol(21, scramble=False, bits=30).random(256)
    assert np.array_equal(np.array(list(sobol_points(21, 256))), wanted)


def test_guided_search_is_repeatable_resumable_and_near_the_front(tmp_path):
    pytest.importorskip("optuna")
    axes = {
        "tile.rows": [32, 64, 128, 256],
        "tile.columns": [64, 128, 256],
        "read.adc_bits": {"from": 4, "to": 9},
        "read.columns_per_adc": [4, 8, 16],
    }
    space = SPACE | {
        "axes": axes,
        "sampler": {"kind": "nsga2", "points": 60, "population": 20, "seed": 3},
    }
    guided = explore(space, out=tmp_path)
    again = explore(space, out=tmp_path, resume=True)
    assert again.counts["new"] == 0 and same(again) == same(guided) == same(explore(space))
    whole = explore(SPACE | {"axes": axes})
    names = ("area_mm2", "energy_per_image_j")
    best = {tuple(row[name] for name in names) for row in whole.front()}
    front = {tuple(row[name] for name in names) for row in guided.front()}
    assert front & best  # of 216 designs it has seen at most 60
    assert len(guided.tables[0]) <= 60


def test_the_ladder_promotes_the_points_nearest_the_front():
    sweep = explore(LADDER)
    below, top = sweep.tables
    indices, costs, _ = below.costs(sweep.space.objectives)
    front = {below.key(int(i)) for i in indices[pareto_front(costs)]}
    promoted = {top.key(i) for i in range(len(top))}
    assert len(promoted) == 8 and (front <= promoted or promoted <= front)
    assert [row["rung"] for row in sweep.rows()].count("timing") == 8


def test_a_lower_rung_has_a_report_of_its_own(tmp_path):
    space = LADDER | {
        "objectives": {
            "area_mm2": "minimise",
            "energy_per_image_j": "minimise",
            "latency_per_image_s": "minimise",
        }
    }
    explore(space, out=tmp_path)
    lower = load_sweep(tmp_path, "price").to_dict()
    assert lower["rung"] == "price" and [o["path"] for o in lower["objectives"]] == [
        "area_mm2",
        "energy_per_image_j",
    ]
    alone = explore(SPACE).to_dict()
    assert all(
        lower[name] == alone[name]
        for name in ("points", "front", "knee", "parts", "analysis", "uncertainty")
    )
    assert main(["report", str(tmp_path), "--rung", "price", "--quiet"]) == 0
    assert json.loads((tmp_path / "price" / "sweep.json").read_text())["points"] == lower["points"]
    assert main(["report", str(tmp_path), "--rung", "training", "--quiet"]) == 2


def test_a_rung_takes_the_best_of_each_value_where_it_is_told_to():
    sweep = explore(
        SPACE
        | {
            "rungs": [
                {"kind": "price"},
                {"kind": "timing", "points": 2, "each": ["node_nm", "tile.rows"]},
            ]
        }
    )
    taken = [(row["node_nm"], row["tile.rows"]) for row in sweep.top.rows()]
    assert sorted(taken) == sorted(
        [(node, rows) for node in (28, 40, 65) for rows in (64, 128)] * 2
    )


def test_the_last_rung_trains():
    space = SPACE | {
        "network": "digits_cnn",
        "architecture": "rpu",
        "scheme": "rpu",
        "phase": "training",
        "settings": {},
        "axes": {"training.learning_rate": [1e-6, 0.02]},
        "objectives": {"area_mm2": "minimise", "accuracy_percent": "maximise"},
        "rungs": [
            {"kind": "price"},
            {"kind": "training", "data": "digits", "epochs": 1, "images": 150, "seed": 1},
        ],
    }
    slow, fast = explore(space).top.rows()
    assert fast["accuracy_percent"] != slow["accuracy_percent"]
    assert fast["writes_per_device"] > 2 * slow["writes_per_device"]
    trained = archsim.train(
        "digits_cnn",
        "rpu",
        "digits",
        "rpu",
        epochs=1,
        images=150,
        seed=1,
        settings={"learning_rate": 0.02},
    )
    assert [fast[name] for name in ("accuracy_percent", "power_uw", "cycles")] == [
        trained.accuracy_percent,
        trained.result.power_uw,
        trained.result.cycles,
    ]


def test_a_million_points_are_only_walked():
    space = load_space(
        SPACE
        | {"axes": {"tile.rows": {"from": 1, "to": 1000}, "tile.columns": {"from": 9, "to": 1008}}}
    )
    assert space.size == 1_000_000
    assert list(itertools.islice(points(space), 2)) == [(1, 9), (1, 10)]
