"""Is one file all that a part takes: its law and figures in it, and nothing else touched?"""

import copy
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import hwlib
from hwlib import PARTS, InputError, figure, price
from hwlib.declared_part import parse_part
from hwlib.part_documents import read_part_documents
from tests.members import every
from tests.near import near

ROOT = Path(hwlib.__file__).parents[1]
DOCUMENTS = read_part_documents()
FLASH = DOCUMENTS["adc_flash.toml"]

TOML = """
bibtex = '''
@misc{tester2026,
  title = {A part of this test},
  author = {T. Tester},
  year = {2026}
}
'''
[part]
name = "latch"
title = "Latch"
group = "array"
scaling = "analog"
description = "A latch."
[parameters.bits]
default = 4
low = 1
high = 8
integer = true
monotone = true
[actions]
hold = "one bit held"
[laws]
area = "bits * cell"
leakage = "bits * cell * logic.leakage_density"
energy.hold = "bits * 1e-15"
[figures.cell]
value = 2.0
low = 1.0
high = 4.0
unit = "um2"
kind = "assumed"
source = "tester2026"
place = "Table 1"
"""
PYTHON = """
from hwlib import Parameter, Part, derive, figure, register

@register
class Latch(Part):
    "A latch."
    name = "latch"
    title = "Latch"
    group = "array"
    parameters = (Parameter("bits", 4, 1, 8, "bit", integer=True, monotone=True),)
    actions = {"hold": "one bit held"}
    bits: int

    def area(self):
        return derive("two gates a bit", "um2", lambda gate: 2 * self.bits * gate, figure("logic.nand2_area"))

    leakage = area

    def energy(self, action):
        return self.area()
"""
ASK = """
import hwlib
priced = hwlib.price("latch", {"bits": 8})
entry = next(part for part in hwlib.load_catalogue().parts if part.name == "latch")
print(priced.area.value, sorted(entry.figures), "tester2026" in hwlib.load_sources())
"""


ASK_TWICE = """
import sys
import hwlib.errors
print("hwlib.part" in sys.modules)
for _ in range(2):
    try:
        hwlib.price("dac")
    except hwlib.errors.InputError as fault:
        print(fault)
"""


def answer_with(tmp_path, name, text, ask=ASK):
    """What a copy of the library says of the part `latch` once the file lies in its folder."""
    shutil.copytree(ROOT / "hwlib", tmp_path / "hwlib", ignore=shutil.ignore_patterns("*.pyc"))
    (tmp_path / "hwlib" / "parts" / name).write_text(text)
    done = subprocess.run(
        [sys.executable, "-c", ask],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def test_a_toml_file_brings_its_law_its_figures_and_its_source(tmp_path):
    # 8 bits of 2 um2
    said = answer_with(tmp_path, "latch.toml", TOML)
    assert said == "16.0 ['latch.cell', 'logic.leakage_density'] True"


def test_a_module_brings_its_law_on_figures_of_the_library(tmp_path):
    said = answer_with(tmp_path, "latch.py", PYTHON)
    # 8 bits of two gates
    assert said == f"{16 * figure('logic.nand2_area').value} ['logic.nand2_area'] False"


def test_a_broken_file_is_named_when_a_price_is_asked_for_and_not_before(tmp_path):
    said = answer_with(
        tmp_path, "latch.toml", TOML.replace("bits * cell", "bits * sell"), ASK_TWICE
    )
    loaded, first, second = said.splitlines()
    assert loaded == "False" and first == second
    assert "latch.toml: laws.area: 'sell' is no parameter or figure" in first
    assert "did you mean 'cell'" in first


def test_a_second_part_of_one_name_is_refused(tmp_path):
    said = answer_with(tmp_path, "again.toml", TOML.replace('"latch"', '"dac"'))
    assert "'dac' is registered twice" in said


@pytest.mark.parametrize("file", sorted(DOCUMENTS))
def test_no_other_file_of_the_product_names_a_part_of_one_file(file):
    name = DOCUMENTS[file]["part"]["name"]
    assert name in PARTS
    # a chip names the parts that it has; the library, which picks up the file by itself, does not
    sources = [
        path
        for path in (ROOT / "hwlib").rglob("*")
        if path.suffix in (".py", ".toml") and path.name != file
    ]
    quoted = (f'"{name}"', f"'{name}'", f"import {name}")
    texts = {path.name: path.read_text(encoding="utf-8") for path in sources}
    assert [file for file, text in texts.items() if any(word in text for word in quoted)] == []


@pytest.mark.parametrize("key, unit", [("level_energy", "fJ"), ("level_area", "um2")])
def test_the_figures_of_the_flash_converter_are_the_median_and_quartiles_of_its_rows(key, unit):
    costs = []
    for row in FLASH["rows"]:
        levels = 2 ** row["bits"] - 1
        if key == "level_energy":  # mW / (MS/s) is nJ
            costs.append(row["power_mw"] / row["rate_msps"] * 1e6 / levels)
        elif "area_mm2" in row:
            costs.append(row["area_mm2"] * 1e6 / levels)
    entry = figure(f"adc_flash.{key}")
    scale = entry.raw / entry.value
    assert entry.raw_unit == unit
    assert [entry.raw, entry.low * scale, entry.high * scale] == near(
        [np.median(costs), *np.quantile(costs, [0.25, 0.75])], rel=1e-5
    )


def test_a_flash_converter_doubles_with_every_bit():
    five, six = (price("adc_flash", {"bits": bits}) for bits in (5, 6))
    # 31 and 63 levels
    assert six.area.value / five.area.value == near(63 / 31)
    assert six.energy["convert"].value == near(63 * 102.213e-15)
    assert price("adc_flash", {"rate_msps": 500}).latency["convert"].value == near(2e-9)


FAULTS = {
    "unknown table 'law'.*did you mean 'laws'": lambda d: d.update(law={}),
    "unknown field 'titel'.*did you mean 'title'": lambda d: d["part"].update(titel="x"),
    "unknown scaling class.*got 'analogue'.*did you mean 'analog'": lambda d: d["part"].update(
        scaling="analogue"
    ),
    "part.title: must be a text": lambda d: d["part"].update(title=7),
    "the law of energy.convert is missing": lambda d: d["laws"].pop("energy"),
    "unknown law 'energy.conver'": lambda d: d["laws"]["energy"].update(conver="1"),
    "'level_aria' is no parameter or figure.*did you mean 'level_area'": lambda d: d["laws"].update(
        area="bits * level_aria"
    ),
    "not allowed in an expression": lambda d: d["laws"].update(area="__import__('os')"),
    "not an expression": lambda d: d["laws"].update(area=3.0),
    "one name; got 'bits'": lambda d: d["figures"].update(bits={}),
    "parameters.bits: needs low and high": lambda d: d["parameters"]["bits"].pop("low"),
    "parameters.bits: field 'default'": lambda d: d["parameters"]["bits"].pop("default"),
    "parameters.bits.default: out of the declared range": lambda d: d["parameters"]["bits"].update(
        default=99
    ),
    "parameters.bits.integer: must be a bool": lambda d: d["parameters"]["bits"].update(
        integer="yes"
    ),
    "parameters: must be a table": lambda d: d.update(parameters=[1]),
}


@every("fault", FAULTS)
def test_a_part_file_that_is_wrong_is_refused_by_its_field(fault):
    document = copy.deepcopy(dict(FLASH))
    FAULTS[fault](document)
    with pytest.raises(InputError, match=fault):
        parse_part(document, "mine.toml")


def test_a_law_that_gives_no_number_is_refused_with_its_text():
    document = copy.deepcopy(dict(FLASH))
    document["laws"]["area"] = "level_area / (bits - bits)"
    with pytest.raises(InputError, match=r"laws.area: cannot be worked out \(.*division by zero"):
        parse_part(document, "mine.toml")().area()


def clocked_as(**words):
    """The part of FLASH, with words on its clock."""
    document = copy.deepcopy(FLASH)
    document["part"] |= {"name": "clocked", **words}
    return parse_part(document, "clocked.toml")


def test_a_file_says_what_clocks_its_part():
    plain = clocked_as()
    assert (plain.holds_clock, plain.enabled_by) == (False, "")
    told = clocked_as(holds_clock=True, enabled_by="convert")
    assert (told.holds_clock, told.enabled_by) == (True, "convert")


@pytest.mark.parametrize(
    ("words", "says"),
    [({"holds_clock": "yes"}, "must be true or false"), ({"enabled_by": "convrt"}, "convert")],
)
def test_a_word_on_its_clock_that_means_nothing_is_refused(words, says):
    with pytest.raises(InputError, match=says):
        clocked_as(**words)
