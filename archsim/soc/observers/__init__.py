"""Observers of a run: the events as a trace for Perfetto, or as a value change dump for a waveform
viewer.
"""

from archsim.soc.observers.base import Observer
from archsim.soc.observers.perfetto import PerfettoTrace
from archsim.soc.observers.vcd import VcdTrace

__all__ = ["Observer", "PerfettoTrace", "VcdTrace"]
