"""Are the points of a space told apart, drawn evenly, and refused with a reason?"""

import hashlib
import itertools
import json

import numpy as np
import pytest

from archsim.basics.sobol import sobol_points
from archsim.exploration import load_space
from archsim.exploration.space.design import network_of
from archsim.exploration.space.keys import key_of
from archsim.exploration.space.samplers import points
from archsim.exploration.space.space import chip_defaults
from archsim.exploration.sweep import explore
from tests.conformance.swept_design import design
from tests.explore_points import SPACE


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


def test_a_million_points_are_only_walked():
    space = load_space(
        SPACE
        | {"axes": {"tile.rows": {"from": 1, "to": 1000}, "tile.columns": {"from": 9, "to": 1008}}}
    )
    assert space.size == 1_000_000
    assert list(itertools.islice(points(space), 2)) == [(1, 9), (1, 10)]
