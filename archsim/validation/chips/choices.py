"""What the rule says of one fact each that a paper leaves open: the array, the converters, the cells, the
supply. `rule.py` has the rule in words.
"""

from __future__ import annotations

import math

from archsim.validation.chips.facts import ChipFacts, Point
from hwlib import find_part
from hwlib.figures import figure
from hwlib.node_levels import supply_voltage

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
COLUMN_LINES = 2
"""A cell with an access transistor has a bit and a source line."""
SUPPLY_RANGE = (0.75, 1.08)
"""Of the node's own supply: the range of the laws (`hwlib/conditions.py`), with room for draws of that."""


def array_of(facts: ChipFacts) -> tuple[int, int]:
    """Rows and columns of a core."""
    most = max(point.rows_active for point in facts.points)
    if facts.rows is not None and facts.columns is not None:
        # No fewer than are read at once, as in rule 1.
        return max(facts.rows, most), facts.columns
    bits = facts.core_kbit * 1024
    rows = max(most, round(math.sqrt(bits)))
    return rows, max(facts.converters, math.ceil(bits / rows))


def rows_on_line(facts: ChipFacts) -> int:
    """Rows on one bit line: all of the array's, where nothing else is stated."""
    rows, _ = array_of(facts)
    return min(facts.rows_on_line or rows, rows)


def lines_together(facts: ChipFacts, point: Point) -> int:
    """Lines of one column that work at the same time: as many as the converters take."""
    rows, columns = array_of(facts)
    taken = (point.conversions or facts.converters) * point.columns_together
    return min(rows // rows_on_line(facts), max(1, math.ceil(taken / columns)))


def turns_of(facts: ChipFacts, point: Point) -> int:
    """Turns of the converters in an invocation."""
    return math.ceil((point.conversions or facts.converters) / facts.converters)


def slot_cycles(facts: ChipFacts, point: Point) -> int:
    """Cycles of one input slot: one, or as many as the conversions of held sums take meanwhile."""
    if not facts.held_a_column:
        return 1
    conversions = turns_of(facts, point) * conversion_cycles(facts, point)
    return math.ceil(conversions / point.input_bits)


def cycles_of(facts: ChipFacts, point: Point) -> int:
    """Cycles of an invocation: slots and a conversion each turn, or slots alone where the sums of the
    columns are held, so that they are converted while the next input is applied.
    """
    slots = point.input_bits * slot_cycles(facts, point)
    if facts.held_a_column:
        return slots
    return (slots + conversion_cycles(facts, point)) * turns_of(facts, point)


def conversion_ns(facts: ChipFacts, point: Point) -> float:
    """Time of one conversion in ns."""
    return conversion_cycles(facts, point) * point.invocation_ns / cycles_of(facts, point)


def written_columns(facts: ChipFacts) -> int:
    """Columns that are written at a time: those that the converters read, as the multiplexer between
    them is the way of a write as well.

    Source:
        OpenRAM, `write_driver_array`: drivers write to the bit lines through the column multiplexer.
    """
    _, columns = array_of(facts)
    together = max(point.columns_together for point in facts.points)
    return min(columns, facts.converters * together)


def columns_take_turns(facts: ChipFacts) -> bool:
    """Whether columns share a converter and are read in its turns, each with its own drive of the rows."""
    _, columns = array_of(facts)
    return written_columns(facts) < columns and not facts.held_a_column


def shifted_lines(facts: ChipFacts) -> int:
    """Lines at the voltage of a write: rows, both lines of each column that is written at a time, and
    those that select among the columns.
    """
    rows, columns = array_of(facts)
    written = written_columns(facts)
    selects = math.ceil(columns / written) if written < columns else 0
    return rows + COLUMN_LINES * (written + selects)


def cells_of_a_place(facts: ChipFacts) -> int:
    """Static cells where a row crosses a column: a core may hold more bits than its array computes
    with at a time, and six transistors hold one.
    """
    rows, columns = array_of(facts)
    if facts.memory != "sram":
        return 1
    held = max(1, int(facts.cell.split("T")[0]) // 6)
    return max(1, round(facts.core_kbit * 1024 / (rows * columns * held)))


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
    # What sums currents beside these two has transistors apart for its read.
    return {"6T": "cell_sram_6t", "8T": "cell_sram_8t"}.get(facts.cell, "cell_sram_10t")


def stored_bits(facts: ChipFacts, point: Point) -> int:
    """Bits of the inputs of the rows that are read at a time, at the point with most of them."""
    rows, _ = array_of(facts)
    return max(min(one.rows_active, rows) * one.input_bits for one in facts.points)


def conversion_cycles(facts: ChipFacts, point: Point) -> int:
    """Cycles of a conversion: one, or one a count on one side of zero where a slope is counted."""
    return 2 ** (bits_of(facts, point) - 1) if facts.converter == "slope" else 1


def supply_of(stated: float, node_nm: float) -> float:
    """The supply in V, within what the laws of a node hold for."""
    nominal = supply_voltage(node_nm).value
    least, most = (share * nominal for share in SUPPLY_RANGE)
    return float(f"{min(max(stated, least), most):.4g}")


def content_supply(facts: ChipFacts, point: Point) -> float:
    """The supply in V that a current is drawn from: the stated one, held where it is above the laws;
    else the node's own.
    """
    nominal = supply_voltage(facts.node_nm).value
    return min(point.supply_v or nominal, supply_of(point.supply_v or nominal, facts.node_nm))


def below_laws(facts: ChipFacts, point: Point) -> float:
    """The stated supply over the one that it is held to, where it is below the laws; else 1. Charge
    goes on as V^2 there.
    """
    if point.supply_v is None:
        return 1.0
    return min(1.0, point.supply_v / supply_of(point.supply_v, facts.node_nm))


def conductance_of(facts: ChipFacts, point: Point) -> float:
    """The conductance in uS at which a driven cell draws the mean current of published ones, over all of
    an invocation: inputs are in its slots, and half of half of their bits are ones (one of one bit).
    """
    parameters = {one.name: one.default for one in find_part("cell_1t1r").parameters}
    volts = float(parameters["read_voltage_v"])
    slots = point.input_bits * slot_cycles(facts, point) * turns_of(facts, point)
    share = 1.0 if facts.held_a_column else slots / cycles_of(facts, point)
    ones = 0.25 * 2.0**point.input_bits / (2.0**point.input_bits - 1)
    current = figure("cell_current_fit.resistive").value * 1e6
    return float(f"{current / (volts * share * ones):.4g}")


def lines_are_held(facts: ChipFacts, point: Point) -> bool:
    """Whether comparators look at lines that sum currents."""
    compared = (CONVERTERS["flash"], CONVERTERS["sense_amplifier"])
    return cell_of(facts) != "cell_sram_8t1c" and converter_of(facts, point) in compared
