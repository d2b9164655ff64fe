"""Do the descriptions of published chips follow from what their papers state, by one rule for all?"""

import pytest

import archsim
from archsim.chip.built import build_chip
from archsim.trace import build_trace
from archsim.validation.chips.census import price_cores_again, read_cores, unstated, white_space
from archsim.validation.chips.choices import (
    array_of,
    below_laws,
    cells_of_a_place,
    content_supply,
    conversion_ns,
    converter_of,
    cycles_of,
    lines_together,
    rows_on_line,
    shifted_lines,
    slot_cycles,
    turns_of,
    written_columns,
)
from archsim.validation.chips.facts import read_facts
from archsim.validation.chips.figures import chip_rows, left_out
from archsim.validation.chips.priced import count_core, price_cores
from archsim.validation.chips.published import energies_of, resolution
from archsim.validation.chips.rule import describe
from archsim.validation.chips.scatter import kind_of
from archsim.validation.chips.write import FOLDER, text_of, text_of_calibrated
from archsim.validation.scores import interval_score, score
from archsim.validation.workloads import one_matrix
from hwlib import fits, price
from hwlib.figures import figure
from tests.near import near

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


def test_blocks_of_a_paper_are_in_the_calibrated_description_alone():
    facts = FACTS["neurram"]
    text = (FOLDER / "neurram_calibrated.toml").read_text(encoding="utf-8")
    assert text == text_of_calibrated(facts)
    chip = archsim.load_architecture(FOLDER / "neurram_calibrated.toml")
    parts = build_chip(build_trace(one_matrix(256, 256)), chip).parts
    area = {
        part.name: price(part.part, dict(part.parameters), 130).area.value * part.count * 1e-6
        for part in parts
    }
    # 256 neurons of 1,270 um2, 768 lines of 318 um2, cells of 2.125 um2: 61 % of 1.161 mm2
    assert area["adc"] == near(0.28 * 1.161, rel=0.001)
    assert area["word_line_driver"] + area["write_driver"] == near(0.2442, rel=0.001)
    assert area["array"] == near(0.12 * 1.161, rel=0.001)
    predicted = describe(facts, facts.points[0])["components"]
    assert not any("neurram" in entry["part"] for entry in predicted.values())


@pytest.mark.parametrize(
    ("name", "area_mm2", "energy_pj"),
    [
        # 2.66 nJ over eight groups of columns; its area is not published
        ("wu2023", None, 2660 / 8),
        # 131,072 operations of two: 1.59 TOPS/mm2 and 10.5 TOPS/W in 130 ns
        ("khaddam2021", 131072 / 130 / 1.59 * 1e-3, 131072 / 10.5),
        # 8 crossbars of an in-situ unit: 0.0131 mm2; 24.1 mW in 100 ns, of which these items
        ("isaac2016", 0.0131, 8 * 301),
    ],
)
def test_a_chip_with_its_own_blocks_is_that_of_its_paper(name, area_mm2, energy_pj):
    facts = FACTS[name]
    chip = archsim.load_architecture(FOLDER / f"{name}_calibrated.toml")
    outputs = facts.points[0].conversions or facts.converters
    tiles = 8 if name == "isaac2016" else 1
    chip = archsim.load_architecture(chip, {"tile.count": tiles})
    network = one_matrix(chip.tile.rows, outputs)
    core = archsim.simulate(network, chip).boundaries["macro"]
    assert core["energy_j"] * 1e12 * tiles == near(energy_pj, rel=0.03)
    if area_mm2 is not None:
        assert core["area_mm2"] == near(area_mm2, rel=0.03)
    # no prediction uses them
    own = {entry.part for entry in facts.own_parts.values()} - {"cell_1t1r"}
    for point in facts.points:
        used = {entry["part"] for entry in describe(facts, point)["components"].values()}
        assert not used & own


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
    # 8 slots of one bit and a conversion in 143 ns; one slot and 2^2 counts on one side of zero
    neurram = FACTS["neurram"]
    assert describe(neurram, neurram.points[0])["clock_mhz"] == near(5 / 1482 * 1e3, rel=1e-5)
    correll = FACTS["correll2022"]
    assert describe(correll, correll.points[0])["clock_mhz"] == near(9 / 143 * 1e3, rel=1e-5)


def test_an_invocation_drives_its_rows_and_converts_once_a_converter():
    correll = FACTS["correll2022"]
    counted, roles = count_core(correll, correll.points[0])
    times = {(roles[one.number], one.action): one.times for one in counted.actions}
    assert times["adc", "convert"] == 32
    assert times["dac", "convert"] == 256 * 8
    # half of the inputs are not zero, and of these 128 of 255 values of a bit are ones
    ones = 0.5 * 128 / 255
    assert times["word_line_driver", "drive"] == near(256 * 8 * ones)
    assert times["array", "read"] == near(256 * 32 * 8 * ones)
    # two columns on each of 1,024 rows: both conduct, one code
    papistas = FACTS["papistas2021"]
    counted, roles = count_core(papistas, papistas.points[0])
    times = {(roles[one.number], one.action): one.times for one in counted.actions}
    assert times["adc", "convert"] == 512
    assert times["array", "read"] == near(1024 * 1024 * 7 * 0.5 * 64 / 127)
    # one bit that is not zero is one
    yin = FACTS["yin2021"]
    counted, roles = count_core(yin, yin.points[0])
    times = {(roles[one.number], one.action): one.times for one in counted.actions}
    assert times["array", "read"] == 256 * 128 / 2


def test_lines_shorter_than_a_column_work_beside_one_another():
    # 1,024 rows on lines of 128, 256 converters on 128 columns: two lines of each column, 64 rows each
    wu = FACTS["wu2022"]
    (point,) = wu.points
    assert (rows_on_line(wu), lines_together(wu, point)) == (128, 2)
    array = describe(wu, point)["components"]["array"]
    assert array["parameters"]["line_rows"] == 128 / 64
    counted, roles = count_core(wu, point)
    times = {(roles[one.number], one.action): one.times for one in counted.actions}
    ones = 0.5 * 2 / 3  # of two bits, half of the inputs not zero
    assert times["array", "read"] == near(64 * 256 * 2 * ones)
    assert times["word_line_driver", "drive"] == near(2 * 64 * 2 * ones)
    # a line as long as its column: one, whatever the converters take
    assert lines_together(FACTS["choi2023"], FACTS["choi2023"].points[0]) == 1


def test_a_supply_below_the_laws_is_charge_that_goes_on_as_its_square():
    facts = FACTS["jiang2018"]
    nominal, low = facts.points
    # 0.6 V where laws of 65 nm end at 0.825 V
    assert below_laws(facts, nominal) == 1.0
    assert below_laws(facts, low) == near(0.6 / 0.825)
    times = []
    for point in (nominal, low):
        counted, roles = count_core(facts, point)
        drives = {roles[one.number]: one.times for one in counted.actions if one.action == "drive"}
        times.append(drives["word_line_driver"])
    assert times[1] / times[0] == near((0.6 / 0.825) ** 2)
    # what is drawn as a current is drawn from the supply itself
    assert content_supply(FACTS["guo2021"], FACTS["guo2021"].points[0]) == 0.75
    assert below_laws(FACTS["liu2020"], FACTS["liu2020"].points[0]) == 1.0


def test_a_core_has_the_cells_that_it_states():
    # 16 kbit where 64 rows cross 32 columns of ten transistors; a cell of seventeen holds two bits
    assert cells_of_a_place(FACTS["wang2024"]) == 8
    assert {name for name, one in FACTS.items() if cells_of_a_place(one) > 1} == {"wang2024"}
    (point,) = FACTS["wang2024"].points
    assert describe(FACTS["wang2024"], point)["components"]["array"]["count"] == 8


def test_columns_that_share_a_converter_share_its_way_for_writes():
    # 8 converters on 8 of 256 columns each: 64 bit and 64 source lines, four ways to select on both
    macro = FACTS["spetalnick2022"]
    assert written_columns(macro) == 64
    assert shifted_lines(macro) == 256 + 2 * (64 + 4)
    parts = describe(macro, macro.points[0])["components"]
    assert parts["write_driver"]["count"] * 256 == near(2 * 64)
    assert parts["level_shifter"]["count"] * (256 + 256) == near(256 + 2 * (64 + 4))
    # a converter a column: both lines of each, and nothing to select
    assert shifted_lines(FACTS["neurram"]) == 256 + 2 * 256
    # a pair of columns on a converter is read, and written, together
    assert written_columns(FACTS["li2025"]) == 1024


def read_chip(facts):
    return archsim.load_architecture(FOLDER / f"{facts.name}.toml")


def test_columns_that_nothing_holds_conduct_in_turn():
    tempo, isaac = FACTS["jiang2023"], FACTS["isaac2016"]
    assert turns_of(tempo, tempo.points[0]) == 4  # 64 columns on 16 neurons
    # four slots and a conversion a turn
    assert cycles_of(tempo, tempo.points[0]) == 4 * 5
    assert conversion_ns(tempo, tempo.points[0]) == near(1584.5 / 4 / 5)
    # a sample and hold a column: 128 of them in 100 ns, the 1.28 GS/s of its table
    assert cycles_of(isaac, isaac.points[0]) == slot_cycles(isaac, isaac.points[0]) == 128
    assert conversion_ns(isaac, isaac.points[0]) == near(1 / 1.28)
    counted, roles = count_core(tempo, tempo.points[0])
    times = {(roles[one.number], one.action): one.times for one in counted.actions}
    # each cell in the four slots of its turn, and the rows in all of them
    assert times["array", "read"] == near(64 * 64 * 4 * 0.5 * 8 / 15)
    assert times["dac", "convert"] == 64 * 4 * 4
    assert read_chip(tempo).clock_mhz == near(20 / 1584.5 * 1e3, rel=1e-5)
    assert read_chip(tempo).read.front_end == "shared"
    assert read_chip(isaac).read.front_end == "per_column" and read_chip(isaac).read.overlap


def test_a_study_is_compared_with_the_lines_of_its_table():
    rows = {row["name"]: row for row in chip_rows(["isaac2016"], draws=5)}
    core = price_cores([(FACTS["isaac2016"], FACTS["isaac2016"].points[0])], 5)[0]
    beyond = FACTS["isaac2016"].not_in_table
    assert {"level_shifter", "write_driver"} <= set(beyond) <= set(core.area_by_part)
    left = sum(one for role, one in core.area_by_part.items() if role not in beyond)
    # without its own row of the fit
    assert rows["chips.isaac2016.area"]["model"] == near(left, rel=0.02)
    assert left < core.parts_mm2.value / 3


def test_parts_add_up_and_lie_in_their_band():
    correll = FACTS["correll2022"]
    price = price_cores([(correll, correll.points[0])])[0]
    assert sum(price.energy_by_part.values()) == near(price.energy_pj.value)
    assert sum(price.area_by_part.values()) == near(price.parts_mm2.value)
    for spread in (price.energy_pj, price.parts_mm2):
        assert 0 < spread.low <= spread.value <= spread.high


def test_a_chip_that_converters_were_fitted_to_is_priced_without_it():
    before = figure("column_adc_fit.slope_area").value
    own, fitted = (
        {row["name"]: row for row in chip_rows(["neurram"], without_own=without, draws=5)}
        for without in (True, False)
    )
    assert {row["kind"] for row in own.values()} == {"cross-validated"}
    assert {row["kind"] for row in fitted.values()} == {"calibrated"}
    neurons = "chips.neurram.neurons_area"
    assert own[neurons]["model"] != fitted[neurons]["model"]
    assert figure("column_adc_fit.slope_area").value == before
    assert "jiang2023" not in fits.groups()
    assert FACTS["jiang2023"].group not in fits.groups()
    assert {row["kind"] for row in chip_rows(["jiang2023"], draws=5)} == {"predicted"}


@pytest.mark.parametrize("name", ("neurram", "si2020", "mochida2018_40"))
def test_stored_cores_are_those_of_the_library(name):
    stored = [core for core in read_cores() if core.chip == name]
    again = price_cores_again([name])
    assert len(stored) == len(again) > 0
    for old, new in zip(stored, again):
        assert old == new, "python -m archsim.validation.chips writes them anew"


def test_a_core_is_predicted_with_the_white_space_of_the_others():
    areas = [core for core in read_cores() if core.quantity == "area"]
    assert len(areas) >= 30
    (row,) = (row for row in chip_rows(["si2019"], draws=5) if row["name"].endswith("area"))
    (own,) = (core for core in areas if core.chip == "si2019")
    share = white_space(["si2019"])
    assert row["model"] == near(own.parts / (1 - share.value), rel=1e-4)
    assert row["model_range"][1] == near(own.parts / (1 - share.high), rel=1e-4)
    assert share != white_space()
    # the figure of the library is that of all cores
    printed = figure("die.core_white_space")
    assert printed.value == pytest.approx(white_space().value, abs=5e-4)
    assert printed.high == pytest.approx(white_space().high, abs=5e-4)


def test_bands_of_energies_hold_most_of_the_other_cores():
    energies = [core for core in read_cores() if core.quantity == "energy"]
    bands = {kind: unstated(kind) for kind in ("programmed", "charge", "current")}
    inside = 0
    for core in energies:
        below, above = bands[kind_of(FACTS[core.chip])]
        inside += below <= core.published / core.parts <= above
    assert 0.8 < inside / len(energies) <= 1
    assert len({core.group for core in energies}) > 25
    # cells that share charges are narrowest: their capacitors are all that is unknown
    wide = {kind: above / below for kind, (below, above) in bands.items()}
    assert wide["charge"] < wide["current"] and wide["charge"] < wide["programmed"]
    # without a group, another band
    assert unstated("charge", ["valavi2018"]) != bands["charge"]


def test_areas_that_a_density_of_one_digit_cannot_say_are_left_out():
    assert resolution(0.01) == near(0.5)
    assert resolution(1.94) == near(0.005 / 1.94)
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
    assert interval_score(inside) == near(1.0)
    # a decade wide, and the truth 0.301 decades below: twice ten times that
    assert interval_score(outside) == near(1 + 20 * 0.30103, rel=1e-4)
    both = score([inside, outside])
    assert (both.checks, both.median_error, both.median_factor) == (2, 1.75, 2.75)
    assert (both.coverage, both.median_width) == (0.5, 10.0)
