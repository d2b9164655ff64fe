"""A pipeline keeps the busiest resource busy, so it is not slower than layer by layer: random chips
and the one that showed it.
"""

import pytest

import archsim
from archsim.chip import load_architecture
from archsim.studies import pipelining
from archsim.studies.random_chips import draw


def test_a_pipeline_on_a_small_buffer_is_not_slower():
    # the off-chip channel, the bus and the vector unit share the work: taken together, they left
    # gaps (163,301 against 132,264 cycles)
    settings = {"read.bits_per_slot": 4, "read.all_groups": False, "buffer.capacity_kib": 1.0}
    runs = [
        archsim.simulate(
            "rpu_cnn", load_architecture("wu2023", settings | {"execution.mode": mode}), images=8
        )
        for mode in ("layer_by_layer", "pipelined")
    ]
    serial, pipelined = (result.cycles for result in runs)
    channels = [
        max(row["busy_cycles"] for row in result.resources if row["kind"] == "off_chip")
        for result in runs
    ]
    busiest = channels[1]
    # the maps of images in flight leave the buffer for the channel, which is all that it is slower by
    assert pipelined - serial < channels[1] - channels[0]
    assert busiest <= pipelined < 1.12 * busiest


@pytest.mark.parametrize("number", [352, 949])
def test_a_packed_job_starves_no_other_layer(number):
    # 5 copies on one tile move 160 words of the port, or 125 of the bus, at a time; the layer
    # before needs 8, or 7, for each result and has two places to wait: the vector unit, or the bus
    # up, stood still (9,433 against 8,788 cycles, 25,333 against 24,349)
    pair = pipelining.compare(draw(1, number))
    assert pair.pipelined < pair.serial


@pytest.mark.parametrize("number", range(16))
def test_a_random_chip_is_not_slower_as_a_pipeline(number):
    pair = pipelining.compare(draw(1, number))
    assert not pair.exception, pipelining.described(pair)


@pytest.mark.study
def test_two_thousand_random_chips():
    exceptions = list(pipelining.exceptions(2000, 1))
    told = "\n".join(map(pipelining.described, exceptions))
    print(told)
    assert len(exceptions) <= 20, told
    assert all(pair.excess <= 0.03 for pair in exceptions), told
