"""The inputs of a step on their way to a core."""

from __future__ import annotations

from dataclasses import dataclass

import simpy


@dataclass(frozen=True, slots=True)
class Arrival:
    """The event that all are there, and the cycles that they waited for data that did not exist."""

    event: simpy.Event
    dependency: int
