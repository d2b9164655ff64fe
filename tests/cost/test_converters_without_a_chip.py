"""Is a law of converters without one chip as if that chip had never been measured?"""

import math

import pytest

import archsim
from hwlib import InputError, price
from hwlib.fits import fit, groups, without
from tests.near import near


def test_a_law_without_a_chip_has_not_seen_it():
    seen = fit()
    for group in groups():
        left = fit([group])
        assert set(left) == set(seen)
        assert all(group not in one.groups for one in left.values())
        assert all(0 <= one.low <= one.value <= one.high < math.inf for one in left.values())
    assert fit(["yao2024"])["column_adc_fit.sar_energy"] != seen["column_adc_fit.sar_energy"]
    with pytest.raises(InputError, match="did you mean 'yao2024'"):
        fit(["yao2023"])


def test_prices_without_a_chip_hold_while_they_are_asked_for():
    before = price("adc_column_sar", {"bits": 8}, 28).energy["convert"].value
    with without(["yao2024", "fan2022"]) as fitted:
        held = price("adc_column_sar", {"bits": 8}, 28).energy["convert"].value
        time = 8 * fitted["column_adc_fit.sar_time"].value / 20
        expected = fitted["column_adc_fit.sar_energy"].value
        expected *= time ** fitted["column_adc_fit.time_exponent"].value
        assert held == near(expected * 1e-12) and held != before
    assert price("adc_column_sar", {"bits": 8}, 28).energy["convert"].value == before


def test_a_run_without_a_chip_is_priced_without_it():
    changes = {"components.adc.part": "adc_column_sar"}
    changes["components.adc.parameters"] = {"bits": "=read.adc_bits"}
    chip = archsim.load_architecture("cim40", changes)

    def energy():
        return archsim.simulate("digits_cnn", chip, timing=False).document["energy_j"]

    before = energy()
    with without(["yao2024", "fan2022"]):
        assert energy() != before
    assert energy() == before
