"""Observers of a run, and the forms in which they write its events.

In go the events as they happen (`base.py` says which); out comes a file, whole or not at all.
`formats.py` is the table of all forms: one file and one line each. Watching changes nothing. Begin
with `base.py`.
"""

from archsim.soc.observers.base import Observer
from archsim.soc.observers.event_table import EventTable
from archsim.soc.observers.formats import FORMATS, EventFormat
from archsim.soc.observers.perfetto import PerfettoTrace
from archsim.soc.observers.vcd import VcdTrace

__all__ = ["FORMATS", "EventFormat", "EventTable", "Observer", "PerfettoTrace", "VcdTrace"]
