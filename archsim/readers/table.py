"""Checked reading of one table of an input file: wrong type, missing, unknown and out-of-range
fields are InputErrors.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping

from hwlib.errors import InputError, unknown

LARGEST = 2**40
"""No dimension and no product of dimensions may pass this; a larger one is a mistake in the file,
not a network."""


class Table:
    """One table of a file and its path, such as `net.toml: layer[3] 'conv2'`."""

    def __init__(self, values: Mapping[str, object], where: str):
        self.values = values
        self.where = where

    def refuse_unknown(self, allowed: Iterable[str]) -> None:
        """Raise InputError for the first field that is not in `allowed`, with the nearest allowed
        one.
        """
        allowed = tuple(allowed)
        for name in self.values:
            if name not in allowed:
                raise unknown("field", name, allowed, self.where)

    def text(self, name: str, default: str | None = None) -> str:
        """A string; `default` None makes the field compulsory."""
        value = self._get(name, default)
        if not isinstance(value, str):
            raise InputError("must be a text", where=self._path(name), got=value)
        return value

    def word(self, name: str, default: str, allowed: Iterable[str], what: str) -> str:
        """One of the `allowed` words; another is an unknown `what`, refused with the nearest."""
        value = self.text(name, default)
        if value not in allowed:
            raise unknown(what, value, allowed, self._path(name))
        return value

    def axis(self, name: str, rank: int, default: int | None = None) -> int:
        """The number of one of `rank` axes, from 0 on."""
        value = self.integer(name, default, lowest=0)
        if value >= rank:
            raise InputError(
                "there is no such axis",
                where=self._path(name),
                got=value,
                allowed=f"0 to {rank - 1}",
            )
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        value = self._get(name, default)
        if not isinstance(value, bool):
            raise InputError("must be true or false", where=self._path(name), got=value)
        return value

    def number(self, name: str) -> float:
        """A finite number; the field must be there."""
        value = self._get(name, None)
        if (
            isinstance(value, bool)
            or not isinstance(value, (int, float))
            or not math.isfinite(value)
            or abs(value) > 1e30
        ):
            raise InputError("must be a finite number", where=self._path(name), got=value)
        return float(value)

    def integer(self, name: str, default: int | None = None, lowest: int = 1) -> int:
        """A whole number from `lowest` to 2^40."""
        return require_count(self._get(name, default), self._path(name), lowest)

    def integers(
        self, name: str, default: tuple[int, ...] | None = None, lowest: int = 1
    ) -> tuple[int, ...]:
        """A non-empty list of whole numbers."""
        value = self._get(name, default)
        if not isinstance(value, (list, tuple)) or not value:
            raise InputError("must be a list of whole numbers", where=self._path(name), got=value)
        return tuple(
            require_count(item, f"{self._path(name)}[{index}]", lowest)
            for index, item in enumerate(value)
        )

    def pair(self, name: str, default: tuple[int, int] | int | None = None) -> tuple[int, int]:
        """(height, width): written as one whole number for both, or as a list of two."""
        value = self._get(name, default)
        if isinstance(value, (list, tuple)):
            if len(value) != 2:
                raise InputError(
                    "needs one number or two (height, width)", where=self._path(name), got=value
                )
            where = self._path(name)
            first, second = (
                require_count(item, f"{where}[{index}]") for index, item in enumerate(value)
            )
            return first, second
        number = require_count(value, self._path(name), 1)
        return number, number

    def names(self, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """A list of texts, or one text."""
        value = self._get(name, default)
        value = [value] if isinstance(value, str) else value
        if (
            not isinstance(value, (list, tuple))
            or not value
            or not all(isinstance(item, str) for item in value)
        ):
            raise InputError(
                "must be a layer name or a list of layer names", where=self._path(name), got=value
            )
        return tuple(value)

    def _path(self, name: str) -> str:
        return f"{self.where}.{name}"

    def _get(self, name: str, default: object) -> object:
        if name in self.values:
            return self.values[name]
        if default is None:
            near = difflib.get_close_matches(name, list(self.values), n=1)
            hint = f"is '{near[0]}' meant for it?" if near else ""
            raise InputError(f"field '{name}' is missing", where=self.where, hint=hint)
        return default


def require_count(value: object, where: str, lowest: int = 1) -> int:
    """`value` as an int in lowest..2^40. Raises InputError for text, NaN, fractions, booleans and
    numbers out of range.
    """
    # 3.0 is 3: spreadsheets and YAML write counts with a point.
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InputError("must be a whole number", where=where, got=value)
    if value < lowest:
        raise InputError("is too small", where=where, got=value, allowed=f"{lowest} and above")
    if value > LARGEST:
        # Only the size is named: printing an integer of many thousand digits is itself refused by
        # Python.
        got = value if value.bit_length() < 200 else "a huge number"
        raise InputError("is too large", where=where, got=got, allowed=f"{lowest} to 2^40")
    return value


def check_size(shape: tuple[int, ...], where: str, what: str = "shape") -> tuple[int, ...]:
    """`shape` again, where every dimension is 1 or more and the product is at most 2^40, else
    InputError.
    """
    if not shape or min(shape) < 1:
        raise InputError(f"the {what} has no elements", where=where, got=shape)
    if math.prod(shape) > LARGEST:
        raise InputError(
            f"the {what} has too many elements", where=where, got=shape, allowed="at most 2^40"
        )
    return shape
