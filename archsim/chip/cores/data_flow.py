"""What the inputs of an operation are made of: results of others, and what comes from outside or from the
state of a training.

An error reaches an update from the operation that made it, an activation from where the layer got its
inputs: what the order of operations says (`after`) is no more than what waits for what.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archsim.trace.layer_matrix import LayerMatrix
from archsim.trace.operation import Operation, Trace


class Made(NamedTuple):
    """So many values that an operation made."""

    name: str
    values: float


class Inputs(NamedTuple):
    """What an operation takes in all, as weights: results of operations, and `outside`."""

    made: tuple[Made, ...]
    outside: float

    def scaled(self, values: float) -> Inputs:
        """The same as so many values."""
        total = sum(one.values for one in self.made) + self.outside
        if not total or not values:
            return Inputs((), 0.0)
        made = tuple(Made(name, own * values / total) for name, own in self.made)
        return Inputs(made, self.outside * values / total)


FROM_OUTSIDE = Inputs((), 1.0)


def outputs_of(operation: Operation) -> float:
    """The values of the feature map that an operation writes."""
    return operation.output_elements * operation.steps


def flow_of(trace: Trace) -> dict[str, Inputs]:
    """The inputs of every operation, by its name.

    Args:
        trace: an inference, a training step or its setup.

    Returns:
        by name, those of an image first.
    """
    matrices = {matrix.layer: matrix for matrix in trace.matrices}
    flow: dict[str, Inputs] = {}
    earlier: dict[str, Operation] = {}
    for operation in trace.image_operations:
        matrix = matrices.get(operation.layer)
        if operation.phase in ("update", "setup"):
            flow[operation.name] = _of_update(operation, matrix, flow, earlier)
        else:
            flow[operation.name] = _of_map(operation, earlier)
        earlier[operation.name] = operation
    # what is done once for a batch works on state and weights
    return flow | dict.fromkeys((op.name for op in trace.batch_operations), FROM_OUTSIDE)


def _of_map(operation: Operation, earlier: dict[str, Operation]) -> Inputs:
    """Feature maps of the operations before, and what is left of the map from outside."""
    made = tuple(
        Made(name, outputs_of(earlier[name])) for name in operation.after if name in earlier
    )
    if not made:
        return FROM_OUTSIDE
    whole = operation.map_elements - outputs_of(operation)
    outside = max(0.0, whole - sum(one.values for one in made))
    if outside < 1e-6 * whole:  # maps are counted as values a step, which need not be whole
        outside = 0.0
    return Inputs(made, outside)


def _of_update(
    operation: Operation,
    matrix: LayerMatrix | None,
    flow: dict[str, Inputs],
    earlier: dict[str, Operation],
) -> Inputs:
    """Activations and errors of the layer, or what an operation before it in the update made."""
    before = [earlier[name] for name in operation.after if name in earlier]
    results = [op for op in before if op.phase == operation.phase and op.output_elements]
    if results:
        return Inputs(tuple(Made(op.name, outputs_of(op)) for op in results), 0.0)
    if matrix is None or operation.kind in ("read", "read_transposed", "write") or not before:
        return FROM_OUTSIDE
    values = operation.input_elements
    errors = min(values, matrix.columns * matrix.groups)
    activations = flow.get(f"{operation.layer}.forward", FROM_OUTSIDE).scaled(values - errors)
    back = [op for op in earlier.values() if (op.layer, op.phase) == (operation.layer, "backward")]
    error = _error(operation.layer, back, flow, before).scaled(errors)
    return Inputs(activations.made + error.made, activations.outside + error.outside)


def _error(
    layer: str, back: Sequence[Operation], flow: dict[str, Inputs], before: Sequence[Operation]
) -> Inputs:
    """The error at the output of a layer: what its read backwards takes; of a layer that gives no
    error on, what came last."""
    if back:
        last = back[-1]
        if last.kind == "read_transposed" or "multiply_add" in last.vector_work:
            return flow[last.name]
        return Inputs((Made(last.name, outputs_of(last)),), 0.0)
    arriving = [op for op in before if op.name != f"{layer}.forward"] or before
    made = tuple(Made(op.name, outputs_of(op)) for op in arriving if op.output_elements)
    return Inputs(made, 0.0) if made else FROM_OUTSIDE
