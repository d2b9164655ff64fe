"""Do rungs and a guided search find what a full sweep finds?"""

import json

import pytest

import archsim
from archsim.cli.main import main
from archsim.exploration.analysis.pareto import pareto_front
from archsim.exploration.sweep import explore, load_sweep
from tests.explore_points import LADDER, SPACE


def same(sweep):
    return [{key: value for key, value in row.items()} for row in sweep.rows()]


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
    few = {"tile.rows": [64, 128], "read.adc_bits": [4, 6], "node_nm": [28, 40]}
    space = LADDER | {
        "axes": few,
        "objectives": {
            "area_mm2": "minimise",
            "energy_per_image_j": "minimise",
            "latency_per_image_s": "minimise",
        },
    }
    explore(space, out=tmp_path)
    lower = load_sweep(tmp_path, "price").to_dict()
    assert lower["rung"] == "price" and [o["path"] for o in lower["objectives"]] == [
        "area_mm2",
        "energy_per_image_j",
    ]
    alone = explore(SPACE | {"axes": few}).to_dict()
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
