"""Broken chip descriptions: each fault gives one InputError that names the file, the field and what
is allowed.
"""

import os
from pathlib import Path

import pytest

import archsim
from archsim.chip import list_architectures, load_architecture
from hwlib.errors import InputError

GOOD = (Path(archsim.__file__).parent / "chip" / "files" / "cim40.toml").read_text(encoding="utf-8")
ADC_BITS = 'parameters = { bits = "=read.adc_bits", rate_msps = "=derived.adc_rate_msps" }'
ADC = '[components.adc]\npart = "adc_sar"\nper = "adc"\n' + ADC_BITS
FRONT_END = (
    '[components.front_end]\npart = "integrator"\nper = "sensed"\nparameters = { slot_ns = '
    '"=derived.slot_ns" }\n'
)
CLOCK_TREE = (
    '[components.clock_tree]\npart = "clock_tree"\nper = "chip"\nboundary = "chip"\n'
    'parameters = { area_mm2 = "=derived.clocked_area_mm2" }\n'
)


def adc(parameters):
    return ADC_BITS, f"parameters = {{ {parameters} }}"


# what is replaced, by what; the field path in the message, and another part of it
BROKEN = {
    "text for a number": ("rows = 128", 'rows = "128"', "tile.rows", "a whole number"),
    "fraction for a whole number": ("rows = 128", "rows = 12.5", "tile.rows", "a whole number"),
    "truth for a number": ("rows = 128", "rows = true", "tile.rows", "a whole number"),
    "negative": ("rows = 128", "rows = -1", "tile.rows", "got -1; allowed: at least 1"),
    "zero": ("clock_mhz = 200.0", "clock_mhz = 0.0", "clock_mhz", "more than 0"),
    "not a number": ("clock_mhz = 200.0", "clock_mhz = nan", "clock_mhz", "a finite number"),
    "infinite": ("clock_mhz = 200.0", "clock_mhz = inf", "clock_mhz", "a finite number"),
    "too large": ("rows = 128", "rows = 1000000000", "tile.rows", "at most 65536"),
    "number of 5000 digits": ("rows = 128", "rows = 1" + "0" * 5000, "", "not valid TOML"),
    "missing field": ("rows = 128\n", "", "tile.rows", "required field is missing"),
    "missing table": (
        '[tile]\nrows = 128\ncolumns = 128\ncount = "auto"\n',
        "",
        "tile",
        "required field is missing",
    ),
    "unknown field": ("rows = 128", "rowz = 128", "tile.rowz", "did you mean 'rows'"),
    "unknown field of a section with a name like a type": (
        "hop_cycles = 4",
        "hop_cycle = 4",
        "interconnect.hop_cycle",
        "'hop_cycles'",
    ),
    "unknown table": ("[controller]", "[controler]", "controler", "did you mean 'controller'"),
    "unknown choice": (
        'kind = "h_tree"',
        'kind = "htree"',
        "interconnect.kind",
        "did you mean 'h_tree'",
    ),
    "neither number nor word": (
        'count = "auto"',
        'count = "autoo"',
        "tile.count",
        "a whole number or 'auto'; did you mean 'auto'",
    ),
    "table for a value": (
        "clock_mhz = 200.0",
        "clock_mhz = { rate = 200.0 }",
        "clock_mhz",
        "a number",
    ),
    "list for a table": ("[tile]", "[[tile]]", "tile", "a table"),
    "empty name": ('name = "cim40"', 'name = ""', "name", "1 character or more"),
    "schema of tomorrow": ("schema = 1", "schema = 2", "schema", "got 2; allowed: 1"),
    "unknown part": (
        'part = "adc_sar"',
        'part = "adc_sarr"',
        "components.adc",
        "did you mean 'adc_sar'",
    ),
    "misspelt role": (
        "[components.adc]",
        "[components.adcc]",
        "components.adcc",
        "did you mean 'adc'",
    ),
    "misspelt role of a driver": (
        "[components.word_line_driver]",
        "[components.wordline_driver]",
        "components.wordline_driver",
        "did you mean 'word_line_driver'",
    ),
    "absent role that is there": (
        'name = "cim40"',
        'name = "cim40"\nabsent = ["front_end"]',
        "absent",
        "the chip has this part",
    ),
    "absent role that no chip is without": (
        'name = "cim40"',
        'name = "cim40"\nabsent = ["adc"]',
        "absent",
        "not a role",
    ),
    "misspelt absent role": (
        'name = "cim40"',
        'name = "cim40"\nabsent = ["tile_controll"]',
        "absent",
        "did you mean 'tile_control'",
    ),
    "no part": ('part = "adc_sar"\n', "", "components.adc.part", "required field is missing"),
    "unknown field of a component": (
        'part = "adc_sar"',
        'prt = "adc_sar"',
        "components.adc.prt",
        "did you mean 'part'",
    ),
    "unknown parameter": (*adc("bitz = 8"), "components.adc", "did you mean 'bits'"),
    "unknown parameter that follows": (
        *adc('bitz = "=read.adc_bits"'),
        "components.adc",
        "did you mean 'bits'",
    ),
    "parameter out of range": (*adc("bits = 99"), "components.adc: adc_sar.bits", "3 to 12"),
    "parameter of the wrong type": (*adc("bits = [8]"), "components.adc: adc_sar.bits", "3 to 12"),
    "date for a parameter": (*adc("bits = 2020-01-01"), "components.adc: adc_sar.bits", "3 to 12"),
    "count of none": (
        'part = "column_mux"',
        'part = "column_mux"\ncount = 0',
        "components.column_mux.count",
        "more than 0",
    ),
    "converter wider than the tile": (
        "columns_per_adc = 8",
        "columns_per_adc = 256",
        "",
        "read.columns_per_adc (256) exceeds tile.columns (128)",
    ),
    "tile too narrow for a weight": ("columns = 128", "columns = 1\n", "", "columns"),
    "passes in a pipeline": (
        "[controller]",
        '[execution]\nmode = "pipelined"\nreload = true\n[controller]',
        "",
        "execution.reload needs",
    ),
    "copies of none": (
        "[controller]",
        "[placement]\ncopies = { conv1 = 0 }\n[controller]",
        "placement.copies.conv1",
        "at least 1",
    ),
    "open bracket": ("[tile]", "[tile", "", "at line 8"),
    "table twice": ("[read]", "[tile]", "", "at line 18"),
    "zero byte": ("rows = 128", "rows = 128 # \x00", "", "at line 9"),
    "endless nesting": ("rows = 128", "rows = " + "[" * 10_000, "", "not valid TOML"),
}
# These follow a setting or need the whole chip: they are found where the inventory is built.
BROKEN_AT_RUN = {
    "unknown derived value": (
        *adc('bits = "=derived.adc_bitz"'),
        "components.adc.parameters.bits",
        "unknown derived value",
    ),
    "unknown setting to follow": (
        *adc('bits = "=read.adc_bitz"'),
        "components.adc.parameters.bits",
        "did you mean 'adc_bits'",
    ),
    "unknown group to follow": (
        *adc('bits = "=raed.adc_bits"'),
        "components.adc.parameters.bits",
        "did you mean 'read'",
    ),
    "group to follow": (*adc('bits = "=read"'), "components.adc.parameters.bits", "=read.adc_bits"),
    "nothing to follow": (*adc('bits = "="'), "components.adc.parameters.bits", "no such setting"),
    "followed value out of range": (
        "adc_bits = 8",
        "adc_bits = 13",
        "components.adc: adc_sar.bits",
        "3 to 12",
    ),
    "part that cannot do it": (
        'part = "adc_sar"\nper = "adc"\n' + ADC_BITS,
        'part = "register"\nper = "adc"',
        "components.adc.part",
        "part 'register' cannot do what this run asks of it; got 'adc.convert'; allowed: read, write",
    ),
    "missing component": (ADC, "", "components", "[components.adc]"),
    "missing component that a chip may be without": (
        FRONT_END,
        "",
        "components",
        'absent = ["front_end"]',
    ),
    "missing clock tree": (CLOCK_TREE, "", "components", 'absent = ["clock_tree"]'),
    "node out of range": ("node_nm = 40.0", "node_nm = 5.0", "node_nm", "7 to 180"),
    "copies of a layer that is not there": (
        "[controller]",
        "[placement]\ncopies = { conv11 = 2 }\n[controller]",
        "placement.copies.conv11",
        "did you mean 'conv1'",
    ),
}


def broken_file(folder, old, new):
    assert GOOD.count(old) >= 1, old
    path = folder / "chip.toml"
    path.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize("fault", list(BROKEN))
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
    assert (
        error.value.where.startswith(f"{path}: ") and field in error.value.where
    )  # the file, not the name that it was copied with
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


@pytest.mark.parametrize(
    ("settings", "words"),
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
