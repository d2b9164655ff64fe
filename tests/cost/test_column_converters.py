"""Are converters inside arrays what the published ones of their kind say, with each chip left out in
turn, and never stand-alone silicon?
"""

import csv
import math
from importlib import resources
from statistics import NormalDist

import pytest

from hwlib import InputError, figure, price
from hwlib.bibliography import load_sources
from hwlib.converter_kinds import KINDS
from hwlib.fits import fit, groups
from hwlib.fits.__main__ import documents
from hwlib.fits.converters import fit_converters
from hwlib.fits.population import Observation, deviation_of, mean_of
from hwlib.fits.rows import read_rows
from hwlib.node_levels import supply_voltage
from hwlib.scaling import scaling_factor
from tests.near import near

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


def likeliest(numbers, deviation):
    """Mean of (value, weight, is a bound), where the pulls of all balance: by halving."""
    unit = NormalDist()

    def pull(mean):
        total = 0.0
        for value, weight, bound in numbers:
            z = (value - mean) / deviation
            total += weight * (-unit.pdf(z) / unit.cdf(z) if bound else z)
        return total

    low, high = (end(value for value, _, _ in numbers) for end in (min, max))
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if pull(middle) > 0 else (low, middle)
    return low


def test_a_bound_pulls_a_mean_down_and_never_up():
    assert mean_of(logs(1, math.e), 1.0) == near(0.5)
    # 20 deviations above: says nothing
    far = math.exp(20)
    assert mean_of(logs(1, math.e, far, bounds=(far,)), 1.0) == pytest.approx(0.5, abs=1e-6)
    # one number 0, and a bound where the mean comes to lie: half of the population is below it, on
    # the average sqrt(2 / pi) lower
    half = math.sqrt(2 / math.pi)
    bound = math.exp(-half)
    assert mean_of(logs(1, bound, bounds=(bound,)), 1.0) == pytest.approx(-half, abs=1e-5)


def test_the_spread_is_that_of_numbers_without_bounds():
    assert deviation_of(logs(1, math.e, math.e**2)) == near(1)
    assert deviation_of(logs(1)) > 0


def test_the_area_of_a_sar_is_the_mean_by_hand():
    # fan2022, 950 um2 of 8 bit at 65 nm, and the law of zigzag at 4, 6 and 8 bit with a third of a row
    # each. The family adds NeuRRAM (400 um2, 130 nm, and its whole neuron of 1,270 um2 as two bounds,
    # the one of 3 bit as of 8 bit by 1.147 a bit), TIMELY (310 um2, 65 nm) and the bound of HERMES.
    mixed = {node: scaling_factor("area", node, 28, "analog").value for node in (65, 130)}
    logic = {node: scaling_factor("area", node, 28, "logic").value for node in (14, 65)}
    sar = [
        (950 * mixed[65], 1.0, False),
        (2084.7, 1 / 3, False),
        (617.7 * 1.3**2, 1 / 3, False),
        (183 * 1.3**4, 1 / 3, False),
    ]
    others = [
        (400 * mixed[130], 1 / 3, False),
        (1270 * mixed[130], 1 / 3, True),
        (1270 * 1.147**5 * mixed[130], 1 / 3, True),
        (310 * logic[65], 1.0, False),
        (2477 * logic[14], 1.0, True),
    ]
    sar, others = (
        [(math.log(value), weight, bound) for value, weight, bound in rows]
        for rows in (sar, others)
    )
    exact = [(value, weight) for value, weight, bound in sar + others if not bound]
    weight = sum(one for _, one in exact)
    mean = sum(value * one for value, one in exact) / weight
    square = sum((value - mean) ** 2 * one for value, one in exact)
    deviation = math.sqrt(square / (weight - 1))
    family = likeliest(sar + others, deviation)
    expected = math.exp(likeliest([*sar, (family, 1.0, False)], deviation))
    assert figure("column_adc_fit.sar_area").value == near(expected, rel=1e-4)
    assert 300 < expected < 2500


def test_energy_is_brought_to_the_nominal_supply_and_to_twenty_nanoseconds():
    # Two rows are left: sot2025, 0.763 pJ at 1.1 V and 28 nm in 63.9 ns, and fan2022, 2.386 pJ at 65
    # nm in 49.7 ns. Through two numbers of scatter no slope goes: half. The family lies between them,
    # the kind between its row and the family.
    kept = ("sot2025", "fan2022", "mnsim")
    alone = fit_converters([group for group in groups() if group not in kept])
    assert alone["column_adc_fit.time_exponent"].value == 0.5
    spike = 0.763 * (supply_voltage(28).value / 1.1) ** 2 * math.sqrt(20 / 63.9)
    other = 2.386 * scaling_factor("energy", 65, 28, "analog").value * math.sqrt(20 / 49.7)
    family = math.sqrt(spike * other)
    expected = math.sqrt(spike * family)
    assert alone["column_adc_fit.oscillator_energy"].value == near(expected, rel=1e-9)


def test_a_family_without_rows_is_refused():
    with pytest.raises(InputError, match="no row is left"):
        fit(groups())


def test_no_stand_alone_silicon_is_among_the_rows():
    text = (FOLDER / "fits" / "column_converters.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    sources = load_sources()
    for row in rows:
        assert row["source"] in sources and row["place"].strip() and row["confidence"]
        assert row["source"] not in ("murmann2025", "isaac2016")
    assert len(rows) == len(read_rows()) >= 30


def test_energy_grows_with_the_time_of_a_conversion_by_least_squares():
    # four rows are left, each of a group of its own
    kept = {"fan2022": 2.386, "sot2025": 0.763, "liu2020_rram": 2.492, "memramp": 1.338}
    alone = fit_converters([group for group in groups() if group not in (*kept, "mnsim")])
    analog = {node: scaling_factor("energy", node, 28, "analog").value for node in (65, 130)}
    growth = alone["column_adc_fit.counting_growth"].value
    shape_5b = growth**-3  # memramp, 5 bit, counts
    times = [49.7, 63.9, 42.67, 32]
    energies = [
        2.386 * analog[65],
        0.763 * (supply_voltage(28).value / 1.1) ** 2,
        2.492 * analog[130],
        1.338 / shape_5b,
    ]
    x = [math.log(time / 20) for time in times]
    y = [math.log(energy) for energy in energies]
    middle = sum(x) / 4
    height = sum(y) / 4
    slope = sum((a - middle) * (b - height) for a, b in zip(x, y)) / sum(
        (a - middle) ** 2 for a in x
    )
    expected = min(max(slope, 0.0), 1.0)
    assert alone["column_adc_fit.time_exponent"].value == near(expected)
    assert 0.2 < fit()["column_adc_fit.time_exponent"].value < 0.8


def test_a_converter_of_steps_draws_its_bias_as_long_as_it_converts():
    exponent = figure("column_adc_fit.time_exponent").value
    short, long_ = (
        price("adc_column_sar", {"time_ns": time}, 28).energy["convert"].value for time in (5, 80)
    )
    assert long_ / short == near(16**exponent)
    own = price("adc_column_sar", {}, 28)
    given = price("adc_column_sar", {"time_ns": own.latency["convert"].value * 1e9}, 28)
    assert given.energy["convert"].value == pytest.approx(
        own.energy["convert"].value, rel=1e-9, abs=0
    )


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
    if KINDS[kind].family == "steps":  # as long as the kind takes for three bits
        time = KINDS[kind].time(3) * figure(f"column_adc_fit.{kind}_time").value / 20e-9
        factor *= time ** figure("column_adc_fit.time_exponent").value
    assert priced == near(constant * shape * factor)


def test_published_column_converters_lie_inside_the_range_and_the_stand_alone_ones_above():
    for bits, node, area in ((8, 65, 950), (8, 65, 1941), (8, 32, 1200), (8, 130, 1270)):
        priced = price("adc_column_sar", {"bits": bits}, node)
        assert priced.area.low < area < priced.area.high
        assert priced.area.value == near(area, rel=0.6)
    assert price("adc_sar", {"bits": 8}).area.value > 4 * price("adc_column_sar").area.value


def test_the_bias_of_a_read_amplifier_is_the_mean_by_hand():
    # At 40 nm and nominal supply; 11.94 uW of the spike generator and 89.4 uW of a buffer with its
    # cells are bounds.
    def brought(power, node, supply):
        factor = scaling_factor("energy", node, 40, "analog").value
        return math.log(power * factor * (supply_voltage(node).value / supply) ** 2)

    kind = [
        (brought(0.926, 130, 1.8), 1.0, False),
        (brought(20, 180, 1.8), 1.0, False),
        (brought(5.4, 40, 0.9), 1.0, False),
        (brought(11.94, 28, 1.1), 1.0, True),
    ]
    rows = [
        (brought(0.371, 28, 1.1), 1.0, False),
        (brought(25.5, 28, 0.9), 1.0, False),
        (brought(89.4, 28, 0.9), 1.0, True),
    ]
    exact = [value for value, _, bound in kind + rows if not bound]
    mean = sum(exact) / 5
    deviation = math.sqrt(sum((value - mean) ** 2 for value in exact) / 4)
    family = likeliest(kind + rows, deviation)
    expected = math.exp(likeliest([*kind, (family, 1.0, False)], deviation))
    fitted = figure("column_amplifier_fit.read_amplifier_power")
    assert fitted.value * 1e6 == near(expected, rel=1e-4)
    assert price("read_amplifier", {"slot_ns": 10}).energy["sample"].value == pytest.approx(
        fitted.value * 10e-9,
        rel=1e-9,
        abs=0,  # a picojoule is below the tolerance that approx has by itself
    )


def test_a_narrow_pitch_costs_area():
    # 0.5 um between neighbours: of 2 um 1.5 are left, of 10 um 9.5
    narrow, wide = (
        price("adc_column_sar", {"pitch_um": pitch}, 28).area.value for pitch in (2, 10)
    )
    assert narrow / wide == near((2 / 1.5) / (10 / 9.5))
