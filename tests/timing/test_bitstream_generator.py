"""A shared block of bit-stream generators is a queue: tiles wait for it; a generator a line never
makes them wait.
"""

import pytest

import archsim
from tests.near import near


def run(sharing, bits=64):
    chip = archsim.load_architecture(
        "cim40", {"bitstream.sharing": sharing, "bitstream.bits_per_cycle": bits}
    )
    return archsim.simulate("rpu_cnn", chip, scheme="rpu", phase="training")


def update_cycles(result, layer):
    return next(
        row["cycles"]
        for row in result.by_layer
        if (row["layer"], row["phase"]) == (layer, "update")
    )


def test_generators_a_line_are_never_a_resource():
    result = run("line")
    assert "bitstream_generator" not in {row["name"] for row in result.resources}
    # w3: one update of 2 phases x 10 slots, and the way to the tiles
    assert update_cycles(result, "w3") < 100


@pytest.mark.parametrize("bits", [1, 8])
def test_a_slow_shared_block_sets_the_pace(bits):
    result = run("chip", bits)
    # k1 on one 128x128 tile: 25 rows and 16 weight columns, 10 bits each, for each of 576 positions
    each = -(-(25 + 16) * 10 // bits)
    # its biases, words beside the arrays, are updated after it
    assert update_cycles(result, "k1") == near(576 * each, rel=0.03)
    generator = next(row for row in result.resources if row["name"] == "bitstream_generator")
    assert generator["busy_cycles"] + generator["idle_cycles"] == result.cycles
    assert result.by_component["bitstream_generator"]["count"] == bits


def test_a_fast_shared_block_costs_no_time_and_little_area():
    line = run("line")
    chip = run("chip", 2048)
    assert chip.cycles <= line.cycles * 1.01
    bits = [
        sum(row["count"] for row in r.ledger if row["component"] == "bitstream_generator")
        for r in (line, chip)
    ]
    assert bits[0] == bits[1]
    assert (
        run("chip", 64).by_component["bitstream_generator"]["area_mm2"]
        < line.by_component["bitstream_generator"]["area_mm2"] / 10
    )
