"""Tables of results: the rows of a document by kind, and rows as a pandas table that knows its units.

Columns keep the names of the JSON document (`energy_j`), so that scripts may use them; what is
shown, in a notebook or in LaTeX, has a heading with a unit and numbers to match: energy (nJ).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from hwlib.errors import unknown

if TYPE_CHECKING:
    # The table takes its headings from here, and pandas is loaded when somebody asks for a table.
    from archsim.run.fact_tables import Row
    from archsim.run.unit_table import UnitTable

TABLES = ("component", "layer", "phase", "resource", "figure", "ledger", "placement")
_KEYS = {"layer": "by_layer", "resource": "resources", "figure": "figures"}

# the ending of a column's name -> its unit
UNITS = {
    "per_s": "1/s",
    "per_second": "1/s",
    "per_cpu_second": "1/s",
    "mm2": "mm²",
    "uw": "µW",
    "j": "J",
    "s": "s",
    "seconds": "s",
    "nm": "nm",
    "mhz": "MHz",
    "percent": "%",
    "kib": "KiB",
    "bits": "bit",
}
# units that take a prefix where all numbers of a column would be very small or very large
_PREFIXES = {9: "G", 6: "M", 3: "k", 0: "", -3: "m", -6: "µ", -9: "n", -12: "p", -15: "f"}
_PREFIXED = ("J", "s")
_ALONE = ("seconds",)  # a name that is a unit and no more


class Heading(NamedTuple):
    """How a column is shown: its text, and what its numbers are multiplied by."""

    text: str
    factor: float = 1.0


def result_rows(document: Mapping[str, Any], kind: str) -> list[Row]:
    """The rows of one table of a result's document.

    Raises:
        InputError: for a kind that is none of TABLES.
    """
    if kind not in TABLES:
        raise unknown("table", kind, TABLES)
    if kind == "component":
        components = {**document["by_component"], **document["by_component_off_chip"]}
        return [{"component": name, **row} for name, row in components.items()]
    if kind == "phase":
        return [{"phase": name, **row} for name, row in document["by_phase"].items()]
    return [dict(row) for row in document[_KEYS.get(kind, kind)]]


def table_of(rows: Iterable[Row], title: str) -> UnitTable:
    """Rows as a pandas DataFrame, with the units of its columns in `attrs` and in what it shows."""
    from archsim.run.unit_table import UnitTable  # loads pandas, and its headings are made here

    table = UnitTable(list(rows))
    table.attrs["title"] = title
    table.attrs["units"] = {
        name: unit for name in table.columns if (unit := unit_of(str(name))) is not None
    }
    return table


def unit_of(column: str) -> str | None:
    """The unit that a column's name ends in; None for a count, a share, a word or a field of a
    chip.
    """
    ending = _ending_of(column)
    return UNITS[ending] if ending else None


def heading_of(column: str, unit: str | None, values: Sequence[object]) -> Heading:
    """How a column is shown, its unit with the prefix that suits its largest number."""
    if unit is None:
        return Heading(column if "." in column else column.replace("_", " "))
    ending = _ending_of(column)
    what = column.removesuffix(f"_{ending}").replace("_", " ")
    if unit not in _PREFIXED:
        return Heading(f"{what} ({unit})")
    power = _power_of(values)
    return Heading(f"{what} ({_PREFIXES[power]}{unit})", 10.0**-power)


def _ending_of(column: str) -> str:
    """The ending of a column's name that says its unit, the longest there is; empty without one."""
    if "." in column:  # a field of a chip in a sweep: tile.rows, read.adc_bits
        return ""
    words = column.split("_")
    endings = ["_".join(words[start:]) for start in range(1, len(words))]
    if column in _ALONE:
        endings.append(column)
    return next((ending for ending in endings if ending in UNITS), "")


def _power_of(values: Sequence[object]) -> int:
    """The power of ten of the prefix with which the largest number lies between 1 and 1000."""
    sizes = [abs(value) for value in values if isinstance(value, int | float) and value]
    sizes = [size for size in sizes if math.isfinite(size)]
    if not sizes:
        return 0
    power = 3 * math.floor(math.log10(max(sizes)) / 3)
    return min(max(power, min(_PREFIXES)), max(_PREFIXES))
