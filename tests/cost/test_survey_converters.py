"""Are the figures of converters those of the survey that they rest on?"""

import csv
import itertools
import math
from importlib import resources

import numpy as np
import pytest

from hwlib import figure, price
from tests.near import near


def inside(quantity, number):
    return quantity.low <= number <= quantity.high


# SAR converter


def survey():
    text = (resources.files("hwlib") / "figures" / "adc_survey.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def median_fit(terms, logs):
    """Exact least absolute deviations: an optimum passes through as many rows as there are terms."""
    best = math.inf
    coefficients = None
    for chosen in itertools.combinations(range(len(logs)), terms.shape[1]):
        square = terms[list(chosen)]
        if abs(np.linalg.det(square)) < 1e-9:
            continue
        trial = np.linalg.solve(square, logs[list(chosen)])
        loss = np.abs(logs - terms @ trial).sum()
        if loss < best:
            best = loss
            coefficients = trial
    return coefficients


def fit(rows):
    bits = np.array([float(row["enob_bits"]) - 7 for row in rows])
    rate = np.log([float(row["rate_msps"]) / 100 for row in rows])
    energy, area = (np.log([float(row[key]) for row in rows]) for key in ("energy_pj", "area_um2"))
    ones = np.ones_like(bits)
    by_energy = np.stack([ones, bits, rate], axis=1)
    by_area = np.stack([ones, bits], axis=1)
    e = median_fit(by_energy, energy)
    a = median_fit(by_area, area)
    return e, a, energy - by_energy @ e, area - by_area @ a


def agrees(name, value, low, high):
    entry = figure(name)
    unit = entry.raw / entry.value
    assert (entry.raw, entry.low * unit, entry.high * unit) == near((value, low, high), rel=1e-5)


def test_sar_figures_are_the_fit_of_the_survey_rows():
    rows = survey()
    e, a, energy_rest, area_rest = fit(rows)
    agrees(
        "adc_sar.energy_7", *np.exp(e[0] + np.array([0, *np.quantile(energy_rest, [0.25, 0.75])]))
    )
    agrees(
        "adc_sar.area_7",
        *np.exp(a[0] + np.array([0, area_rest.min(), np.quantile(area_rest, 0.75)])),
    )
    without_one = [fit(rows[:i] + rows[i + 1 :])[:2] for i in range(len(rows))]
    for name, of in (
        ("energy_growth", lambda e, a: math.exp(e[1])),
        ("rate_exponent", lambda e, a: e[2]),
        ("area_growth", lambda e, a: math.exp(a[1])),
    ):
        agrees(
            f"adc_sar.{name}",
            of(e, a),
            *np.quantile([of(*one) for one in without_one], [0.25, 0.75]),
        )


def test_area_slope_on_the_rate_is_negative_and_therefore_left_out():
    rows = survey()
    terms = np.array(
        [[1, float(r["enob_bits"]) - 7, math.log(float(r["rate_msps"]) / 100)] for r in rows]
    )
    assert median_fit(terms, np.log([float(r["area_um2"]) for r in rows]))[2] < 0


@pytest.mark.parametrize(
    "bits, rate, area, energy", [(6, 1000, 580, 1.26), (8, 1100, 1650, 3.64), (8, 24.6, 5800, 2.22)]
)
def test_compact_converters_of_the_survey_lie_inside_the_range(bits, rate, area, energy):
    priced = price("adc_sar", {"bits": bits, "rate_msps": rate})
    assert inside(priced.area, area)
    assert inside(priced.energy["convert"], energy * 1e-12)
    assert priced.latency["convert"].value == near(1e-6 / rate)


def test_ramp_converter_shares_its_ramp():
    alone = price("adc_ramp", {"columns": 1})
    shared = price("adc_ramp", {"columns": 128})
    assert (
        shared.area.value < alone.area.value
        and shared.energy["convert"].value < alone.energy["convert"].value
    )
    assert shared.latency["convert"].value == near(256e-9)
    bias = figure("adc_ramp.comparator_bias").value * 256e-9
    assert bias < shared.energy["convert"].value < 3 * bias
