"""Time in whole cycles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import simpy

if TYPE_CHECKING:

    class Clock(simpy.Environment):
        """The environment of a simulation in which every delay is a whole number of cycles: SimPy
        allows fractions of time, with whole delays there are none.
        """

        @property
        def now(self) -> int: ...

else:
    # No subclass while it runs: SimPy's own loop is quicker without one.
    Clock = simpy.Environment
