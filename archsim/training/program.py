"""A network as a table that the compiled passes walk: one row of int64 an operation, buffers as
offsets into flat memory.

One table and flat memories keep the compiled code the same for every network, and an image costs no
Python at all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hwlib.errors import InputError
from workloads.network import Layer, Network

CONVOLUTION, LINEAR, LSTM, TANH, SIGMOID, RELU, MAX_POOL, AVERAGE_POOL, ADD, COPY = range(10)
_POINTWISE = {"tanh": TANH, "sigmoid": SIGMOID, "relu": RELU}
_POOLS = {
    "max_pool": MAX_POOL,
    "global_max_pool": MAX_POOL,
    "average_pool": AVERAGE_POOL,
    "global_average_pool": AVERAGE_POOL,
}
_ALIASES = ("flatten", "reshape", "identity")
# Columns of an operation's row. WINDOW starts the 14 numbers of `windows`. AUXILIARY: pooling
# places, or an LSTM's cell memory.
OPERATOR, INPUT, INPUT_SIZE, OUTPUT, OUTPUT_SIZE, ARRAY, AUXILIARY, BACKWARD = range(8)
WINDOW = 8
FIELDS = WINDOW + 14
# Columns of an array's row. BLOCK, ERRORS, PEAKS are offsets into an image's memory; WEIGHTS,
# STATE, PLANES into the arrays' memories.
# BACK_CYCLE keys the random numbers of its backward reads.
(
    ROWS,
    COLUMNS,
    VECTORS,
    COPIES,
    BIAS,
    BLOCK,
    ERRORS,
    INPUT_PEAKS,
    ERROR_PEAKS,
    WEIGHTS,
    STATE,
    PLANES,
    BACK_CYCLE,
) = range(13)
ARRAY_FIELDS = 13
# Cycles of an array in the keys of its random numbers; the second backward cycle takes back a
# second output error.
FORWARD_CYCLE, BACKWARD_CYCLE, UPDATE_CYCLE, SECOND_BACKWARD_CYCLE = range(4)
CYCLES = 4


@dataclass(frozen=True)
class Program:
    """`operations` (n, FIELDS) and `arrays` (layers on arrays, ARRAY_FIELDS) int64; `names` of the
    array layers; the logits are `steps` vectors of `classes` at `output`; `activations` float32
    numbers an image whose errors are kept, `memory` all it needs; `room` and
    `words` scratch numbers (float32, uint64) of one thread. Errors of an array have room for
    `output_errors` blocks, one behind another.
    """

    network: Network
    operations: np.ndarray
    arrays: np.ndarray
    names: tuple[str, ...]
    input_size: int
    output: int
    steps: int
    classes: int
    activations: int
    memory: int
    room: int
    words: int
    output_errors: int = 1

    def second_arrays(self) -> np.ndarray:
        """The arrays as the second of two output errors meets them: int64 (n, ARRAY_FIELDS), no
        rows where there is only one.
        """
        if self.output_errors == 1:
            return self.arrays[:0]
        table = self.arrays.copy()
        table[:, ERRORS] += table[:, ROWS] * table[:, VECTORS]
        table[:, ERROR_PEAKS] += table[:, VECTORS]
        table[:, BACK_CYCLE] = SECOND_BACKWARD_CYCLE
        return table


def build_program(network: Network, copies: dict[str, int], output_errors: int = 1) -> Program:
    """The table of `network`; `copies` devices per weight of each array layer, `output_errors` (1
    or 2) taken back an image.

    Raises InputError for a layer that cannot be trained.
    """
    if network.gaps:
        raise InputError(
            "the file leaves out what joins these layers, so no value passes",
            where=f"network '{network.name}'",
            got=", ".join(network.gaps[:5]),
            hint="write the whole network in our TOML or as ONNX",
        )
    offsets = {}
    operations = []
    arrays = []
    names = []
    used, layers = 0, list(network.layers)
    softmax = _ends_in_softmax(network)
    wanted = {layers[0].name: False}  # layers whose output error somebody below needs
    extra = []
    for layer in layers[: len(layers) - softmax]:
        where = f"network '{network.name}', layer '{layer.name}'"
        if layer.operator == "input" and layer is not layers[0]:
            raise InputError("training takes one input", where=where, got="a further input")
        _refuse_other_functions(layer, where)
        if layer.operator in _ALIASES:
            offsets[layer.name], wanted[layer.name] = (
                offsets[layer.inputs[0]],
                wanted[layer.inputs[0]],
            )
            continue
        offsets[layer.name], used = used, used + math.prod(layer.output_shape)
        if layer.operator == "input":
            continue
        needed = [wanted[name] for name in layer.inputs]
        wanted[layer.name] = any(needed) or layer.on_array
        for row in _rows(layer, offsets, where):
            row[BACKWARD] = needed[layer.inputs.index(row.pop("from"))]
            if layer.on_array:
                row[ARRAY] = len(arrays)
                arrays.append(_array_row(layer, copies.get(layer.name, 1), where))
                names.append(layer.name)
            extra.append((layer, row))
            operations.append(row)
    if not arrays:
        raise InputError(
            "the network has no layer with weights on an array",
            where=f"network '{network.name}'",
            hint="it has nothing to train",
        )
    memory = _place_memory(used, arrays, extra, output_errors)
    last = layers[-2 if softmax else -1]
    if len(last.output_shape) > 2:
        raise InputError(
            "training needs class scores at the end",
            where=f"network '{network.name}'",
            got=last.output_shape,
            allowed="(classes,) or (time steps, classes)",
        )
    table = np.zeros((len(operations), FIELDS), np.int64)
    for index, row in enumerate(operations):
        for column, value in row.items():
            table[index, column] = value
    places = np.array(
        [[row.get(field, 0) for field in range(ARRAY_FIELDS)] for row in arrays], np.int64
    )
    lines = places[:, ROWS] + places[:, COLUMNS]
    return Program(
        network,
        table,
        places,
        tuple(names),
        math.prod(layers[0].output_shape),
        offsets[last.name],
        math.prod(last.output_shape[:-1]),
        last.output_shape[-1],
        used,
        memory,
        int(((4 * lines + 2) * places[:, VECTORS]).max()),
        int(((lines + 2) * places[:, VECTORS] + 2 * lines).max()),
        output_errors,
    )


def untrainable(network: Network) -> dict[str, str]:
    """Layers that no training kernel can run, with what they are; empty where `build_program` takes
    the network.

    What is priced as a training step and cannot be trained is told with it.
    """
    layers, found = network.layers, {}
    softmax = _ends_in_softmax(network)
    offsets = dict.fromkeys((layer.name for layer in layers), 0)
    for layer in layers[: len(layers) - softmax]:
        try:
            _refuse_other_functions(layer, "")
            if layer.operator != "input" and layer.operator not in _ALIASES:
                _rows(layer, offsets, "")
        except InputError as fault:
            found[layer.name] = str(fault.got)
    found |= {layer.name: "a further input" for layer in layers[1:] if layer.operator == "input"}
    found |= dict.fromkeys(network.gaps, "gap")
    last = layers[-2 if softmax else -1]
    if len(last.output_shape) > 2:
        found.setdefault(last.name, f"no class scores but {'x'.join(map(str, last.output_shape))}")
    return found


def _ends_in_softmax(network: Network) -> bool:
    """True where the last layer is a softmax (or its logarithm) over the classes, which the loss of
    the training contains.
    """
    last = network.layers[-1]
    classes = len(last.output_shape) - 1
    return last.operator == "softmax" and all(
        axis in (-1, classes) for axis in last.setting("axes", (classes,))
    )


def _refuse_other_functions(layer: Layer, where: str) -> None:
    """Raise InputError for a layer that computes something else than what its operator is trained
    as.
    """
    if layer.shares:
        raise InputError(
            "training weights that several layers share is not supported",
            where=where,
            got=f"the weights of '{layer.shares}'",
            hint="its inference can be simulated; to train it, give every layer weights of its own",
        )
    if layer.function:
        raise InputError(
            "training cannot run this layer",
            where=where,
            got=layer.function,
            hint=f"it is counted as {layer.operator} where only its cost is wanted",
        )
    if layer.constants and layer.operator != "batch_norm":
        raise InputError(
            "training cannot run a layer with constant operands", where=where, got=layer.operator
        )
    if (
        layer.operator == "average_pool"
        and any(layer.padding)
        and layer.setting("count_include_pad", False)
    ):
        raise InputError(
            "training averages over the image only",
            where=where,
            got="count_include_pad",
            hint="pad with zeros before it, or take a pool without padding",
        )


def _rows(layer: Layer, offsets: dict[str, int], where: str) -> list[dict]:
    """Operation rows of a layer (column -> value); "from" names the input that a row reads."""
    base = {OUTPUT: offsets[layer.name], OUTPUT_SIZE: math.prod(layer.output_shape)}
    rows = [
        base | {"from": name, INPUT: offsets[name], INPUT_SIZE: math.prod(shape)}
        for name, shape in zip(layer.inputs, layer.input_shapes)
    ]
    operator, shape = layer.operator, layer.input_shapes[0]
    if operator == "conv2d" and layer.groups == 1:
        return [rows[0] | {OPERATOR: CONVOLUTION} | _window(layer)]
    if operator == "linear":
        return [rows[0] | {OPERATOR: LINEAR}]
    if operator == "lstm":
        return [rows[0] | {OPERATOR: LSTM}]
    if operator in _POINTWISE:
        return [rows[0] | {OPERATOR: _POINTWISE[operator]}]
    if operator in _POOLS:
        return [rows[0] | {OPERATOR: _POOLS[operator]} | _window(layer)]
    if operator == "add" and len(layer.inputs) > 1 and len(set(layer.input_shapes)) == 1:
        return [row | {OPERATOR: COPY if index == 0 else ADD} for index, row in enumerate(rows)]
    joined = (sum(item[0] for item in layer.input_shapes), *shape[1:])
    if operator == "concat" and not layer.setting("axis") and layer.output_shape == joined:
        starts = np.cumsum([0, *(row[INPUT_SIZE] for row in rows)])
        return [
            row | {OPERATOR: COPY, OUTPUT: row[OUTPUT] + int(start), OUTPUT_SIZE: row[INPUT_SIZE]}
            for row, start in zip(rows, starts)
        ]
    raise InputError(
        "training cannot run this layer",
        where=where,
        got=operator + (" in groups" if layer.groups > 1 else ""),
        allowed=(
            "conv2d",
            "linear",
            "lstm",
            *_POINTWISE,
            *_POOLS,
            "add of equal shapes",
            "concat on axis 0",
            *_ALIASES,
            "softmax at the end",
        ),
    )


def _window(layer: Layer) -> dict[int, int]:
    values = (
        *layer.input_shapes[0],
        *layer.output_shape,
        *layer.kernel,
        *layer.stride,
        *layer.padding[:2],
        *layer.dilation,
    )
    return {WINDOW + place: value for place, value in enumerate(values)}


def _array_row(layer: Layer, copies: int, where: str) -> dict[int, int]:
    shape = layer.matrix
    return {
        ROWS: shape.columns,
        COLUMNS: shape.rows + layer.bias,
        VECTORS: shape.vectors,
        COPIES: copies,
        BIAS: int(layer.bias),
        BACK_CYCLE: BACKWARD_CYCLE,
    }


def _place_memory(used: int, arrays: list[dict], operations: list, output_errors: int) -> int:
    """Give every array its block of inputs, its errors and their peaks, every pool its places;
    returns the memory of an image.
    """
    for layer, row in operations:
        if row[OPERATOR] == MAX_POOL:
            row[AUXILIARY], used = used, used + row[OUTPUT_SIZE]
        if row[OPERATOR] == LSTM:
            # gates i, f, g, o and tanh(c) a step, cell states before and after, two error vectors
            row[AUXILIARY], used = used, used + layer.hidden * (6 * layer.output_shape[0] + 3)
    for array in arrays:
        array[BLOCK], used = used, used + array[COLUMNS] * array[VECTORS]
        array[ERRORS], used = used, used + output_errors * array[ROWS] * array[VECTORS]
        array[INPUT_PEAKS], used = used, used + array[VECTORS]
        array[ERROR_PEAKS], used = used, used + output_errors * array[VECTORS]
    return used
