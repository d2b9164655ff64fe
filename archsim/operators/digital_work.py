"""Digital work of the layer operators: actions of the vector unit an output element, forward and
backward.

Every operator of the vocabulary is named in both functions, those without work too: one that is in
none is an error, and costs nothing nowhere.
"""

from __future__ import annotations

import math

from hwlib.errors import InputError, unknown
from workloads.network import FREE_OPERATORS, OPERATORS, Layer

# Results of several layers side by side: only their addresses differ.
_MOVES_ONLY = (*FREE_OPERATORS, "concat")


def _window(layer: Layer) -> int:
    if layer.operator.startswith("global"):
        return math.prod(layer.input_shapes[0][1:])
    return layer.kernel[0] * layer.kernel[1]


def forward_work(layer: Layer) -> dict[str, float]:
    """Vector-unit actions of one image through `layer`. Raises InputError for an array operator,
    and for one that is unknown.
    """
    n = layer.output_elements
    operator = layer.operator
    if operator in ("relu", "leaky_relu", "clip"):
        return {"compare": n * (2 if operator == "clip" else 1)} | (
            {"multiply": n} if operator == "leaky_relu" else {}
        )
    if operator in ("tanh", "sigmoid"):
        return {"lookup": n}
    if operator == "softmax":  # maximum, subtract, exponential, sum, divide
        return {"compare": n, "add": 2 * n, "lookup": n, "divide": n}
    if operator == "batch_norm":  # folded into one scale and one shift a channel
        return {"multiply_add": n}
    if (
        operator == "local_response_norm"
    ):  # square, running sum over channels, power by table, scale
        return {"multiply": 2 * n, "add": 2 * n, "lookup": n}
    if operator in ("max_pool", "global_max_pool"):
        return {"compare": n * (_window(layer) - 1)}
    if operator in ("average_pool", "global_average_pool"):
        return {"add": n * (_window(layer) - 1), "multiply": n}
    if operator in ("add", "multiply"):
        return {operator: n * max(1, len(layer.input_shapes) - 1)}
    if operator == "matmul":
        return {"multiply_add": n * layer.input_shapes[0][-1]}
    if operator in _MOVES_ONLY:
        return {}
    raise _no_work(layer)


def backward_work(layer: Layer) -> dict[str, float]:
    """Vector-unit actions that take one image's error back through `layer`. Raises InputError as
    `forward_work` does.
    """
    n, inputs = layer.output_elements, layer.input_elements
    operator = layer.operator
    if operator in ("relu", "clip"):
        return {"compare": n}
    if operator == "leaky_relu":
        return {"compare": n, "multiply": n}
    if operator in ("tanh", "sigmoid"):  # delta * (1 - y^2), delta * y (1 - y)
        return {"multiply": 2 * n, "add": n}
    if operator == "softmax":  # with cross-entropy: y - target
        return {"add": n}
    if (
        operator == "batch_norm"
    ):  # scale and shift gradients, and the error through the batch statistics
        return {"multiply_add": 3 * n, "multiply": 2 * n}
    if operator == "local_response_norm":
        return {"multiply": 4 * n, "add": 2 * n, "lookup": n}
    if operator in ("max_pool", "global_max_pool"):  # route to the remembered winner
        return {"compare": n * _window(layer)}
    if operator in ("average_pool", "global_average_pool"):
        return {"multiply": inputs}
    if operator == "multiply":
        return {"multiply": 2 * n}
    if operator == "matmul":
        return {"multiply_add": 2 * n * layer.input_shapes[0][-1]}
    if operator in (*_MOVES_ONLY, "add"):  # the error of a sum is that of each operand
        return {}
    raise _no_work(layer)


def _no_work(layer: Layer) -> InputError:
    if layer.operator not in OPERATORS:
        return unknown("operator", layer.operator, OPERATORS, f"layer '{layer.name}'")
    return InputError(
        "the vector unit has no work for this operator",
        where=f"layer '{layer.name}'",
        got=layer.operator,
    )


def lstm_work(hidden: int, backward: bool = False) -> dict[str, float]:
    """Element-wise work of one LSTM time step: four gates, cell and output (backward: their
    derivatives).
    """
    if backward:
        return {"multiply": 14 * hidden, "add": 6 * hidden}
    return {"lookup": 5 * hidden, "multiply": 3 * hidden, "add": hidden}


def merge(*parts: dict[str, float], scale: float = 1.0) -> dict[str, float]:
    """The sum of several work tables, times `scale`."""
    result: dict[str, float] = {}
    for part in parts:
        for action, count in part.items():
            if count:
                result[action] = result.get(action, 0.0) + count * scale
    return result
