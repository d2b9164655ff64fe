"""One operation against its matrix: steps, elements, lines, and what its activity claims."""

from __future__ import annotations

from archsim.trace.consistency.common import READS, SLACK, Listed, at_most
from archsim.trace.layer_matrix import LayerMatrix
from archsim.trace.operation import Activity, Operation
from hwlib.errors import InputError

LONGEST_TRAIN = 1_000_000
"""Slots of the longest train that a chip allows."""


def check_sizes(listed: Listed, matrix: LayerMatrix, free: bool) -> None:
    """Steps against vectors and rows, elements and lines against the sides of the matrix. `free`:
    the matrix does not state how often an image reads it.
    """
    at, name, operation = listed
    backward = operation.kind == "read_transposed"
    # Driven lines: forward the rows, with the line that carries the bias.
    lines = matrix.columns if backward else matrix.rows + matrix.bias
    at_most(operation.lines, lines, f"{at}.lines", "lines of the matrix")
    own = not operation.array and not free
    if (
        own
        and operation.kind in READS
        and operation.phase == "backward"
        and operation.steps != matrix.vectors
    ):
        raise InputError(
            "an image applies as many vectors to the layer as its matrix says",
            where=f"{at}.steps",
            got=operation.steps,
            allowed=str(matrix.vectors),
        )
    if operation.kind == "write":
        # A write that needs more steps than there are rows would write rows twice.
        _check_steps(operation, matrix.rows + matrix.bias, "rows", at)
    whole = own and not operation.lines  # every line of the layer's own array
    if whole and operation.kind == "pulse_update" and name == "image_operations":
        _check_steps(operation, matrix.vectors, "vectors", at)
    _check_elements(operation, matrix, at)


def _check_steps(operation: Operation, most: int, what: str, at: str) -> None:
    if operation.steps > most:
        raise InputError(
            f"more steps than the matrix has {what}",
            where=f"{at}.steps",
            got=operation.steps,
            allowed=f"up to {most}",
        )


def _check_elements(operation: Operation, matrix: LayerMatrix, at: str) -> None:
    rows = matrix.rows + matrix.bias
    columns = matrix.columns
    groups = matrix.groups
    inputs = operation.input_elements
    if operation.kind in READS:
        backward = operation.kind == "read_transposed"
        # Backwards the columns are driven and the rows sensed; nobody asks for the error of the
        # bias line.
        driven, sensed = (columns, matrix.rows) if backward else (matrix.rows, columns)
        wanted = (operation.lines or driven) * groups
        # none: the file leaves out what the buffer delivers
        if inputs and not _equal(inputs, wanted):
            raise InputError(
                "a vector has as many elements as the matrix has driven lines",
                where=f"{at}.input_elements",
                got=inputs,
                allowed=f"{wanted}, or 0",
            )
        outputs = f"{at}.output_elements"
        at_most(operation.output_elements, sensed * groups, outputs, "outputs of the matrix")
    elif operation.kind == "pulse_update":
        both = "rows and columns of the matrix"
        at_most(inputs, (rows + columns) * groups, f"{at}.input_elements", both)
    elif operation.kind == "write":
        at_most(inputs, columns * groups, f"{at}.input_elements", "columns of the matrix")


def check_activity(operation: Operation, matrix: LayerMatrix, at: str) -> None:
    activity = operation.activity
    if operation.kind == "pulse_update":
        slots = activity.train_length or LONGEST_TRAIN
        whose = "this operation" if activity.train_length else "any chip"
        check_coincidences(
            activity, slots, min(activity.row_pulses, activity.column_pulses), at, whose
        )
    if operation.kind in READS:
        outputs = (
            matrix.rows if operation.kind == "read_transposed" else matrix.columns
        ) * matrix.groups
        at_most(activity.saturations, outputs, f"{at}.saturations", "outputs of a vector")


def check_coincidences(activity: Activity, slots: float, share: float, at: str, whose: str) -> None:
    """Pulses of a row and a column meet at most as often as the rarer of them come: the slots times
    its share of them.
    """
    most = slots * share
    # Absolute as well: a share of zero has a most of zero, and means are rounded.
    if activity.coincidences > most * (1 + SLACK) + 1e-12:
        raise InputError(
            f"more coincidences at a cross-point than the trains of {whose} have pulses",
            where=f"{at}.coincidences",
            got=activity.coincidences,
            allowed=f"up to {most:g}: {slots:g} slots, a pulse in {share:g} of them",
        )


def _equal(value: float, wanted: float) -> bool:
    return abs(value - wanted) <= SLACK * wanted
