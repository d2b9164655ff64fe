"""What mutated inputs came to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Report:
    """`inputs` done, `refused` among them; `slowest_s` of processor time; `faults` are (reader, seed,
    number, what), what being an error that is no InputError, a hang, a peak of memory, or the death
    of the process."""

    inputs: int = 0
    refused: int = 0
    slowest_s: float = 0.0
    peak_mb: int = 0
    seconds: float = 0.0
    faults: list[tuple[str, int, int, str]] = field(default_factory=list)
    by_reader: Counter = field(default_factory=Counter)

    def add(self, other: Report) -> None:
        self.inputs += other.inputs
        self.refused += other.refused
        self.seconds += other.seconds
        self.slowest_s, self.peak_mb = (
            max(self.slowest_s, other.slowest_s),
            max(self.peak_mb, other.peak_mb),
        )
        self.faults += other.faults
        self.by_reader += other.by_reader
