"""Broken chip descriptions: what is replaced by what, and what the message has to say."""

ADC_BITS = 'parameters = { bits = "=read.adc_bits", rate_msps = "=derived.adc_rate_msps" }'
ADC = '[components.adc]\npart = "adc_sar"\nper = "adc"\n' + ADC_BITS
FRONT_END = (
    '[components.front_end]\npart = "integrator"\nper = "sensed"\nparameters = { slot_ns = '
    '"=derived.slot_ns" }\n'
)
CLOCK_TREE = (
    '[components.clock_tree]\npart = "clock_tree"\nper = "chip"\nboundary = "chip"\n'
    'parameters = { area_mm2 = "=derived.clocked_area_mm2", '
    'trunk_mm = "=derived.clock_trunk_mm" }\n'
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
