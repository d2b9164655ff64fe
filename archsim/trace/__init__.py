"""Traces: the operations of an inference or of a training step in order, with their activity.

In: a network and what an update rule says of itself (`rule.py`), or a file. Out: a `Trace`, checked.
`lower.py` turns layers into stages, `forward.py` and `training_step.py` these into operations, of
which `building_blocks/` are those that rules compose; `consistency/` says what a trace may not say.
Begin with `operation.py`, then `build.py`.
"""

from archsim.trace.build import build_trace
from archsim.trace.file import save_trace, trace_schema
from archsim.trace.layer_matrix import LayerMatrix
from archsim.trace.measured import recorded_on, with_activity
from archsim.trace.operation import Activity, Operation, Trace
from archsim.trace.row_window import RowWindow

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
