"""Axes of a space: a list of values, an even or logarithmic range, or a continuous range for the
samplers that draw.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hwlib.errors import InputError, is_finite, nearest

MAX_VALUES = 10_000
RANGE_FIELDS = ("from", "to", "step", "factor", "count", "scale", "integer")


@dataclass(frozen=True)
class Axis:
    """One field with what it may be: `values` (discrete), or `low` to `high` where `values` is
    empty (continuous).
    """

    path: str
    values: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    logarithmic: bool = False

    @property
    def numeric(self) -> bool:
        """True where the values are numbers (on/off is not)."""
        return not self.values or all(
            isinstance(v, int | float) and not isinstance(v, bool) for v in self.values
        )

    def at(self, share: float) -> Any:
        """The value at `share` (0 up to 1, 1 excluded) of the axis."""
        if self.values:
            return self.values[min(len(self.values) - 1, int(share * len(self.values)))]
        if self.logarithmic:
            value = math.exp(
                math.log(self.low) + share * (math.log(self.high) - math.log(self.low))
            )
        else:
            value = self.low + share * (self.high - self.low)
        return float(f"{value:.10g}")  # ten digits: a design somebody can type again


def read_axis(path: str, entry: object, where: str) -> Axis:
    """An axis from its TOML entry. Raises InputError with the field path for anything that is not
    one.
    """
    if isinstance(entry, list):
        return Axis(path, _listed(entry, where))
    if isinstance(entry, Mapping):
        return _range(path, entry, where)
    raise InputError(
        "an axis is a list of values or a range",
        where=where,
        got=entry,
        allowed='[64, 128], { from = 5, to = 9 }, { from = 50.0, to = 800.0, count = 5, scale = "log" }',
    )


def _listed(entry: list, where: str) -> tuple[Any, ...]:
    if not entry:
        raise InputError("an axis without values", where=where)
    if len(entry) > MAX_VALUES:
        raise InputError(
            "too many values on one axis",
            where=where,
            got=len(entry),
            allowed=f"up to {MAX_VALUES}",
        )
    for index, value in enumerate(entry):
        if (
            not isinstance(value, bool | int | float | str)
            or not isinstance(value, bool | str)
            and not is_finite(value)
        ):
            raise InputError(
                "a value of an axis is a number, a word or true/false",
                where=f"{where}[{index}]",
                got=value,
            )
    # 1 and true are equal in Python and two values of an axis.
    if len({(type(value) is bool, value) for value in entry}) != len(entry):
        raise InputError("a value stands twice", where=where, got=entry)
    return tuple(entry)


def _number(entry: Mapping, key: str, where: str, default: object = None) -> float | int:
    value = entry.get(key, default)
    if not is_finite(value):
        raise InputError(
            "not a number" if key in entry else f"a range needs '{key}'",
            where=f"{where}.{key}",
            got=value,
        )
    return value


def _range(path: str, entry: Mapping, where: str) -> Axis:
    for key in entry:
        if key not in RANGE_FIELDS:
            raise InputError(
                "unknown field of a range",
                where=f"{where}.{key}",
                allowed=RANGE_FIELDS,
                hint=nearest(key, RANGE_FIELDS),
            )
    low = _number(entry, "from", where)
    high = _number(entry, "to", where)
    scale = entry.get("scale", "linear")
    if scale not in ("linear", "log"):
        raise InputError(
            "unknown scale", where=f"{where}.scale", got=scale, allowed=("linear", "log")
        )
    if not low < high:
        raise InputError("'from' is not below 'to'", where=where, got=(low, high))
    if (scale == "log" or "factor" in entry) and low <= 0:
        raise InputError("a logarithmic range starts above zero", where=f"{where}.from", got=low)
    ways = [key for key in ("step", "factor", "count") if key in entry]
    if len(ways) > 1:
        raise InputError("choose one of step, factor and count", where=where, got=", ".join(ways))
    whole = isinstance(low, int) and isinstance(high, int)
    if not ways:
        if whole and scale == "linear":
            first, last = int(low), int(high)
            return Axis(path, tuple(range(first, first + _count(last - first + 1, where))))
        return Axis(path, (), float(low), float(high), scale == "log")
    return Axis(path, _spaced(entry, ways[0], low, high, scale, whole, where))


def _spaced(
    entry: Mapping, way: str, low: float, high: float, scale: str, whole: bool, where: str
) -> tuple[Any, ...]:
    amount = _number(entry, way, where)
    if way == "step":
        if amount <= 0 or scale == "log":
            raise InputError(
                "a step is above zero, on a linear scale", where=f"{where}.step", got=amount
            )
        # The hair keeps an end that rounding puts beyond: 0.1 to 0.3 by 0.1 are three values.
        steps = _count(math.floor((high - low) / amount + 1e-9) + 1, where)
        values = [low + i * amount for i in range(steps)]
    elif way == "factor":
        if amount <= 1:
            raise InputError("a factor is above one", where=f"{where}.factor", got=amount)
        steps = _count(math.floor(math.log(high / low) / math.log(amount) + 1e-9) + 1, where)
        values = [low * amount**i for i in range(steps)]
    else:
        if not isinstance(amount, int) or not 2 <= amount <= MAX_VALUES:
            raise InputError(
                "not a number of values",
                where=f"{where}.count",
                got=amount,
                allowed=f"2 to {MAX_VALUES}",
            )
        shares = [i / (amount - 1) for i in range(amount)]
        values = [
            low * (high / low) ** s if scale == "log" else low + s * (high - low) for s in shares
        ]
    if whole and all(isinstance(v, int) for v in values):
        return tuple(values)
    # Rounded counts may meet: each value once.
    if whole and way == "count":
        return tuple(dict.fromkeys(round(v) for v in values))
    return tuple(dict.fromkeys(float(f"{v:.10g}") for v in values))


def _count(steps: int, where: str) -> int:
    if steps > MAX_VALUES:
        raise InputError(
            "too many values on one axis", where=where, got=steps, allowed=f"up to {MAX_VALUES}"
        )
    return steps
