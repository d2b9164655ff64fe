"""From what a paper states of a chip to its description: one rule for all, and no value by chip.

Stated: node, supply, array, converters and their bits, rows that are read at a time, bits of an
input, time of an invocation. What is not stated follows this rule. It was written down before
anything was compared, and changed since, for all chips alike: rule 5 (integrators to read
amplifiers of arrays; after a look at all chips by the kind of their converter, the current of SRAM
lines under comparators, and of resistive cells in rule 4), 8 (laws of supplies), and after a look
at all chips by part 3 (counts of a slope, time of a conversion), 4 (current from the supply, whole
lines, transistors), 6 (inputs that are read alone are stored, no adder behind codes of one column,
source lines) and 7 (bits of few); then, for what was stated and not carried, 1 (stored cells), 3 and 4
(turns, shorter lines, thick oxide), 6 (shared ways of writes) and 8 (supplies below the laws). Areas
take the white space of the other cores (`census.py`):

1. An array whose rows and columns are not stated is square, with at least the rows that are read. Where
   a core of SRAM holds more bits than its array crosses lines, each place has as many cells.
2. The converters share the columns evenly. Where the kind is not stated it follows from the bits: 1
   bit a sense amplifier, up to 3 bits flash, more bits SAR; bits that are no whole number are rounded
   up.
3. Inputs of several bits are applied bit by bit, one a slot, and the slots are summed before one
   conversion. The clock is the one whose slots, with a cycle for the conversion, take the stated
   time, once for each turn that it holds; sums that are held are converted while the next input is
   applied; a slope is counted, a cycle each count on one side of zero. Converters that compare one
   after another draw their bias all of their cycles.
4. Cells have the defaults of their part of hwlib: 1T1R for resistive and phase-change ones, 1T1MTJ,
   NOR flash; SRAM by its transistors (6T and 8T as they are, others that sum currents as 10T, those
   that sum charge as 8T1C, both with their transistors). Current of programmed cells is drawn from
   the supply, unless the lines are said to float (`sensing`), and is that of published resistive ones
   where they are such; a bit line of SRAM is charged in all of its length, however few rows are read;
   where lines are shorter than a column, as many of them work as the converters take. A 1T1R cell on
   a word line above the rating of core oxide has an access transistor of thick oxide. Columns
   that share a converter without a sample and hold of their own conduct in turn, each with the rows
   driven anew.
5. A column of resistive cells on a converter of 4 bits or more has a read amplifier; sense amplifiers and
   flash look at the line itself, and lines of SRAM are charged. Where these look at lines of SRAM that
   sum currents, the line draws a current all of an invocation.
6. Each row has a driver and a one-bit input, each column a driver, each converter a multiplexer and a
   register of its code; inputs of the rows that are read at a time are stored. A tile has a
   sequencer and a clock. Cells that are programmed have write drivers and level shifters, and with
   their transistor a source line a column beside the bit line. Columns that share a converter share
   its way for writes: drivers are as many as columns that are read at a time, and shifters stand at
   these, at the rows and at the lines that select a column.
7. Half of the inputs are not zero, as in all of archsim where nobody measured, and the bits of these are
   as in even numbers from 1 on: one of one bit, half of many.
8. The supply is the stated one, held to 0.75 to 1.08 of the node's own, for which there are laws; where
   none is stated, the node's own. Below, charge goes on as V^2 (`priced.py`); above, what is stated
   may be that of the lines.
9. Everything outside of the core is that of cim40: no figure here depends on it.
"""

from __future__ import annotations

from typing import Any

from archsim.chip.cell_levels import EXACT_DEVICE
from archsim.chip.config import Architecture
from archsim.chip.load import architecture_path, read_toml, validate
from archsim.chip.roles import OPTIONAL
from archsim.validation.chips.choices import (
    COLUMN_LINES,
    array_of,
    bits_of,
    cell_of,
    cells_of_a_place,
    columns_take_turns,
    conductance_of,
    content_supply,
    conversion_cycles,
    conversion_ns,
    converter_of,
    cycles_of,
    lines_are_held,
    rows_on_line,
    shifted_lines,
    slot_cycles,
    stored_bits,
    supply_of,
    written_columns,
)
from archsim.validation.chips.facts import ChipFacts, Point

# Roles of cim40 that lie outside of the core.
_OUTSIDE = (
    "buffer",
    "interconnect",
    "vector_unit",
    "controller",
    "instruction_memory",
    "clock_tree",
    "off_chip_memory",
)
_LEAST_AMPLIFIED = 4  # bits of a converter in front of which a resistive column is amplified


def describe(facts: ChipFacts, point: Point) -> dict[str, Any]:
    """The chip as the content of an architecture file, at one of its operating points."""
    rows, columns = array_of(facts)
    slots = point.input_bits
    cycles = cycles_of(facts, point)
    content: dict[str, Any] = {
        "schema": 1,
        "name": facts.name,
        "title": f"{facts.cell} core of {rows} x {columns} at {facts.node_nm:g} nm, "
        f"{facts.converters} converters",
        "source": f"{facts.source}; {facts.source_note}",
        "notes": [
            f"{facts.name}: not stated, and set by the rule of archsim.validation.chips: "
            + "; ".join(facts.unknown)
        ],
        "node_nm": facts.node_nm,
        "clock_mhz": float(f"{cycles / point.invocation_ns * 1e3:.6g}"),
        "tile": {"rows": rows, "columns": columns},
        # A column is a weight: what is summed behind it is work of the digital side.
        "weights": {"mapping": "bit_slices", "bits": 1, "cell_bits": 1},
        "read": {
            "input": "bit_serial",
            "input_bits": slots,
            "bits_per_slot": 1,
            "accumulate": "analog",
            "rows_active": min(point.rows_active, rows),
            "columns_per_adc": -(-columns // facts.converters),
            "adc_bits": bits_of(facts, point),
            "conversion_cycles": conversion_cycles(facts, point),
            "all_groups": False,
            "transposed": False,
        },
    }
    # Nothing else than a sample and hold of its own keeps a column's sum until its turn.
    if columns_take_turns(facts):
        content["read"]["front_end"] = "shared"
    if facts.held_a_column:
        content["read"] |= {"slot_cycles": slot_cycles(facts, point), "overlap": True}
    # Where none is stated the chip's own default is the node's.
    if point.supply_v is not None:
        content["supply_v"] = supply_of(point.supply_v, facts.node_nm)
    # Bits that are held exactly: no law of an analogue device says anything of them.
    if facts.memory in ("sram", "magnetic"):
        content["weights"]["device"] = EXACT_DEVICE
    # A chip needs them to be whole; rule 9.
    outside = read_toml(architecture_path("cim40"))
    for section in ("buffer", "interconnect", "vector_unit", "controller", "off_chip"):
        content[section] = outside[section]
    content["components"] = _core(facts, point) | {
        name: outside["components"][name] for name in _OUTSIDE
    }
    if "front_end" not in content["components"]:
        content["absent"] = ["front_end"]
    return content


def _core(facts: ChipFacts, point: Point) -> dict[str, dict[str, Any]]:
    cell = cell_of(facts)
    programmed = facts.memory != "sram"
    array: dict[str, Any] = {"part": cell, "per": "cell"}
    if programmed:
        array["parameters"] = {"slot_ns": "=derived.slot_ns"}
        if facts.sensing != "voltage":
            array["parameters"]["read_supply_v"] = content_supply(facts, point)
            if facts.memory == "resistive":
                array["parameters"]["conductance_us"] = conductance_of(facts, point)
    else:
        array["parameters"] = _cell_parameters(facts, point)
        if cells_of_a_place(facts) > 1:
            array["count"] = float(cells_of_a_place(facts))
    if cell == "cell_1t1r" and facts.line_voltage_v is not None:
        array["parameters"]["line_voltage_v"] = facts.line_voltage_v
    core = {
        "array": array,
        "word_line_driver": _part("word_line_driver", "row", cells="=tile.columns"),
        "bit_line_driver": _part("bit_line_driver", "column", cells="=tile.rows"),
        "dac": _part("dac", "driven", bits="=derived.dac_bits"),
    }
    if programmed and bits_of(facts, point) >= _LEAST_AMPLIFIED:
        core["front_end"] = _part("read_amplifier", "adc", slot_ns="=derived.slot_ns")
    if not programmed and lines_are_held(facts, point):
        slot = float(f"{point.invocation_ns / point.input_bits:.6g}")  # of all, one after another
        supply = content_supply(facts, point)
        core["front_end"] = _part("line_load", "adc", slot_ns=slot, line_supply_v=supply)
    core |= {
        "column_mux": _part("column_mux", "adc", inputs="=derived.mux_inputs"),
        "adc": _converter(facts, point),
        "input_register": _part("register", "tile", bits=stored_bits(facts, point)),
        "output_register": _part("register", "adc", bits="=read.adc_bits"),
    }
    if programmed:
        rows, columns = array_of(facts)
        drivers = COLUMN_LINES * written_columns(facts) / columns
        # a line above the supply is driven by thick oxide
        volts = {} if facts.line_voltage_v is None else {"voltage_v": facts.line_voltage_v}
        core["write_driver"] = _part("write_driver", "column", **volts) | {"count": drivers}
        # A part `per = "line"` stands at each row and column once.
        more = shifted_lines(facts) / (rows + columns)
        core["level_shifter"] = _part("level_shifter", "line", **volts) | {"count": more}
        core["word_line_driver"]["parameters"] |= volts
        core["bit_line_driver"]["count"] = float(COLUMN_LINES)
    core["tile_control"] = _part(
        "tile_control", "tile", rows="=tile.rows", columns="=tile.columns", groups="=derived.groups"
    )
    clock = _part("clock_tree", "tile", area_mm2="=derived.tile_clocked_area_mm2")
    core["tile_clock"] = clock
    return core


def _converter(facts: ChipFacts, point: Point) -> dict[str, Any]:
    """Its converters; those that compare one after another draw a bias all of their cycles."""
    part = converter_of(facts, point)
    if part in ("adc_column_flash", "sense_amplifier"):
        return _part(part, "adc", bits="=read.adc_bits")
    time = float(f"{conversion_ns(facts, point):.4g}")
    return _part(part, "adc", bits="=read.adc_bits", time_ns=time)


def _cell_parameters(facts: ChipFacts, point: Point) -> dict[str, Any]:
    """Of a static cell: its transistors, and the rows on a line for each one that is read."""
    part = cell_of(facts)
    parameters: dict[str, Any] = {}
    if part in ("cell_sram_10t", "cell_sram_8t1c"):
        parameters["transistors"] = int(facts.cell.split("T")[0])
    if part != "cell_sram_8t1c":
        rows = rows_on_line(facts)
        parameters["line_rows"] = rows / min(point.rows_active, rows)
    return parameters


def _part(name: str, per: str, **parameters: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {"part": name, "per": per}
    return entry | ({"parameters": parameters} if parameters else {})


def architecture(facts: ChipFacts, point: Point) -> Architecture:
    """The chip at one of its operating points, checked."""
    return validate(describe(facts, point), facts.name)


def calibrated(facts: ChipFacts, point: Point) -> dict[str, Any]:
    """The chip with the blocks that its paper states, for who starts from its silicon: no prediction."""
    content = describe(facts, point)
    components = content["components"]
    inside = [role for own in facts.own_parts.values() for role in own.holds if role in components]
    for role, own in facts.own_parts.items():
        components[role] = own.model_dump(exclude={"holds"}, exclude_defaults=True)
    content["components"] = {
        role: entry for role, entry in components.items() if role not in inside
    }
    content["name"] = f"{facts.name}_calibrated"
    # an inference asks no write drivers: a chip that has none says nothing of them
    without = [role for role in inside if role in OPTIONAL]
    content["absent"] = [*content.get("absent", []), *without]
    content["notes"] = [
        *content["notes"],
        f"{facts.name}: calibrated blocks of the paper: {', '.join(facts.own_parts)}",
    ]
    return content
