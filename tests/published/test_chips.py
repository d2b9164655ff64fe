"""Do the descriptions of published chips follow from what their papers state, by one rule for all?"""

import pytest

import archsim
from archsim.validation.chips.facts import read_facts
from archsim.validation.chips.figures import chip_rows, energies_of, left_out, resolution
from archsim.validation.chips.priced import count_core, price_cores
from archsim.validation.chips.rule import array_of, converter_of, describe
from archsim.validation.chips.write import FOLDER, text_of
from archsim.validation.scores import interval_score, score
from hwlib import fits
from hwlib.figures import figure

FACTS = read_facts()
TABLE = [one for one in FACTS.values() if "Shanbhag" in one.source_note]


def test_every_resistive_phase_change_magnetic_and_flash_chip_is_there():
    titles = {one.title for one in TABLE if one.memory != "sram"}
    assert len(titles) == 12
    assert len(FACTS) >= 25
    assert {"neurram", "wu2023", "isaac2016", "le_gallo2023", "khaddam2021"} <= set(FACTS)


@pytest.mark.parametrize("name", FACTS)
def test_the_file_of_a_chip_is_what_the_rule_says_and_runs(name):
    text = (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    assert text == text_of(FACTS[name]), "python -m archsim.validation.chips writes them anew"
    chip = archsim.load_architecture(FOLDER / f"{name}.toml")
    assert chip.node_nm == FACTS[name].node_nm


def test_the_rule_fills_what_is_not_stated():
    mochida = FACTS["mochida2018_40"]
    # 4,000 kbit in a square: 2,024 rows, 16 converters of one bit
    assert array_of(mochida) == (2024, 2024)
    assert converter_of(mochida, mochida.points[0]) == "sense_amplifier"
    assert converter_of(FACTS["yin2020"], FACTS["yin2020"].points[0]) == "adc_column_flash"
    assert converter_of(FACTS["yoon2021"], FACTS["yoon2021"].points[0]) == "adc_column_sar"
    # stated in the title
    assert converter_of(FACTS["khaddam2021"], FACTS["khaddam2021"].points[0]).endswith("oscillator")


def test_the_clock_is_the_one_that_takes_the_published_time():
    # 8 slots of one bit and a conversion in 143 ns
    correll = FACTS["correll2022"]
    assert describe(correll, correll.points[0])["clock_mhz"] == pytest.approx(
        9 / 143 * 1e3, rel=1e-5
    )


def test_an_invocation_drives_its_rows_and_converts_once_a_converter():
    correll = FACTS["correll2022"]
    counted, roles = count_core(correll, correll.points[0])
    times = {(roles[one.number], one.action): one.times for one in counted.actions}
    assert times["adc", "convert"] == 32
    assert times["dac", "convert"] == 256 * 8
    assert times["word_line_driver", "drive"] == 256 * 8 / 4  # half of half are on
    assert times["array", "read"] == 256 * 32 * 8 / 4
    # two columns on each of 1,024 rows: both conduct, one code
    papistas = FACTS["papistas2021"]
    counted, roles = count_core(papistas, papistas.points[0])
    times = {(roles[one.number], one.action): one.times for one in counted.actions}
    assert times["adc", "convert"] == 512
    assert times["array", "read"] == 1024 * 1024 * 7 / 4


def test_parts_add_up_and_lie_in_their_band():
    correll = FACTS["correll2022"]
    price = price_cores([(correll, correll.points[0])])[0]
    assert sum(price.energy_by_part.values()) == pytest.approx(price.energy_pj.value)
    assert sum(price.area_by_part.values()) == pytest.approx(price.parts_mm2.value)
    # a core: 39 % of it is no part
    assert price.area_mm2.value == pytest.approx(price.parts_mm2.value / 0.61)
    for spread in (price.energy_pj, price.area_mm2):
        assert 0 < spread.low <= spread.value <= spread.high


def test_a_chip_that_converters_were_fitted_to_is_priced_without_it():
    before = figure("column_adc_fit.slope_area").value
    own, fitted = (
        {row["name"]: row for row in chip_rows(["neurram"], without_own=without)}
        for without in (True, False)
    )
    # the white space of all cores is this chip's
    assert own.pop("chips.neurram.area")["kind"] == "calibrated"
    assert {row["kind"] for row in own.values()} == {"cross-validated"}
    assert {row["kind"] for row in fitted.values()} == {"calibrated"}
    neurons = "chips.neurram.neurons_area"
    assert own[neurons]["model"] != fitted[neurons]["model"]
    assert figure("column_adc_fit.slope_area").value == before
    assert "yoon2021" not in fits.groups()
    assert {row["kind"] for row in chip_rows(["yoon2021"])} == {"predicted"}


def test_areas_that_a_density_of_one_digit_cannot_say_are_left_out():
    assert resolution(0.01) == pytest.approx(0.5)
    assert resolution(1.94) == pytest.approx(0.005 / 1.94)
    reasons = {left.name: left.reason for left in left_out()}
    assert "half of its last digit is 50%" in reasons["chips.yoon2021.area"]


def test_a_figure_that_a_description_by_hand_has_counts_once():
    assert energies_of(FACTS["wu2023"]) == {}
    assert FACTS["wu2023"].checked_as == "wu2023.tile_energy"


def row(model, low, high, published=1.0):
    return {
        "model": model,
        "published": published,
        "model_range": [low, high],
        "relative_difference": model / published - 1,
        "within": low <= published <= high,
    }


def test_scores_by_hand():
    inside, outside = row(1.5, 0.5, 5.0), row(4.0, 2.0, 20.0)
    assert interval_score(inside) == pytest.approx(1.0)
    # a decade wide, and the truth 0.301 decades below: twice ten times that
    assert interval_score(outside) == pytest.approx(1 + 20 * 0.30103, rel=1e-4)
    both = score([inside, outside])
    assert (both.checks, both.median_error, both.median_factor) == (2, 1.75, 2.75)
    assert (both.coverage, both.median_width) == (0.5, 10.0)
