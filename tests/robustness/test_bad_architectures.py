"""Broken chip descriptions: each fault gives one InputError that names the file, the field and what
is allowed.
"""

import os
from pathlib import Path

import pytest

import archsim
from archsim.chip import list_architectures, load_architecture
from hwlib.errors import InputError
from tests.members import every
from tests.robustness.broken_architectures import BROKEN, BROKEN_AT_RUN, FRONT_END, adc

GOOD = (Path(archsim.__file__).parent / "chip" / "files" / "cim40.toml").read_text(encoding="utf-8")


def broken_file(folder, old, new):
    assert GOOD.count(old) >= 1, old
    path = folder / "chip.toml"
    path.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    return path


@every("fault", list(BROKEN))
def test_broken_files(fault, tmp_path):
    old, new, field, words = BROKEN[fault]
    path = broken_file(tmp_path, old, new)
    with pytest.raises(InputError) as error:
        load_architecture(path)
    assert error.value.where.startswith(str(path))
    assert error.value.where == (f"{path}: {field}" if field else str(path))
    assert words in error.value.message
    assert len(error.value.message) < 2500 + len(str(path))


@pytest.mark.parametrize("fault", list(BROKEN_AT_RUN))
def test_faults_of_the_whole_chip(fault, tmp_path):
    old, new, field, words = BROKEN_AT_RUN[fault]
    path = broken_file(tmp_path, old, new)
    with pytest.raises(InputError) as error:
        archsim.simulate("lenet1", load_architecture(path))
    # the file, not the name that it was copied with
    assert error.value.where.startswith(f"{path}: ") and field in error.value.where
    assert words in error.value.message


def test_the_file_that_is_broken_here_is_good(tmp_path):
    path = tmp_path / "chip.toml"
    for content in (
        GOOD.encode(),
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.replace("\n", "\r\n").encode(),
    ):
        path.write_bytes(content)
        assert load_architecture(path) == load_architecture("cim40")


def test_paths_that_are_no_text_file(tmp_path):
    huge = tmp_path / "huge.toml"
    binary = tmp_path / "binary.toml"
    loop = tmp_path / "loop.toml"
    with open(huge, "wb") as file:
        file.truncate(10**9)
    binary.write_bytes(bytes(range(256)))
    os.symlink(loop, loop)
    for path, words in (
        (tmp_path, "folder"),
        (huge, "too large"),
        (binary, "not a text file"),
        (loop, "symbolic links"),
        (tmp_path / "no.toml", "no such file"),
        (tmp_path / ("x" * 300 + ".toml"), "too long"),
        ("zero\0byte.toml", "null byte"),
        (binary / "x.toml", "not a directory"),
    ):
        with pytest.raises(InputError, match=words) as error:
            load_architecture(path)
        assert error.value.where == str(path)


@pytest.mark.parametrize("name", ["cim400", "", "CIM40", "wu", 40, None])
def test_unknown_names_show_the_known_ones(name):
    with pytest.raises(InputError, match="unknown architecture") as error:
        load_architecture(name)
    for known in list_architectures():
        assert known in error.value.message


@every(
    "settings, words",
    [
        ({"tile.rowz": 64}, "tile.rowz: unknown field"),
        ({"tile.rows": "many"}, "tile.rows: not an allowed value; got 'many'"),
        ({"tile.rows": "[" * 5000}, "tile.rows: not an allowed value"),
        ({"tile.rows": "9" * 5000}, "tile.rows: not an allowed value"),
        ({"tile.rows": "64\nx = 1"}, "tile.rows"),
        ({"tile.rows": ""}, "tile.rows: not an allowed value; got ''"),
        ({"tile.rows.deep": 3}, "not a table; got 'tile.rows'"),
        ({"tile": 3}, "cim40: tile: not an allowed value"),
        ({"tile": "{ rows = 3 }"}, "tile.columns: required field is missing"),
        ({"": 3}, "unknown field"),
        ({"tile..rows": 3}, "unknown field"),
        ({"tile..rows": "3"}, "field.path=value"),
        ({7: 3}, "7: unknown field"),
        ({"interconnect.width_bits": 0}, "interconnect.width_bits"),
        ({"components.adc.parameters.bits": "nan"}, "adc_sar.bits"),
        ({"read.overlap": 1}, "true or false"),
        ({"notes": "x"}, "notes"),
        ({"clock_mhz": float("nan")}, "a finite number"),
        ({"execution.mode": "piplined"}, "did you mean 'pipelined'"),
    ],
)
def test_bad_settings(settings, words):
    with pytest.raises(InputError) as error:
        load_architecture("cim40", settings)
    assert words in error.value.message


def test_nothing_in_a_file_is_executed(tmp_path):
    target = tmp_path / "made"
    path = broken_file(tmp_path, *adc(f"""bits = "=__import__('os').mkdir('{target}')" """))
    with pytest.raises(InputError):
        archsim.simulate("lenet1", load_architecture(path))
    assert not target.exists()


def test_a_declared_absence_is_noted_and_costs_nothing(tmp_path):
    path = tmp_path / "chip.toml"
    path.write_text(
        GOOD.replace(FRONT_END, "").replace(
            'name = "cim40"', 'name = "cim40"\nabsent = ["front_end"]'
        )
    )
    bare = archsim.simulate("digits_cnn", path)
    whole = archsim.simulate("digits_cnn", "cim40")
    assert [note for note in bare.notes if "states no front_end: " in note]
    assert bare.energy_j < whole.energy_j and not any("states no" in note for note in whole.notes)


def test_a_part_of_an_own_name_says_what_it_does(tmp_path):
    pads = (
        '[components.pads]\npart = "register"\nper = "chip"\ncount = 1000\nboundary = '
        '"chip"\nparameters = { bits = 64 }\n'
    )
    path = tmp_path / "chip.toml"
    path.write_text(GOOD + "\n" + pads)
    with pytest.raises(InputError, match="unknown role.*area_only"):
        load_architecture(path)
    path.write_text(GOOD + "\n" + pads + "area_only = true\n")
    assert (
        archsim.simulate("digits_cnn", path).area_mm2
        > archsim.simulate("digits_cnn", "cim40").area_mm2
    )


@pytest.mark.parametrize("name", list_architectures())
def test_every_action_of_a_built_in_chip_is_priced_or_named(name):
    """Of a run's ledger before prices, an action is either priced or of a role that the chip states
    to be absent.
    """
    result = archsim.simulate("digits_cnn", name, timing=True)
    chip = load_architecture(name)
    noted = " ".join(note for note in result.notes if "states no" in note)
    roles = {
        "array",
        "dac",
        "adc",
        "word_line_driver",
        "front_end",
        "column_mux",
        "input_register",
        "output_register",
        "tile_control",
        "tile_clock",
        "buffer",
        "interconnect",
        "vector_unit",
        "controller",
        "instruction_memory",
        "clock_tree",
        "off_chip_memory",
    }
    counted = {row["component"] for row in result.ledger}
    assert all(role in counted or role in noted for role in roles)
    assert not counted & set(chip.absent)
