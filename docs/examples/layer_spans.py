"""An event format of one's own: when each layer worked, one line a layer, as text.

docs/learn/my_event_format.md goes through it.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from archsim.soc.observers import Observer
from archsim.soc.observers.base import OutputFile


class LayerSpans(Observer):
    """Writes `path` when the run has ended: layer, first cycle, last cycle, jobs of its tiles."""

    def __init__(self, path: str | Path):
        self._file = OutputFile(path)

    def begin(self, machine) -> None:
        # A run may be the second of this observer: nothing of the first may be left.
        self._first: dict[str, int] = {}
        self._last: dict[str, int] = defaultdict(int)
        self._jobs: dict[str, int] = defaultdict(int)
        self._file.open()

    def tile_job(self, run, unit: int, begin: int, end: int) -> None:
        layer = run.plan.operation.layer
        self._first.setdefault(layer, begin)
        self._last[layer] = max(self._last[layer], end)
        self._jobs[layer] += 1

    def finish(self, machine) -> None:
        self._file.write("layer\tfirst\tlast\tjobs\n")
        for layer, first in self._first.items():
            self._file.write(f"{layer}\t{first}\t{self._last[layer]}\t{self._jobs[layer]}\n")
        self._file.keep()

    def discard(self) -> None:
        # A run that fails leaves no half-written file.
        self._file.discard()
