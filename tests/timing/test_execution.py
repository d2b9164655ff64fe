"""Whole networks in time: the published chip, pipelining, copies, determinism, and the same from a
recorded trace.
"""

import pytest

import archsim
from archsim.chip import load_architecture
from tests.near import near

PIPELINED = {"execution.mode": "pipelined"}


def simulate(network, chip="cim40", settings=None, **options):
    return archsim.simulate(network, load_architecture(chip, settings), **options)


def milliseconds(result, layer):
    return next(row["cycles"] for row in result.by_layer if row["layer"] == layer) / (
        result.clock_mhz * 1e3
    )


def test_lenet1_on_the_chip_of_wu_2023():
    result = simulate("lenet1", "wu2023")
    assert (result.operations, result.tile_operations, result.tiles) == (641, 707, 6)
    assert milliseconds(result, "conv1") == near(0.415, rel=0.01)
    assert milliseconds(result, "conv2") == near(0.046, rel=0.01)
    assert result.latency_s * 1e3 == near(0.46, rel=0.01)


def test_lenet1_pipelined_on_the_chip_of_wu_2023():
    result = simulate("lenet1", "wu2023", PIPELINED)
    assert result.latency_s * 1e3 == near(0.42, rel=0.01)
    copies = simulate("lenet1", "wu2023", PIPELINED | {"placement.copies.conv1": 8}, images=20)
    assert copies.tiles == 9
    assert copies.interval_per_image_s * 1e3 == near(0.052, rel=0.01)
    # 576 reads of conv1 by 8 copies at 72 cycles, with nothing in between
    assert copies.interval_per_image_s * 1e8 == near(576 / 8 * 72, rel=0.001)


@pytest.mark.parametrize(
    ("network", "options"),
    [
        ("lenet1", {"images": 3}),
        ("rpu_cnn", {"images": 2}),
        ("mlp", {"images": 4}),
        ("lstm", {"images": 2}),
        ("lenet1", {"scheme": "rpu", "phase": "training", "batch": 3}),
        ("rpu_cnn", {"scheme": "sgd", "phase": "training", "batch": 2}),
        ("mlp", {"scheme": "mixed_precision", "phase": "training", "batch": 2}),
    ],
)
@pytest.mark.parametrize("chip", ["cim40", "rpu_512"])
def test_a_pipeline_is_never_slower_and_counts_the_same(network, options, chip):
    one_by_one = simulate(network, chip, **options)
    pipelined = simulate(network, chip, PIPELINED, **options)
    assert pipelined.cycles <= one_by_one.cycles
    assert pipelined.tile_operations == one_by_one.tile_operations
    assert counts(one_by_one) == counts(pipelined)
    # images in flight leave less of the buffer to each
    spilled = [off_chip(result) for result in (one_by_one, pipelined)]
    assert spilled[1] == spilled[0] or spilled[1] > spilled[0] > 0


def counts(result):
    apart = ("controller", "clock_tree", "vector_unit_clock", "off_chip_memory")
    return [row for row in result.ledger if row["component"] not in apart]


def off_chip(result):
    return sum(row["count"] for row in result.ledger if row["component"] == "off_chip_memory")


def test_images_end_in_order_and_layers_overlap():
    result = simulate("lenet1", "wu2023", PIPELINED, images=6)
    ends = {(row["layer"], row["image"]): row["end"] for row in result.timeline}
    for layer in ("conv1", "conv2", "fc"):
        mine = [ends[layer, image] for image in range(6)]
        assert mine == sorted(set(mine))
    starts = {(row["layer"], row["image"]): row["start"] for row in result.timeline}
    assert starts["conv2", 0] < ends["conv1", 0]
    # conv1 sets the pace: it works all the time
    tiles = next(row for row in result.resources if row["name"] == "tiles:conv1")
    assert tiles["busy_cycles"] > 0.99 * tiles["total_cycles"]
    assert result.interval_per_image_s * 1e8 == near(576 * 72, rel=0.01)


def test_cycles_of_a_layer_are_those_in_which_it_has_work():
    # overlapping operations of one layer count once
    result = simulate("rpu_cnn", "cim40", PIPELINED, scheme="rpu", phase="training", batch=4)
    for row in result.by_layer:
        assert 0 <= row["cycles"] <= result.cycles
    assert max(phase["cycles"] for phase in result.by_phase.values()) <= result.cycles
    one_by_one = simulate("rpu_cnn", "cim40", scheme="rpu", phase="training", batch=4)
    assert sum(row["cycles"] for row in one_by_one.by_layer) == sum(
        phase["cycles"] for phase in one_by_one.by_phase.values()
    )
    assert sum(row["cycles"] for row in one_by_one.by_layer) <= one_by_one.cycles


def test_copies_speed_a_layer_up_and_cost_tiles():
    cycles = []
    tiles = []
    for copies in (1, 2, 4, 8):
        result = simulate("lenet1", "wu2023", {"placement.copies.conv1": copies})
        cycles.append(next(row["cycles"] for row in result.by_layer if row["layer"] == "conv1"))
        tiles.append(result.tiles)
        assert result.operations == 641
    assert cycles == sorted(cycles, reverse=True)
    assert cycles[3] == near(cycles[0] / 8, rel=0.01)
    assert tiles == [6, 6, 7, 9]


def test_twice_the_images_is_twice_the_work():
    one = simulate("lenet1", "wu2023", images=1)
    two = simulate("lenet1", "wu2023", images=2)
    assert two.tile_operations == 2 * one.tile_operations
    assert two.operations == 2 * one.operations
    # only the very first issue is not hidden behind the operation before
    assert two.cycles == 2 * one.cycles - 16


@pytest.mark.parametrize(
    "settings", [{}, PIPELINED, PIPELINED | {"interconnect.arbitration": "drain_first"}]
)
def test_the_same_input_gives_the_same_document(settings):
    options = {"scheme": "mixed_precision", "phase": "training", "batch": 2}
    assert (
        simulate("lenet1", "cim40", settings, **options).to_json()
        == simulate("lenet1", "cim40", settings, **options).to_json()
    )


def test_slower_parts_never_make_a_run_faster():
    base = simulate("rpu_cnn", "cim40", PIPELINED, images=2).cycles
    for settings in (
        {"read.conversion_cycles": 3},
        {"interconnect.width_bits": 16},
        {"vector_unit.lanes": 1},
        {"buffer.width_bits": 16},
        {"interconnect.hop_cycles": 40},
        {"controller.issue_cycles": 5000},
        {"controller.in_flight": 1},
        {"off_chip.preload_input": False},
        {"buffer.capacity_kib": 1.0},
    ):
        assert simulate("rpu_cnn", "cim40", PIPELINED | settings, images=2).cycles >= base, settings


def test_the_interval_is_the_time_an_image_costs_in_the_long_run():
    assert simulate("lenet1", "wu2023").interval_per_image_s is None
    one_by_one = simulate("lenet1", "wu2023", images=4)
    assert one_by_one.interval_per_image_s == near(46256e-8)
    # images that share a batch, or a load of weights, end together: the mean over all
    for settings, options in (
        ({}, {"scheme": "mixed_precision", "phase": "training", "batch": 4}),
        ({"tile.count": 2, "execution.reload": True}, {"images": 4}),
    ):
        result = simulate("lenet1", "wu2023", settings, **options)
        assert result.interval_per_image_s == near(result.latency_s / 4)
