"""Are converters inside arrays what the published ones of their kind say, with each chip left out in
turn, and never stand-alone silicon?
"""

import csv
import math
from importlib import resources

import pytest

import archsim
from hwlib import InputError, figure, price
from hwlib.bibliography import load_sources
from hwlib.converter_kinds import KINDS
from hwlib.fits import fit, groups, without
from hwlib.fits.__main__ import documents
from hwlib.fits.medians import Observation, median, quantile
from hwlib.fits.rows import read_rows
from hwlib.scaling import scaling_factor, supply_voltage

FOLDER = resources.files("hwlib")
PARTS = {
    "sar": "adc_column_sar",
    "charge_sharing": "adc_column_charge_sharing",
    "slope": "adc_column_slope",
    "oscillator": "adc_column_oscillator",
    "flash": "adc_column_flash",
    "sense_amplifier": "sense_amplifier",
}


def logs(*values, bounds=()):
    return [Observation(math.log(value), 1.0, value in bounds, str(value)) for value in values]


def test_the_figures_of_the_library_are_the_fit_of_the_rows():
    for file, text in documents().items():
        assert (FOLDER / "figures" / file).read_text(encoding="utf-8") == text


def test_a_bound_pulls_a_median_down_and_never_up():
    assert math.exp(median(logs(1, 2, 9))) == pytest.approx(2)
    # 9 is an upper bound: 1 and 2 alone deviate alike anywhere between them
    assert math.exp(median(logs(1, 2, 9, bounds=(9,)))) == pytest.approx(math.sqrt(2))
    # both bounds lie below 8, which deviates once: 1 is exceeded by as much as 8 is missed
    assert math.exp(median(logs(1, 2, 8, bounds=(1, 2)))) == pytest.approx(math.sqrt(2))


def test_quantiles_stand_in_the_middle_of_their_weight():
    # three of weight 1: middles at 1/6, 1/2 and 5/6 of the weight
    assert quantile(logs(1, math.e, math.e**2), 0.5) == pytest.approx(1)
    assert quantile(logs(1, math.e, math.e**2), 1 / 3) == pytest.approx(0.5)
    assert quantile(logs(1, math.e, math.e**2), 0.05) == 0
    assert quantile(logs(1, math.e, math.e**2), 0.95) == pytest.approx(2)


def test_the_area_of_a_sar_is_the_median_by_hand():
    # Two groups: fan2022, 950 um2 of 8 bit at 65 nm, and the law of zigzag at 4, 6 and 8 bit with a
    # third of a row each. The family adds NeuRRAM (400 um2, 130 nm) and TIMELY (310 um2, 65 nm) to
    # its median, which is one row more of the kind.
    mixed = {node: scaling_factor("area", node, 28, "analog").value for node in (65, 130)}
    logic = scaling_factor("area", 65, 28, "logic").value
    sar = [(950 * mixed[65], 1.0), (2084.7, 1 / 3), (617.7 * 1.3**2, 1 / 3), (183 * 1.3**4, 1 / 3)]
    others = [(400 * mixed[130], 1.0), (310 * logic, 1.0)]

    def middle(rows):
        cost = {
            at: sum(weight * abs(math.log(at / value)) for value, weight in rows) for at, _ in rows
        }
        best = sorted(at for at, value in cost.items() if value < min(cost.values()) + 1e-9)
        return math.sqrt(best[0] * best[-1])

    family = middle(sar + others)
    expected = middle([*sar, (family, 1.0)])
    assert figure("column_adc_fit.sar_area").value == pytest.approx(expected, rel=1e-5)
    assert 300 < expected < 2500


def test_energy_is_brought_to_the_nominal_supply():
    # Two rows are left: sot2025, 0.763 pJ at 1.1 V and 28 nm, and fan2022, 2.386 pJ at 65 nm. The
    # family lies between them, the kind between its row and the family.
    kept = ("sot2025", "fan2022", "mnsim")
    alone = fit([group for group in groups() if group not in kept])
    spike = 0.763 * (supply_voltage(28).value / 1.1) ** 2
    other = 2.386 * scaling_factor("energy", 65, 28, "analog").value
    family = math.sqrt(spike * other)
    expected = math.sqrt(spike * family)
    assert alone["column_adc_fit.oscillator_energy"].value == pytest.approx(expected)


def test_a_family_without_rows_is_refused():
    with pytest.raises(InputError, match="no row is left"):
        fit(groups())


def test_a_law_without_a_chip_has_not_seen_it():
    seen = fit()
    for group in groups():
        left = fit([group])
        assert set(left) == set(seen)
        assert all(group not in one.groups for one in left.values())
        assert all(0 < one.low <= one.value <= one.high < math.inf for one in left.values())
    assert fit(["yao2024"])["column_adc_fit.sar_energy"] != seen["column_adc_fit.sar_energy"]
    with pytest.raises(InputError, match="did you mean 'yao2024'"):
        fit(["yao2023"])


def test_prices_without_a_chip_hold_while_they_are_asked_for():
    before = price("adc_column_sar", {"bits": 8}, 28).energy["convert"].value
    with without(["yao2024", "li2025"]) as fitted:
        held = price("adc_column_sar", {"bits": 8}, 28).energy["convert"].value
        expected = fitted["column_adc_fit.sar_energy"].value
        assert held == pytest.approx(expected * 1e-12) and held < before
    assert price("adc_column_sar", {"bits": 8}, 28).energy["convert"].value == before


def test_a_run_without_a_chip_is_priced_without_it():
    changes = {"components.adc.part": "adc_column_sar"}
    changes["components.adc.parameters"] = {"bits": "=read.adc_bits"}
    chip = archsim.load_architecture("cim40", changes)

    def energy():
        return archsim.simulate("digits_cnn", chip, timing=False).document["energy_j"]

    before = energy()
    with without(["yao2024", "li2025"]):
        assert energy() < before
    assert energy() == before


def test_no_stand_alone_silicon_is_among_the_rows():
    text = (FOLDER / "fits" / "column_converters.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    sources = load_sources()
    for row in rows:
        assert row["source"] in sources and row["place"].strip() and row["confidence"]
        assert row["source"] not in ("murmann2025", "isaac2016")
    assert len(rows) == len(read_rows()) >= 30


def test_the_slope_on_the_rate_is_negative_and_therefore_left_out():
    rows = [r for r in read_rows() if r.kind == "sar" and r.energy_pj and r.bits == 8]
    rate = [-math.log(r.time_ns) for r in rows]
    energy = [
        math.log(r.energy_pj * scaling_factor("energy", r.node_nm, 28, "analog").value)
        for r in rows
    ]
    mean = sum(rate) / len(rate)
    assert sum((x - mean) * y for x, y in zip(rate, energy)) < 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_of_a_kind_is_priced_at_its_own_node_as_it_was_fitted(kind):
    # the law at the row's node and bits is the constant of the fit times what brings the row to it
    part = PARTS[kind]
    constant = figure(f"column_adc_fit.{kind}_energy").value
    priced = price(part, {"bits": 3}, 65).energy["convert"].value
    factor = scaling_factor("energy", 28, 65, KINDS[kind].scaling).value
    growth = figure("column_adc_fit.counting_growth").value
    shape = {
        "sar": (3 + 1e-5 * 64) / (8 + 1e-5 * 65536),
        "charge_sharing": (3 + 1e-5 * 64) / (8 + 1e-5 * 65536),
        "slope": growth**-5,
        "oscillator": growth**-5,
        "flash": 7,
        "sense_amplifier": 7,
    }[kind]
    assert priced == pytest.approx(constant * shape * factor)


def test_published_column_converters_lie_inside_the_range_and_the_stand_alone_ones_above():
    for bits, node, area in ((8, 65, 950), (8, 65, 1941), (8, 32, 1200), (8, 130, 1270)):
        priced = price("adc_column_sar", {"bits": bits}, node)
        assert priced.area.low < area < priced.area.high
        assert priced.area.value == pytest.approx(area, rel=0.6)
    assert price("adc_sar", {"bits": 8}).area.value > 4 * price("adc_column_sar").area.value


def test_the_bias_of_a_read_amplifier_is_the_median_by_hand():
    # At 40 nm and nominal supply; NeuRRAM's integrator lies below, 11.94 uW of the spike generator
    # is a bound above.
    def brought(power, node, supply):
        factor = scaling_factor("energy", node, 40, "analog").value
        return power * factor * (supply_voltage(node).value / supply) ** 2

    integrator = brought(0.926, 130, 1.8)
    amplifier, clamp = brought(20, 180, 1.8), brought(5.4, 40, 0.9)
    rows = brought(0.371, 28, 1.1), brought(25.5, 28, 0.9)
    # without bounds the family is 0.15, 0.37, 6.2, 8.1, 33: its median is one row more of the kind
    family = sorted((integrator, amplifier, clamp, *rows))[2]
    kind = sorted((integrator, amplifier, clamp, family))
    expected = math.sqrt(kind[1] * kind[2])
    fitted = figure("column_amplifier_fit.read_amplifier_power")
    assert fitted.value * 1e6 == pytest.approx(expected, rel=1e-4)
    assert price("read_amplifier", {"slot_ns": 10}).energy["sample"].value == pytest.approx(
        fitted.value * 10e-9
    )


def test_a_narrow_pitch_costs_area():
    # 0.5 um between neighbours: of 2 um 1.5 are left, of 10 um 9.5
    narrow, wide = (
        price("adc_column_sar", {"pitch_um": pitch}, 28).area.value for pitch in (2, 10)
    )
    assert narrow / wide == pytest.approx((2 / 1.5) / (10 / 9.5))
