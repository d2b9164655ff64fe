"""Two ways to the same ledger: what the events did, and what the plans foresee without events."""

import pytest

import archsim
from tests.near import near

TIMED_ONLY = {
    (role, "cycle") for role in ("controller", "clock_tree", "vector_unit_clock", "bitstream_clock")
}
CASES = [
    ("lenet1", "wu2023", None, {}),
    ("lenet1", "cim40", None, {"placement.copies.conv1": 3}),
    ("mlp", "cim40", None, {"placement.pack": True}),
    ("rpu_cnn", "cim40", "rpu", {}),
    ("rpu_cnn", "wu2023", "mixed_precision", {}),
    ("lstm", "cim40", "sgd", {}),
    ("lenet1", "cim40", "sgd", {"execution.mode": "pipelined"}),
    ("resnet18_cifar", "cim40", None, {"weights.mapping": "bit_slices"}),
    (
        "lenet1",
        "cim40",
        None,
        {
            "weights.mapping": "reference_column",
            "weights.bias": "row",
            "read.accumulate": "digital",
        },
    ),
]


def counts(result):
    table = {}
    for row in result.ledger:
        if (row["component"], row["action"]) not in TIMED_ONLY:
            table[row["component"], row["action"], row["layer"], row["phase"]] = row["count"]
    return table


@pytest.mark.parametrize("network, chip, scheme, settings", CASES)
def test_events_and_plans_count_the_same(network, chip, scheme, settings):
    phase, batch = ("training", 3) if scheme else ("inference", 1)
    chip = archsim.load_architecture(chip, settings)
    timed = archsim.simulate(network, chip, scheme=scheme, phase=phase, batch=batch, images=3)
    priced = archsim.simulate(
        network, chip, scheme=scheme, phase=phase, batch=batch, images=3, timing=False
    )
    done = counts(timed)
    foreseen = counts(priced)
    assert set(done) == set(foreseen)
    for key, count in done.items():
        assert count == near(foreseen[key], rel=1e-9), key
    assert timed.tile_operations == priced.tile_operations
    assert timed.area_mm2 == priced.area_mm2
    assert priced.cycles is None and priced.power_uw is None


@pytest.mark.parametrize("network, chip, scheme, settings", CASES)
def test_energy_adds_up_by_component_layer_and_phase(network, chip, scheme, settings):
    phase = "training" if scheme else "inference"
    result = archsim.simulate(
        network, archsim.load_architecture(chip, settings), scheme=scheme, phase=phase
    )
    for rows in (result.by_component.values(), result.by_layer, result.by_phase.values()):
        assert sum(row["energy_j"] for row in rows) == near(result.energy_j, rel=1e-9)
    assert sum(row["area_mm2"] for row in result.by_component.values()) == near(
        result.area_mm2, rel=1e-9
    )
    macro, chip_, system = (result.boundaries[name] for name in ("macro", "chip", "system"))
    assert macro["energy_j"] < chip_["energy_j"] < system["energy_j"]
    low, high = result.area_mm2_range
    assert 0 < low < result.area_mm2 < high


def test_retries_are_counted_and_take_time():
    from dataclasses import replace

    from archsim.trace import build_trace

    trace = build_trace(archsim.load_network("lenet1"))
    conv1 = trace.image_operations[0]
    loud = replace(
        trace,
        image_operations=(
            replace(conv1, activity=replace(conv1.activity, retries=0.25)),
            *trace.image_operations[1:],
        ),
    )
    quiet = archsim.simulate(trace, "wu2023")
    result = archsim.simulate(loud, "wu2023")
    extra = 576 // 4
    assert result.tile_operations - quiet.tile_operations == extra
    assert result.cycles - quiet.cycles == pytest.approx(extra * 72, abs=72)
    conversions = [
        sum(row["count"] for row in r.ledger if row["component"] == "adc") for r in (quiet, result)
    ]
    assert conversions[1] - conversions[0] == extra * 64
    bits = [
        sum(row["count"] for row in r.ledger if row["component"] == "interconnect")
        for r in (quiet, result)
    ]
    assert bits[0] == bits[1]  # a repeat reads the tile again, its input is already there
