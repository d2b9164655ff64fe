"""From what a paper states of a chip to its description: one rule for all, and no value by chip.

Stated: node, supply, array, converters and their bits, rows that are read at a time, bits of an input,
time of an invocation. What is not stated follows this rule. It was written down before anything was compared;
since then rule 5 changed once, from integrators to the read amplifiers of arrays when the library got
them, rule 8 came with the laws of supplies, and areas took the white space of cores
(`archsim/cost/die.py`):

1. An array whose rows and columns are not stated is square, with at least the rows that are read.
2. The converters share the columns evenly. Where the kind is not stated it follows from the bits: 1
   bit a sense amplifier, up to 3 bits flash, more bits SAR; bits that are no whole number are rounded
   up.
3. Inputs of several bits are applied bit by bit, one a slot, and the slots are summed before one
   conversion. The clock is the one whose slots, with a cycle for the conversion, take the stated time.
4. Cells have the defaults of their part of hwlib: 1T1R for resistive and phase-change ones, 1T1MTJ,
   NOR flash; SRAM by its transistors (6T and 8T as they are, others that sum currents as 10T, those
   that sum charge as 8T1C).
5. A column of resistive cells on a converter of 4 bits or more has a read amplifier; sense amplifiers and
   flash look at the line itself, and lines of SRAM are charged.
6. Each row has a driver and a one-bit input, each column a driver, each converter a multiplexer, an
   adder and its share of the registers; a tile has a sequencer and a clock. Cells that are programmed
   have write drivers and level shifters.
7. Half of the inputs are not zero and half of their bits are ones, as in all of archsim where nobody
   measured.
8. The supply is the stated one, held to 0.75 to 1.08 of the node's own, for which there are laws; where
   none is stated, the node's own.
9. Everything outside of the core is that of cim40: no figure here depends on it.
"""

from __future__ import annotations

import math
from typing import Any

from archsim.chip.cell_levels import EXACT_DEVICE
from archsim.chip.config import Architecture
from archsim.chip.load import architecture_path, read_toml, validate
from archsim.validation.chips.facts import ChipFacts, Point
from hwlib.scaling import supply_voltage

CONVERTERS = {
    "sar": "adc_column_sar",
    "charge_sharing": "adc_column_charge_sharing",
    "slope": "adc_column_slope",
    "oscillator": "adc_column_oscillator",
    "flash": "adc_column_flash",
    "sense_amplifier": "sense_amplifier",
}
_CELLS = {
    "resistive": "cell_1t1r",
    "phase_change": "cell_1t1r",
    "magnetic": "cell_1t1mtj",
    "flash": "cell_nor_flash",
}
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
SUPPLY_RANGE = (0.75, 1.08)
"""Of the node's own supply: the range of the laws (`hwlib/conditions.py`), with room for draws of that."""
_LEAST_AMPLIFIED = 4  # bits of a converter in front of which a resistive column is amplified


def array_of(facts: ChipFacts) -> tuple[int, int]:
    """Rows and columns of a core."""
    most = max(point.rows_active for point in facts.points)
    if facts.rows is not None and facts.columns is not None:
        return max(facts.rows, most), facts.columns
    bits = facts.core_kbit * 1024
    rows = max(most, round(math.sqrt(bits)))
    return rows, max(facts.converters, math.ceil(bits / rows))


def converter_of(facts: ChipFacts, point: Point) -> str:
    """The part of its converters."""
    if facts.converter is not None:
        return CONVERTERS[facts.converter]
    bits = bits_of(facts, point)
    return CONVERTERS["sense_amplifier" if bits == 1 else "flash" if bits <= 3 else "sar"]


def bits_of(facts: ChipFacts, point: Point) -> int:
    """Bits of its converters at a point."""
    return point.converter_bits or math.ceil(facts.converter_bits)


def cell_of(facts: ChipFacts) -> str:
    """The part of its cells."""
    if facts.memory != "sram":
        return _CELLS[facts.memory]
    if facts.cell.endswith("1C"):
        return "cell_sram_8t1c"
    return {"6T": "cell_sram_6t", "8T": "cell_sram_8t"}.get(facts.cell, "cell_sram_10t")


def supply_of(stated: float, node_nm: float) -> float:
    """The supply in V, within what the laws of a node hold for."""
    nominal = supply_voltage(node_nm).value
    least, most = (share * nominal for share in SUPPLY_RANGE)
    return float(f"{min(max(stated, least), most):.4g}")


def describe(facts: ChipFacts, point: Point) -> dict[str, Any]:
    """The chip as the content of an architecture file, at one of its operating points."""
    rows, columns = array_of(facts)
    slots = point.input_bits
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
        "clock_mhz": float(f"{(slots + 1) / point.invocation_ns * 1e3:.6g}"),
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
            "all_groups": False,
            "transposed": False,
        },
    }
    if point.supply_v is not None:
        content["supply_v"] = supply_of(point.supply_v, facts.node_nm)
    if facts.memory in ("sram", "magnetic"):
        content["weights"]["device"] = EXACT_DEVICE
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
    core = {
        "array": array,
        "word_line_driver": _part("word_line_driver", "row", cells="=tile.columns"),
        "bit_line_driver": _part("bit_line_driver", "column", cells="=tile.rows"),
        "dac": _part("dac", "driven", bits="=derived.dac_bits"),
    }
    if programmed and bits_of(facts, point) >= _LEAST_AMPLIFIED:
        core["front_end"] = _part("read_amplifier", "adc", slot_ns="=derived.slot_ns")
    core |= {
        "column_mux": _part("column_mux", "adc", inputs="=derived.mux_inputs"),
        "adc": _part(converter_of(facts, point), "adc", bits="=read.adc_bits"),
        "shift_add": _part("shift_add", "adc", bits="=derived.shift_add_bits"),
        "input_register": _part("register", "tile", bits="=derived.input_register_bits"),
        "output_register": _part("register", "adc", bits="=derived.shift_add_bits"),
    }
    if programmed:
        core["write_driver"] = _part("write_driver", "column")
        core["level_shifter"] = _part("level_shifter", "line")
    core["tile_control"] = _part(
        "tile_control", "tile", rows="=tile.rows", columns="=tile.columns", groups="=derived.groups"
    )
    clock = _part("clock_tree", "tile", area_mm2="=derived.tile_clocked_area_mm2")
    core["tile_clock"] = clock
    return core


def _part(name: str, per: str, **parameters: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {"part": name, "per": per}
    return entry | ({"parameters": parameters} if parameters else {})


def architecture(facts: ChipFacts, point: Point) -> Architecture:
    """The chip at one of its operating points, checked."""
    return validate(describe(facts, point), facts.name)
