"""Do real data pass the cores of a chip as they pass a flat one with the same tiles, whatever crosses
the network, and are its events written like those of any chip?
"""

import json

import numpy as np
import pytest

import archsim
from archsim.soc.data.tile_data import TileData
from archsim.soc.observers import PerfettoTrace

# 144 rows are nine tiles high
TILE = {"tile.rows": 16, "tile.columns": 32, "read.columns_per_adc": 8}
CORES = [
    {"core.tiles": 3, "placement.copies": {"conv1": 2}},
    {"core.tiles": 2, "core.output_buffer_kib": 0.0625, "accumulator.kind": "tree"},
]


@pytest.fixture
def outputs(monkeypatch):
    """What every run with real data gave."""
    given = []
    finish = TileData.finish

    def kept(self):
        given.append(finish(self))
        return given[-1]

    monkeypatch.setattr(TileData, "finish", kept)
    return given


@pytest.mark.parametrize("mode", ["layer_by_layer", "pipelined"])
def test_cores_compute_what_a_flat_chip_does(outputs, mode):
    chips = [("cim40", {}), *(("cores40", cores) for cores in CORES)]
    results = [
        archsim.simulate(
            "digits_cnn",
            archsim.load_architecture(name, {**TILE, **settings, "execution.mode": mode}),
            data="random",
            images=2,
            seed=3,
        )
        for name, settings in chips
    ]
    assert all(np.array_equal(outputs[0], other) for other in outputs[1:])
    assert len(outputs) == 3 and not np.isnan(outputs[0]).any()
    assert {result.document["activity"] for result in results} == {"measured"}


def test_trained_weights_are_as_good_on_cores(tmp_path):
    draw = np.random.default_rng(1)
    shapes = {"conv1.weights": (16, 9), "fc.weights": (10, 144), "conv1.bias": 16, "fc.bias": 10}
    arrays = {name: draw.normal(size=shape) for name, shape in shapes.items()}
    np.savez(tmp_path / "weights.npz", **arrays)
    flat, cores = (
        archsim.infer(
            "digits_cnn",
            archsim.load_architecture(name, {**TILE, **settings}),
            data="digits",
            weights=tmp_path / "weights.npz",
            images=40,
        ).document
        for name, settings in (("cim40", {}), ("cores40", CORES[0]))
    )
    assert flat["accuracy_percent"] == cores["accuracy_percent"]
    assert flat["cycles"] != cores["cycles"]


def test_parts_of_cores_are_in_the_events(tmp_path):
    chip = archsim.load_architecture("cores40", {**TILE, **CORES[0]})
    watched = archsim.simulate(
        "digits_cnn", chip, observers=(PerfettoTrace(tmp_path / "events.json"),)
    )
    assert watched == archsim.simulate("digits_cnn", chip)
    told = json.loads((tmp_path / "events.json").read_text())
    names = {event["args"]["name"] for event in told["traceEvents"] if event["ph"] == "M"}
    assert any(name.startswith("core 1 accumulator") for name in names)
