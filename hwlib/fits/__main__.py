"""`python -m hwlib.fits`: write the figures of the fits into `hwlib/figures/`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from hwlib.converter_kinds import NODE_NM
from hwlib.fits.amplifiers import NODE_NM as AMPLIFIER_NODE_NM
from hwlib.fits.amplifiers import fit_amplifiers
from hwlib.fits.converters import fit_converters
from hwlib.fits.currents import FILES, fit_currents
from hwlib.fits.family import Fitted

HEAD = """\
# Written by `python -m hwlib.fits` from hwlib/fits/column_converters.csv; not to be edited.
# Constants of converters inside arrays at 28 nm and nominal supply: of 8 bits (sar, charge_sharing, slope, oscillator) or of
# one level (flash, sense_amplifier); times are of one step (a bit, a count, or the whole). Value: mean of the
# logarithms of the kind, its family counting as one row more; low and high: the ends of draws of which nine tenths lie between
# 5 and 95 % of the population. hwlib/fits/converters.py says the rest.

[column_adc_fit]
"""


AMPLIFIERS = """\
# Written by `python -m hwlib.fits` from hwlib/fits/column_amplifiers.csv; not to be edited. Bias power at 40 nm and nominal
# supply. Value: mean of the logarithms of the kind, both kinds together counting as one row more; low and high: the ends
# of draws of which nine tenths lie between 5 and 95 % of the population.

[column_amplifier_fit]
"""


CURRENTS = """\
# Written by `python -m hwlib.fits` from hwlib/fits/{file}.csv; not to be edited. {what}, at any node.
# Value: mean of the logarithms; low and high: the ends of draws of which nine tenths lie between 5 and 95 % of the population.

[{table}]
"""
WHAT = {
    "column_lines": "Current of a bit line of SRAM while comparators look at it",
    "cell_currents": "Current of a resistive cell that is read, mean over inputs and time of an invocation",
}


def documents() -> dict[str, str]:
    """The figure files by name."""
    return {
        "column_adc_fit.toml": HEAD + _entries(fit_converters(), "column_converters", NODE_NM),
        "column_amplifier_fit.toml": AMPLIFIERS
        + _entries(fit_amplifiers(), "column_amplifiers", AMPLIFIER_NODE_NM),
    } | dict(_currents())


def _currents() -> Iterator[tuple[str, str]]:
    for name, one in fit_currents().items():
        table = name.split(".")[0]
        file = FILES[name]
        head = CURRENTS.format(file=file, what=WHAT[file], table=table)
        yield f"{table}.toml", head + _entry(name, one, file, None)


def _entries(fitted: Mapping[str, Fitted], source: str, node_nm: float | None) -> str:
    return "".join(_entry(name, one, source, node_nm) for name, one in fitted.items())


def _entry(name: str, one: Fitted, source: str, node_nm: float | None) -> str:
    key = name.split(".")[1]
    rows = ", ".join(one.groups) or "none of its own: that of its family"
    # An exponent has no node, and neither has a current, which follows none.
    node = "" if one.unit == "1" or node_nm is None else f", node_nm = {node_nm:g}"
    return (
        f'{key} = {{ value = {one.value:.6g}, unit = "{one.unit}", low = {one.low:.6g}, '
        # `scaled`, not `measured`: rows were brought to one node and supply before they were
        # averaged.
        f'high = {one.high:.6g}, kind = "scaled", source = "{source}", '
        f'place = "fit over the rows of: {rows}"{node} }}\n'
    )


if __name__ == "__main__":
    for file, text in documents().items():
        path = Path(__file__).parents[1] / "figures" / file
        path.write_text(text, encoding="utf-8")
        print(path)
