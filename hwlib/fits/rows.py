"""Rows of published converters inside arrays, as `column_converters.csv` holds them."""

from __future__ import annotations

import functools
from typing import NamedTuple

from hwlib.converter_kinds import KINDS, NODE_NM
from hwlib.errors import unknown
from hwlib.stored_table import stored_table

UNRECORDED = "unrecorded"
"""Kind of a whole column whose converter's kind nobody recorded, of 4 bits or more: it bounds the
family of those that compare one after another."""


class ConverterRow(NamedTuple):
    """One published converter, or law of converters evaluated at one point.

    Args:
        group: what is left out together: one chip, one study, one model.
        kind: key of KINDS, or UNRECORDED.
        node_nm: of the circuit; NODE_NM where it is not published.
        supply_v: None where not published: the node's nominal one.
        bits: nominal, or effective where only that is known.
        area_um2: None where not published.
        energy_pj: of one conversion; None where not published.
        time_ns: of one conversion; None where not published.
        bound: area and energy are those of a whole column or core, converter included.
        source: key of the bibliography.
    """

    group: str
    kind: str
    node_nm: float
    supply_v: float | None
    bits: float
    area_um2: float | None
    energy_pj: float | None
    time_ns: float | None
    bound: bool
    source: str


@functools.cache
def read_rows() -> tuple[ConverterRow, ...]:
    """Every row of the file, in its order.

    Returns:
        the rows, stand-alone silicon not among them: it is another population (`adc_sar`).
    """
    return tuple(_row(entry) for entry in stored_table("hwlib.fits", "column_converters.csv"))


def _row(entry: dict[str, str]) -> ConverterRow:
    if entry["type"] not in (*KINDS, UNRECORDED):
        raise unknown("kind of converter", entry["type"], KINDS, "column_converters.csv")

    def number(key: str) -> float | None:
        return float(entry[key]) if entry[key] else None

    return ConverterRow(
        group=entry["group"],
        kind=entry["type"],
        # Where nobody printed a node, that of the fit: no scaling is better than a guess.
        node_nm=number("node_nm") or NODE_NM,
        supply_v=number("supply_v"),
        bits=float(entry["bits"]),
        area_um2=number("area_um2"),
        energy_pj=number("energy_pj"),
        time_ns=number("time_ns"),
        bound=entry["bound"] == "upper",
        source=entry["source"],
    )
