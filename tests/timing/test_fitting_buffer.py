"""Does a buffer that is grown to fit hold all, and is it paid for?"""

import pytest

import archsim
from hwlib.errors import InputError


def step(**changes):
    chip = archsim.load_architecture("cim40", {f"buffer.{k}": v for k, v in changes.items()})
    return archsim.simulate(
        "rpu_cnn", chip, scheme="mixed_precision", phase="training", batch=8, timing=False
    )


def test_nothing_spills_and_the_larger_buffer_is_priced():
    small = step(capacity_kib=64.0)
    grown = step(capacity_kib=64.0, fit=True)
    assert small.memory["state_off_chip"] > 0 and small.memory["maps_off_chip"] > 0
    assert grown.memory["state_off_chip"] == grown.memory["maps_off_chip"] == 0
    needed = grown.memory["needed_kib"]
    assert grown.settings["buffer"]["capacity_kib"] == grown.memory["buffer_kib"]
    assert needed <= grown.memory["buffer_kib"] < needed + 1
    assert grown.area_mm2 > small.area_mm2
    # what was read off chip is read from the buffer: dearer on the chip, cheaper with the memory
    assert grown.energy_j > small.energy_j
    assert grown.boundaries["system"]["energy_j"] < small.boundaries["system"]["energy_j"]


def test_a_buffer_given_as_large_is_the_same_chip():
    grown = step(capacity_kib=64.0, fit=True)
    given = step(capacity_kib=grown.memory["buffer_kib"])
    assert (given.area_mm2, given.energy_j) == (grown.area_mm2, grown.energy_j)


def test_where_all_fits_the_setting_is_not_used():
    large = step(capacity_kib=4096.0, fit=True)
    assert large.memory["buffer_kib"] == 4096.0 and "buffer.fit" in large.unused


def test_a_buffer_that_costs_nothing_is_not_grown():
    chip = archsim.load_architecture("isaac32", {"buffer.fit": True})
    with pytest.raises(InputError, match="no part of the chip grows with its buffer"):
        archsim.simulate("rpu_cnn", chip, timing=False)
