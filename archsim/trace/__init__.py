"""Traces: the operations of an inference or of a training step, with their activity."""

from archsim.trace.build import build_trace
from archsim.trace.file import save_trace, trace_schema
from archsim.trace.measured import recorded_on, with_activity
from archsim.trace.operation import Activity, LayerMatrix, Operation, RowWindow, Trace

__all__ = [
    "Activity",
    "LayerMatrix",
    "Operation",
    "RowWindow",
    "Trace",
    "build_trace",
    "recorded_on",
    "save_trace",
    "trace_schema",
    "with_activity",
]
