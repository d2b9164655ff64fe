"""Traces: the operations of an inference or of a training step, with their activity."""

from archsim.trace.build import build_trace
from archsim.trace.file import load_trace, save_trace
from archsim.trace.measured import with_activity
from archsim.trace.operation import Activity, LayerMatrix, Operation, RowWindow, Trace

__all__ = ["Activity", "LayerMatrix", "Operation", "RowWindow", "Trace", "build_trace", "load_trace", "save_trace", "with_activity"]
