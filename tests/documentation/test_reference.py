"""Does the reference leave nothing out: names, commands, options, fields, parts, figures, sources?"""

import json
import re

import pytest

import archsim
from archsim.chip.component_settings import ComponentSettings
from archsim.chip.config import Architecture
from archsim.chip.core_kinds import KindSettings
from archsim.cli.main import COMMANDS, build_parser
from archsim.devices import LAWS, load_law
from archsim.devices.presets import load_presets
from archsim.documentation import find_page
from archsim.operators.vocabulary import OPERATORS
from archsim.schemes import load_scheme
from archsim.training.settings import TrainingSettings
from docs.from_code.chip_fields import MOVES, chip_page
from docs.from_code.commands import commands_page
from docs.from_code.devices import devices_page
from docs.from_code.file_fields import files_page, named_by_readers
from docs.from_code.operators import operators_page
from docs.from_code.parts import parts_page
from docs.from_code.python import FURTHER
from docs.from_code.schemes import schemes_page
from docs.from_code.settings import allowed_of, field_rows, unit_of
from docs.from_code.sources import sources_page
from docs.from_code.training_fields import training_page
from hwlib import load_catalogue
from tests.conformance.tried_settings import FIELDS


def named(text):
    """All that stands in backticks in the first column of a table."""
    return set(re.findall(r"^\| `([^`|]+)`", text, re.MULTILINE))


def test_every_public_name_is_in_the_python_reference():
    text = find_page("reference/python").read_text(encoding="utf-8")
    paths = [f"archsim.{name}" for name in archsim.__all__ if name != "__version__"]
    wanted = [*paths, *(path for group in FURTHER.values() for path in group)]
    assert [path for path in wanted if f'id="{path}"' not in text] == []


def test_every_command_and_option_is_in_the_reference():
    text = commands_page()
    parsers = build_parser()[1]
    assert [name for name in COMMANDS if f"## archsim {name}\n" not in text] == []
    for name, parser in parsers.items():
        section = text.split(f"## archsim {name}\n")[1].split("\n## ")[0]
        options = set(parser.options()) - {"-h", "--help"}
        assert [option for option in options if f"`{option}" not in section] == [], name


def test_every_field_of_a_chip_is_in_the_reference_with_a_meaning():
    rows = [
        *field_rows(Architecture),
        *field_rows(KindSettings, "core.kinds.NAME."),
        *field_rows(ComponentSettings),
    ]
    assert {row.path for row in rows} <= named(chip_page())
    assert {path for path in FIELDS} <= {row.path for row in rows}
    assert [row.path for row in rows if not row.meaning or not row.allowed] == []


def test_every_field_of_a_training_is_in_the_reference_with_a_meaning():
    rows = list(field_rows(TrainingSettings))
    assert {row.path for row in rows} <= named(training_page())
    assert [row.path for row in rows if not row.meaning] == []


@pytest.mark.parametrize("kind", named_by_readers())
def test_every_field_that_a_reader_takes_has_a_meaning(kind):
    taken, told = named_by_readers()[kind]
    assert taken == told
    assert told <= named(files_page())


def test_what_fields_move_is_measured_for_every_field():
    assert set(json.loads(MOVES.read_text(encoding="utf-8"))) == set(FIELDS)


@pytest.mark.study
def test_what_fields_move_is_what_a_measurement_gives():
    from docs.from_code.measure_moves import measure

    assert json.loads(MOVES.read_text(encoding="utf-8")) == measure()


def test_ranges_and_units_are_read_from_the_models():
    fields = Architecture.model_fields
    tile, read = (fields[name].annotation.model_fields for name in ("tile", "read"))
    assert allowed_of(tile["rows"]) == "whole number 1 to 65,536"
    assert allowed_of(tile["count"]) == 'whole number 1 to 1,000,000 or `"auto"`'
    assert allowed_of(read["input"]) == '`"bit_serial"`, `"pulse_width"`'
    assert allowed_of(fields["clock_mhz"]) == "number above 0 to 100,000"
    units = [unit_of(name) for name in ("node_nm", "slot_cycles", "rows", "width_bits")]
    assert units == ["nm", "cycles", "", "bits a cycle"]


def test_every_scheme_and_its_settings_are_in_the_reference():
    text = schemes_page()
    built_in = [name for name in archsim.list_schemes() if is_ours(name)]
    assert len(built_in) > 10
    for name in built_in:
        section = text.split(f"\n## {name}\n")[1].split("\n## ")[0]
        assert set(type(load_scheme(name)).model_fields) <= named(section)


def is_ours(name):
    return type(load_scheme(name)).__module__.startswith("archsim.")


def test_every_device_law_and_parameter_is_in_the_reference():
    text = devices_page()
    assert set(load_presets()) <= named(text)
    for name in LAWS:
        section = text.split(f"\n### {name}\n")[1].split("\n### ")[0]
        assert {parameter.name for parameter in load_law(name).parameters} <= named(section)


def test_every_operator_is_in_the_reference():
    assert set(OPERATORS) <= named(operators_page())


def test_every_part_figure_and_source_is_in_the_reference():
    catalogue = load_catalogue()
    text = parts_page()
    assert [part.name for part in catalogue.parts if f"### {part.name}\n" not in text] == []
    assert {figure.name for figure in catalogue.figures} <= named(text)
    assert {source.key for source in catalogue.sources} <= named(sources_page())
