"""What a trace may not say: things that contradict its matrices, its phase, or one another. Each is
one InputError with the field.

In goes a trace whose fields are all of their types (archsim/trace/file.py). `matrices` looks at what
is on the tiles, `order` at the operations together, `kinds` at one by itself, `sizes` at one against
its matrix. Begin with `check_trace`.
"""

from __future__ import annotations

from archsim.trace.consistency.common import DEFAULT, operations
from archsim.trace.consistency.kinds import check_kept, check_kind, check_rows
from archsim.trace.consistency.matrices import check_matrices, check_phase
from archsim.trace.consistency.order import check_input, check_order, check_vectors
from archsim.trace.consistency.sizes import check_activity, check_coincidences, check_sizes
from archsim.trace.operation import Trace

__all__ = ["check_trace", "check_trains"]


def check_trace(trace: Trace, where: str, free_vectors: frozenset[str] = frozenset()) -> None:
    """Raise InputError for the first contradiction. `free_vectors`: matrices that do not state how
    often an image reads them.
    """
    check_phase(trace, where)
    # In this order, since each check may rely on those before it: an operation is held against its
    # matrix, so matrices come first.
    matrices = check_matrices(trace, where)
    check_order(trace, where, matrices)
    check_vectors(trace, where, matrices, free_vectors)
    check_input(trace, where)
    for listed in operations(trace, where):
        at, name, operation = listed
        check_kind(operation, name, at)
        # A digital operation uses no matrix: what it claims of one is not read by anything.
        if operation.kind != "digital":
            matrix = matrices[operation.matrix_name]
            check_sizes(listed, matrix, operation.matrix_name in free_vectors)
            check_activity(operation, matrix, f"{at}.activity")
        check_rows(operation, at)
        check_kept(operation, at)


def check_trains(trace: Trace, train_length: int, chip: str) -> None:
    """Raise InputError where more pulses coincide than the chip's trains have; a train's own length
    was checked with the file.

    A share of pulses that is the default of an activity is an assumption, and not held against what
    somebody measured beside it.
    """
    for at, _, operation in operations(trace, trace.network):
        activity = operation.activity
        if (
            operation.kind == "pulse_update"
            and not activity.train_length
            and activity.coincidences != DEFAULT.coincidences
        ):
            # Only what a file states can contradict what it states: a default beside a measured
            # value is no contradiction.
            pulses = [getattr(activity, name) for name in ("row_pulses", "column_pulses")]
            stated = [
                share
                for name, share in zip(("row_pulses", "column_pulses"), pulses)
                if share != getattr(DEFAULT, name)
            ]
            check_coincidences(
                activity,
                train_length,
                min(stated, default=1.0),
                f"{at}.activity",
                f"the chip {chip}",
            )
