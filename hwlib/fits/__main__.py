"""`python -m hwlib.fits`: write the figures of the fits into `hwlib/figures/column_adc_fit.toml`."""

from __future__ import annotations

from pathlib import Path

from hwlib.converter_kinds import NODE_NM
from hwlib.fits.converters import Fitted, fit_converters

HEAD = """\
# Written by `python -m hwlib.fits` from hwlib/fits/column_converters.csv; not to be edited.
# Constants of converters inside arrays at 28 nm and nominal supply: of 8 bits (sar, charge_sharing, slope, oscillator) or of
# one level (flash, sense_amplifier); times are of one step (a bit, a count, or the whole). Value: median of the kind, its
# family counting as one row more; low and high: 5 and 95 % of what is left when each chip or study is predicted without its
# own rows. hwlib/fits/converters.py says the rest.

[column_adc_fit]
"""


def document() -> str:
    """The figure file."""
    entries = (_entry(name.split(".")[1], one) for name, one in fit_converters().items())
    return HEAD + "".join(entries)


def _entry(key: str, one: Fitted) -> str:
    rows = ", ".join(one.groups) or "none of its own: that of its family"
    node = "" if key == "counting_growth" else f", node_nm = {NODE_NM:g}"
    return (
        f'{key} = {{ value = {one.value:.6g}, unit = "{one.unit}", low = {one.low:.6g}, '
        f'high = {one.high:.6g}, kind = "scaled", source = "column_converters", '
        f'place = "fit over the rows of: {rows}"{node} }}\n'
    )


if __name__ == "__main__":
    path = Path(__file__).parents[1] / "figures" / "column_adc_fit.toml"
    path.write_text(document(), encoding="utf-8")
    print(path)
