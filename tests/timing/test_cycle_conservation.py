"""Busy, stalled and idle cycles of every resource add up to its time, on all chips, modes and
schemes.
"""

import math

import pytest

import archsim
from archsim.chip import load_architecture
from archsim.chip.plan.tile_timing import read_timing
from tests.near import near

DIGITAL_BACKWARD = {"scheme": "sgd", "phase": "training", "batch": 2}
RUNS = [
    ("lenet1", "wu2023", {}, {"images": 2}),
    ("lenet1", "wu2023", {"execution.mode": "pipelined"}, {"images": 8}),
    (
        "lenet1",
        "wu2023",
        {"execution.mode": "pipelined", "placement.copies.conv1": 8},
        {"images": 8},
    ),
    (
        "lenet1",
        "wu2023",
        {"execution.mode": "pipelined", "controller.in_flight": 2, "controller.prefetch": False},
        {"images": 5},
    ),
    ("lenet1", "wu2023", {}, {"scheme": "mixed_precision", "phase": "training", "batch": 2}),
    ("lenet1", "wu2023", {"tile.count": 2, "execution.reload": True}, {"images": 2}),
    ("lenet1", "wu2023", {"tile.count": 9}, {}),
    ("lenet1", "cim40", {"placement.pack": True}, {"images": 3}),
    ("lenet1", "cim40", {"placement.pack": True, "execution.mode": "pipelined"}, {"images": 3}),
    (
        "rpu_cnn",
        "cim40",
        {"execution.mode": "pipelined", "interconnect.arbitration": "drain_first"},
        {"images": 3},
    ),
    (
        "rpu_cnn",
        "cim40",
        {"interconnect.kind": "bus", "interconnect.width_bits": 8, "buffer.ports": 1},
        {},
    ),
    ("rpu_cnn", "cim40", {}, DIGITAL_BACKWARD),
    ("rpu_cnn", "cim40", {"execution.mode": "pipelined"}, DIGITAL_BACKWARD),
    (
        "rpu_cnn",
        "rpu",
        {"execution.mode": "pipelined"},
        {"scheme": "rpu", "phase": "training", "batch": 3},
    ),
    (
        "rpu_cnn",
        "rpu_512",
        {"execution.mode": "pipelined", "placement.copies.k1": 4},
        {"scheme": "rpu", "phase": "training", "batch": 2},
    ),
    ("mlp", "isaac32", {"execution.mode": "pipelined", "buffer.tile_queue": 1}, {"images": 4}),
    ("lstm", "cim40", {"execution.mode": "pipelined", "placement.copies.lstm1": 3}, {"images": 2}),
    (
        "lstm",
        "cim40",
        {"off_chip.preload_input": False, "buffer.capacity_kib": 1.0},
        DIGITAL_BACKWARD,
    ),
]


@pytest.mark.parametrize("network, chip, settings, options", RUNS)
def test_cycles_add_up(network, chip, settings, options):
    result = archsim.simulate(network, load_architecture(chip, settings), **options)
    tiles = [row for row in result.resources if row["kind"] == "tile"]
    for row in result.resources:
        assert (
            row["busy_cycles"] + row["stalled_cycles"] + row["idle_cycles"] == row["total_cycles"]
        ), row["name"]
        assert min(row["busy_cycles"], row["stalled_cycles"], row["idle_cycles"]) >= 0, row["name"]
        assert sum(row["stalls"].values()) == row["stalled_cycles"]
        assert row["queue_mean"] >= 0
        assert row["queue_max"] >= 0
    count = result.settings["tile"]["count"]
    chip_tiles = result.tiles if count == "auto" else count
    assert sum(row["total_cycles"] for row in tiles) == result.cycles * chip_tiles
    assert (
        sum(row["stalled_cycles"] for row in tiles)
        == sum(result.stalls.values())
        == sum(row["stall_cycles"] for row in result.by_layer)
    )
    assert result.utilisation == near(
        sum(row["busy_cycles"] for row in tiles) / sum(row["total_cycles"] for row in tiles)
    )
    assert sum(row["tile_operations"] for row in result.by_layer) == result.tile_operations
    assert max(row["end"] for row in result.timeline) <= result.cycles


@pytest.mark.parametrize("network, chip, settings, options", RUNS[::3])
def test_parts_of_the_energy_add_up(network, chip, settings, options):
    result = archsim.simulate(network, load_architecture(chip, settings), **options)
    for rows in (result.by_component.values(), result.by_layer, result.by_phase.values()):
        assert math.isclose(
            math.fsum(row["energy_j"] for row in rows), result.energy_j, rel_tol=1e-9
        )


def test_busy_tile_cycles_are_jobs_times_interval():
    chip = load_architecture("wu2023", {"execution.mode": "pipelined"})
    result = archsim.simulate("lenet1", chip, images=3)
    interval = read_timing(chip, 64).interval
    for row in result.by_layer[:3]:
        tiles = next(r for r in result.resources if r["name"] == f"tiles:{row['layer']}")
        assert tiles["busy_cycles"] == row["tile_operations"] * interval


def test_the_interconnect_is_busy_as_long_as_its_bits_take():
    chip = load_architecture("cim40", {"interconnect.kind": "bus", "interconnect.width_bits": 8})
    result = archsim.simulate("mlp", chip)
    bits = sum(row["count"] for row in result.ledger if row["component"] == "interconnect")
    bus = next(row for row in result.resources if row["name"] == "interconnect")
    assert bus["busy_cycles"] == near(bits / 8, rel=0.01)
    assert bus["stalled_cycles"] == 0


@pytest.mark.parametrize("mode", ["layer_by_layer", "pipelined"])
def test_copies_that_share_a_tile_move_as_many_words_as_one(mode):
    # four vectors make one job there, which takes four times the cycles of one on every server
    runs = []
    for copies in (1, 4):
        settings = {"execution.mode": mode, "placement.copies.conv1": copies}
        chip = load_architecture("cim40", {"interconnect.kind": "bus", **settings})
        result = archsim.simulate("lenet1", chip)
        moving = ("interconnect", "buffer", "vector_unit")
        runs.append(
            {
                row["name"]: row["busy_cycles"]
                for row in result.resources
                if row["name"].startswith(moving)
            }
        )
    assert runs[0] == runs[1] and len(runs[0]) >= 3 and all(runs[0].values())
