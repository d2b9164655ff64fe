"""The forms in which a run's events are written, one file each.

To add one: a file with an `Observer` that is made with a path and writes it (`OutputFile`), and a
line here. The command line, its help and the tests read this table.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from archsim.soc.observers.base import Observer


class EventFormat(NamedTuple):
    """A form of the events: the option of `archsim run` that asks for it, the usual end of its
    file's name, its help, and the observer that writes it, as "module:class".
    """

    option: str
    suffix: str
    help: str
    writer: str

    @property
    def word(self) -> str:
        """The option as an attribute."""
        return self.option.removeprefix("--").replace("-", "_")

    def observer(self, path: str | Path) -> Observer:
        """An observer that writes this file when the run has ended."""
        module, _, name = self.writer.partition(":")
        observer = getattr(import_module(f"archsim.soc.observers.{module}"), name)(path)
        assert isinstance(observer, Observer)
        return observer


# fmt: off
FORMATS = (
    EventFormat("--trace-out", ".json", "the events for Perfetto or chrome://tracing",
                "perfetto:PerfettoTrace"),
    EventFormat("--vcd", ".vcd", "the events as a value change dump (needs the extra 'vcd')", "vcd:VcdTrace"),
    EventFormat("--events-csv", ".csv", "the events as a table, one a row", "event_table:EventTable"),
)
# fmt: on
