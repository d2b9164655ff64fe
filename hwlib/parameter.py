"""A declared parameter of a part or of a device law: its default, its range or its words, its unit."""

from __future__ import annotations

from dataclasses import dataclass

from hwlib.effects import Effects
from hwlib.errors import InputError, is_finite, nearest


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared parameter of a part.

    Args:
        name: name in chip files, and attribute that the laws read.
        default: value where none is given.
        low: lowest number allowed; None for words.
        high: highest number allowed; None for words.
        unit: unit of the number as given, "1" where it has none.
        choices: allowed words; empty for numbers.
        integer: whether only whole numbers are allowed.
        monotone: whether a larger value may never make area or energy smaller (more bits never
            cheaper).
        note: what the parameter means where its name does not say it.
        effects: what a larger value, or another word, must move; every parameter of the library
            declares it.
    """

    name: str
    default: float | int | str
    low: float | None = None
    high: float | None = None
    unit: str = "1"
    choices: tuple[str, ...] = ()
    integer: bool = False
    monotone: bool = False
    note: str = ""
    effects: Effects | None = None

    def limits(self) -> tuple[float, float]:
        """Lowest and highest number allowed.

        Raises:
            TypeError: for a parameter of words, which has none.
        """
        if self.low is None or self.high is None:
            raise TypeError(f"parameter '{self.name}' has choices and no range")
        return self.low, self.high

    def check(self, value: object, where: str) -> float | int | str:
        """The value, if it is allowed.

        Args:
            value: what a chip file or a caller gave.
            where: field path that an error names.

        Returns:
            the word, the whole number or the float that the laws read.

        Raises:
            InputError: where it is no choice, no number, not whole, or out of the range.
        """
        return self._checked_word(value, where) if self.choices else self._checked(value, where)

    def _checked_word(self, value: object, where: str) -> str:
        if not isinstance(value, str) or value not in self.choices:
            raise InputError(
                "not an allowed choice",
                where=where,
                got=value,
                allowed=self.choices,
                hint=nearest(str(value), self.choices),
            )
        return value

    def _checked(self, value: object, where: str) -> float | int:
        low, high = self.limits()
        # First: the comparisons below are meant for numbers, and True is one to Python.
        if not is_finite(value):
            fault = "not a finite number"
        elif self.integer and value != int(value):
            fault = "not a whole number"
        elif not low <= value <= high:
            fault = "out of the declared range"
        else:
            return int(value) if self.integer else float(value)
        raise InputError(fault, where=where, got=value, allowed=f"{low:g} to {high:g} {self.unit}")
