"""What a tuning may change of an update rule: a setting with its range, as the rule's file declares it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from hwlib.errors import InputError

Value = bool | int | float | str
_DIGITS = 4  # of a drawn number: a setting that somebody can type again


@dataclass(frozen=True)
class Tuned:
    """A setting and what it may be: `choices`, or `low` to `high` on a scale.

    Args:
        name: a field of the scheme, or `training.FIELD` of the training settings.
        low: the least value; two whole numbers give whole numbers.
        high: the largest.
        scale: log where factors count, linear where differences do.
        choices: the values in place of a range.
    """

    name: str
    low: float = 0.0
    high: float = 0.0
    scale: Literal["linear", "log"] = "linear"
    choices: tuple[Value, ...] = ()

    def __post_init__(self) -> None:
        ranged = self.low < self.high and (self.scale == "linear" or self.low > 0)
        if not ranged and len(self.choices) < 2:
            raise InputError(
                "a tuned setting has a range or two choices",
                where=self.name,
                got=self.choices or (self.low, self.high),
                allowed="low < high, above zero on a logarithmic scale",
            )

    def at(self, share: float) -> Value:
        """The value at a share of its range.

        Args:
            share: from 0 up to 1, 1 excluded.
        """
        if self.choices:
            return self.choices[min(len(self.choices) - 1, int(share * len(self.choices)))]
        if isinstance(self.low, int) and isinstance(self.high, int):
            # each whole number has the same share of the axis, on its scale
            low, high = self.low - 0.5, self.high + 0.5
            return min(self.high, max(self.low, round(self._between(low, high, share))))
        return float(f"{self._between(self.low, self.high, share):.{_DIGITS}g}")

    def _between(self, low: float, high: float, share: float) -> float:
        if self.scale == "log":
            return math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
        return low + share * (high - low)


RATE = Tuned("learning_rate", 1 / 8, 8.0, "log")
"""The learning rate of every rule, as a factor of the one that it suggests: as wide for each."""
