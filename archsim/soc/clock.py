"""Time in whole cycles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import simpy


class Clock(simpy.Environment):
    """The environment of a simulation in which every delay is a whole number of cycles."""

    if TYPE_CHECKING:
        # SimPy allows fractions of time; with whole delays there are none.
        @property
        def now(self) -> int: ...
