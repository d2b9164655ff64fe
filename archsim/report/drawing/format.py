"""Numbers for people: SI prefixes, three or four significant digits, a dash where there is no
number.
"""

from __future__ import annotations

import math
from typing import TypeGuard

NONE = "–"
_PREFIXES = {
    -18: "a",
    -15: "f",
    -12: "p",
    -9: "n",
    -6: "µ",
    -3: "m",
    0: "",
    3: "k",
    6: "M",
    9: "G",
    12: "T",
    15: "P",
}


def is_number(value: object) -> TypeGuard[int | float]:
    """True for a finite int or float; False for None, bool, NaN, infinity and text."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def significant(value: object, digits: int = 4) -> str:
    """A plain number with `digits` significant digits, thousands separated, no exponent between
    1e-4 and 1e15.
    """
    if not is_number(value):
        return NONE
    if value == 0:
        return "0"
    if not 1e-4 <= abs(value) < 1e15:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        return f"{mantissa}×10{_superscript(int(exponent))}"
    # Rounded first: 9.9996 has one digit before the point, 10.00 two.
    rounded = float(f"{value:.{digits - 1}e}")
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    return f"{rounded:,.{decimals}f}"


def plain(value: object) -> str:
    """A number somebody set (a parameter, a node, a tick): up to six digits, no trailing zeros;
    anything else as it is.
    """
    return (
        # Whole numbers are seeds and sizes too: they stay as they were set, without separators.
        f"{value:,.6g}"
        if is_number(value) and not isinstance(value, int)
        else ("" if value is None else str(value))
    )


def unit(text: str) -> str:
    """A unit of the figure files as people write it: um2 -> µm², uW -> µW, 1 -> nothing."""
    if text == "1":
        return ""
    atoms = [
        "µ" + atom[1:] if len(atom) > 1 and atom[0] == "u" else atom for atom in text.split("/")
    ]
    return "/".join(
        atom[:-1] + "²" if atom.endswith("m2") or atom == "F2" else atom for atom in atoms
    )


def si(value: object, unit: str, digits: int = 4) -> str:
    """A value in a base unit (J, W, s, Hz, MAC/s, …) with the prefix that leaves one to three
    digits before the point.
    """
    if not is_number(value):
        return NONE
    scaled, prefix = si_parts(value, digits)
    return f"{scaled} {prefix}{unit}"


def si_parts(value: float, digits: int = 4) -> tuple[str, str]:
    """The two halves of `si`: the number as text and the prefix."""
    if value == 0:
        return "0", ""
    # Of the rounded value, or 999.96 n would be printed as 1000 n.
    exponent = prefix_exponent(float(f"{value:.{digits - 1}e}"))
    return significant(value / 10.0**exponent, digits), _PREFIXES[exponent]


def prefix_exponent(value: float) -> int:
    """The power of ten (a multiple of three) whose prefix fits a value."""
    if value == 0:
        return 0
    # Within the prefixes that there are.
    return min(15, max(-18, 3 * math.floor(math.log10(abs(value)) / 3)))


def prefix(exponent: int) -> str:
    """The SI prefix of a power of ten from `prefix_exponent`."""
    return _PREFIXES[exponent]


def area(mm2: object, digits: int = 4) -> str:
    """An area given in mm2; below 0.001 mm2 in µm²."""
    if not is_number(mm2):
        return NONE
    if mm2 != 0 and abs(mm2) < 1e-3:
        return f"{significant(mm2 * 1e6, digits)} µm²"
    return f"{significant(mm2, digits)} mm²"


def power(uw: object, digits: int = 4) -> str:
    """A power given in µW."""
    return si(uw * 1e-6, "W", digits) if is_number(uw) else NONE


def percent(fraction: object) -> str:
    """A fraction as per cent with a sensible number of digits."""
    if not is_number(fraction):
        return NONE
    value = 100 * fraction
    if value == 0:
        return "0 %"
    # "0.0 %" would say that there is nothing.
    if abs(value) < 0.1:
        return "<0.1 %"
    # From there on the rounded number would be 100.0, a digit more than the others have.
    return f"{value:.1f} %" if abs(value) < 99.95 else f"{value:.0f} %"


def count(value: object) -> str:
    """A count with thousands separated; a count with a fraction in four significant digits."""
    if not is_number(value):
        return NONE
    # Above 1e15 a float's last digits are no longer counted ones.
    return f"{int(value):,}" if value == int(value) and abs(value) < 1e15 else significant(value)


def shorten(text: str, length: int) -> str:
    """Cut in the middle, so that both ends of a long layer name stay readable."""
    if len(text) <= length:
        return text
    head = (length - 1) * 2 // 5
    return f"{text[:head]}…{text[len(text) - (length - 1 - head) :]}"


def _superscript(number: int) -> str:
    return str(number).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
