"""Units of the figure files and their base units (um2, J, W, s, m, V, A, S, ohm, Hz, bit, 1)."""

from __future__ import annotations

from hwlib.errors import InputError, nearest

_PREFIX = {
    "f": 1e-15,
    "p": 1e-12,
    "n": 1e-9,
    "u": 1e-6,
    "m": 1e-3,
    "": 1.0,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
}
_PREFIXED = {
    "J": "J",
    "W": "W",
    "s": "s",
    "V": "V",
    "A": "A",
    "S": "S",
    "Hz": "Hz",
    "F": "F",
    "bit": "bit",
    "B": "B",
}

# unit -> (factor, base unit). Areas keep um2 as the base: it is the unit people read.
_ATOMS: dict[str, tuple[float, str]] = {
    "1": (1.0, "1"),
    "um2": (1.0, "um2"),
    "mm2": (1e6, "um2"),
    "nm2": (1e-6, "um2"),
    "F2": (1.0, "F2"),
    "m": (1.0, "m"),
    "mm": (1e-3, "m"),
    "um": (1e-6, "m"),
    "nm": (1e-9, "m"),
    "%": (0.01, "1"),
    "cycle": (1.0, "cycle"),
    "gate": (1.0, "gate"),
    "word": (1.0, "word"),
    "ohm": (1.0, "ohm"),
}
for _symbol, _base in _PREFIXED.items():
    for _prefix, _factor in _PREFIX.items():
        # Where a name is taken (m for metre), what stands above wins.
        _ATOMS.setdefault(_prefix + _symbol, (_factor, _base))


def to_base(value: float, unit: str, where: str = "") -> tuple[float, str]:
    """Convert `value` in `unit` (atoms joined by '/') to base units; returns (value, base unit).

    Raises InputError for an unknown unit, with the nearest known one.
    """
    factor = 1.0
    bases = []
    for position, atom in enumerate(unit.split("/")):
        if atom not in _ATOMS:
            raise InputError("unknown unit", where=where, got=unit, hint=nearest(atom, _ATOMS))
        scale, base = _ATOMS[atom]
        # One number above, all others below: fJ/bit/mm.
        factor = factor * scale if position == 0 else factor / scale
        bases.append(base)
    return value * factor, "/".join(bases)
