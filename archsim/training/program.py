"""From a network to the table that the compiled passes walk. What a layer becomes there is its
operator's matter; which layers can be trained at all, and where their numbers lie, is decided here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from archsim.operators.base import LayerKernel, TrainingRow
from archsim.operators.vocabulary import array_kernels, digital_kernels, layer_kernels
from archsim.training.sections import LayerTiles
from archsim.training.table import (
    ARRAY,
    ARRAY_FIELDS,
    BACK,
    BACK_CYCLE,
    BACKWARD,
    BACKWARD_CYCLE,
    BIAS,
    BLOCK,
    BY_VECTOR,
    COLUMNS,
    CONSTANTS,
    COPIES,
    DIGITAL,
    DIGITALS,
    DIGITALS_SIZE,
    EACH,
    ERROR_PEAKS,
    ERRORS,
    FIELDS,
    FORM,
    FORTH,
    INPUT,
    INPUT_PEAKS,
    INPUT_SIZE,
    INPUTS_TOGETHER,
    KEPT,
    KEPT_SIZE,
    KERNEL,
    LAYER,
    ON_ARRAY,
    OUTPUT,
    OUTPUT_SIZE,
    OUTPUTS_TOGETHER,
    RECURRENT,
    ROWS,
    SCALE,
    SECOND,
    SECOND_SIZE,
    TILE_INPUTS,
    TILE_OUTPUTS,
    TRAINED,
    VECTORS,
    WINDOW,
    WORDS,
    Program,
)
from archsim.training.trainable import renames, trained_layers, training_rows
from hwlib.errors import InputError, nearest
from workloads.network import Layer, Network

_NUMBERS = {kernel.name: number for number, kernel in enumerate(digital_kernels())}
_NUMBERS |= {kernel.name: number for number, kernel in enumerate(array_kernels())}
_NUMBERS |= {kernel.name: number for number, kernel in enumerate(layer_kernels())}
_WHOLE = LayerTiles()


@dataclass
class _Layout:
    """Where things lie in an image's memory while the table grows."""

    used: int = 0
    offsets: dict[str, int] = field(default_factory=dict)
    wanted: dict[str, bool] = field(default_factory=dict)
    """Layers whose output error somebody below needs."""
    operations: list[dict[int, int]] = field(default_factory=list)
    arrays: list[dict[int, int]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    layers: list[str] = field(default_factory=list)
    output_errors: int = 1
    words: list[float] = field(default_factory=list)
    """First values of the words that layers keep from image to image."""
    scales: int = 0
    """Quantities that those words are of, each with a scale of its own."""

    def take(self, size: int) -> int:
        """The offset of `size` numbers more."""
        offset = self.used
        self.used += size
        return offset


def build_program(
    network: Network,
    copies: Mapping[str, int],
    output_errors: int = 1,
    tiles: Mapping[str, LayerTiles] | None = None,
) -> Program:
    """The table of a network.

    Args:
        network: every layer but a softmax at the end becomes rows.
        copies: devices per weight of each array layer, by name; 1 where it names none.
        output_errors: 1 or 2 errors that are taken back an image.
        tiles: of each array layer that is split, by name.

    Raises:
        InputError: for a layer that cannot be trained.
    """
    if network.gaps:
        raise InputError(
            "the file leaves out what joins these layers, so no value passes",
            where=f"network '{network.name}'",
            got=", ".join(network.gaps[:5]),
            hint="write the whole network in our TOML or as ONNX",
        )
    layout = _Layout(output_errors=output_errors)
    for layer in trained_layers(network):
        _add_layer(layout, layer, network, copies)
    if not layout.arrays:
        raise InputError(
            "the network has no layer with weights on an array",
            where=f"network '{network.name}'",
            hint="it has nothing to train",
        )
    last = trained_layers(network)[-1]
    if len(last.output_shape) > 2:
        raise InputError(
            "training needs class scores at the end",
            where=f"network '{network.name}'",
            got=last.output_shape,
            allowed="(classes,) or (time steps, classes)",
        )
    tiles = tiles or {}
    _refuse_unknown(layout, tiles)
    biases = _take_biases(layout, tiles)
    _split(layout, tiles)
    activations = layout.used
    _place_kept(layout, output_errors)
    arrays = _table(layout.arrays, ARRAY_FIELDS)
    lines = arrays[:, ROWS] + arrays[:, COLUMNS]
    vectors = arrays[:, VECTORS]
    return Program(
        network,
        _table(layout.operations, FIELDS),
        arrays,
        tuple(layout.names),
        tuple(layout.layers),
        input_size=math.prod(network.input_shape),
        output=layout.offsets[last.name],
        steps=math.prod(last.output_shape[:-1]),
        classes=last.output_shape[-1],
        activations=activations,
        memory=layout.used,
        room=int(((4 * lines + 2) * vectors).max()),
        words=int(((lines + 2) * vectors + 2 * lines).max()),
        biases=biases,
        output_errors=output_errors,
        kernels=tuple(sorted({item[KERNEL] for item in layout.operations if item[FORM] == LAYER})),
        first_words=np.array(layout.words, np.float32),
    )


def _add_layer(layout: _Layout, layer: Layer, network: Network, copies: Mapping[str, int]) -> None:
    """Rows of one layer at the end of the table, and room for its output."""
    where = f"network '{network.name}', layer '{layer.name}'"
    if layer.operator == "input" and layer is not network.layers[0]:
        raise InputError("training takes one input", where=where, got="a further input")
    rows = training_rows(layer, where)
    if renames(layer):
        layout.offsets[layer.name] = layout.offsets[layer.inputs[0]]
        layout.wanted[layer.name] = layout.wanted[layer.inputs[0]]
        return
    layout.offsets[layer.name] = layout.take(math.prod(layer.output_shape))
    needed = [layout.wanted[name] for name in layer.inputs]
    trained = any(row.words.trained for row in rows)
    layout.wanted[layer.name] = any(needed) or layer.on_array or trained
    for row in rows:
        entry = _operation(layout, layer, row)
        second = row.second >= 0 and needed[row.second]
        entry[BACKWARD] = int(needed[row.source] or second or bool(row.words.trained))
        if layer.on_array:
            entry[ARRAY] = len(layout.arrays)
            layout.arrays.append(_array(layer, copies.get(layer.name, 1)))
            layout.names.append(layer.name)
        layout.operations.append(entry)
        layout.layers.append(layer.name)


def _operation(layout: _Layout, layer: Layer, row: TrainingRow) -> dict[int, int]:
    """Column -> value of an operation's row."""
    size = math.prod(layer.output_shape) if row.size is None else row.size
    form = DIGITAL if not layer.on_array else RECURRENT if row.recurrent else ON_ARRAY
    if isinstance(row.kernel, LayerKernel):
        form = LAYER
    entry = {
        FORM: form,
        KERNEL: _NUMBERS[row.kernel.name],
        INPUT: layout.offsets[layer.inputs[row.source]] + row.first,
        INPUT_SIZE: math.prod(layer.input_shapes[row.source]) if row.taken is None else row.taken,
        OUTPUT: layout.offsets[layer.name] + row.start,
        OUTPUT_SIZE: size,
        KEPT_SIZE: row.kept,
        BY_VECTOR: int(row.by_vector),
    }
    if row.second >= 0:
        entry[SECOND] = layout.offsets[layer.inputs[row.second]]
        entry[SECOND_SIZE] = math.prod(layer.input_shapes[row.second])
    entry |= _words(layout, row)
    return entry | {WINDOW + offset: value for offset, value in enumerate(row.window)}


def _words(layout: _Layout, row: TrainingRow) -> dict[int, int]:
    """Column -> value of the words that a row keeps from image to image."""
    words = row.words
    back = words.back * layout.output_errors
    quantities = (*words.trained, *words.forth, *back)
    first = len(layout.words)
    layout.words += words.constants
    layout.words += [value for value in quantities for _ in range(words.each)]
    entry = {
        DIGITALS: first,
        DIGITALS_SIZE: len(layout.words) - first,
        CONSTANTS: len(words.constants),
        EACH: words.each,
        TRAINED: len(words.trained),
        FORTH: len(words.forth),
        BACK: len(words.back),
        SCALE: layout.scales,
    }
    layout.scales += len(quantities)
    return entry


def _array(layer: Layer, copies: int) -> dict[int, int]:
    """Column -> value of an array's row."""
    shape = layer.matrix
    return {
        ROWS: shape.columns,
        COLUMNS: shape.rows + layer.bias,
        VECTORS: shape.vectors,
        COPIES: copies,
        BIAS: int(layer.bias),
        BACK_CYCLE: BACKWARD_CYCLE,
        WORDS: -1,
    }


def _refuse_unknown(layout: _Layout, tiles: Mapping[str, LayerTiles]) -> None:
    """Raise InputError for tiles of no array."""
    for name in tiles:
        if name not in layout.names:
            raise InputError(
                "no such layer with weights",
                where="training.tiles",
                got=name,
                allowed=layout.names,
                hint=nearest(name, layout.names),
            )


def _split(layout: _Layout, tiles: Mapping[str, LayerTiles]) -> None:
    """Enter the tiles of every array: all of it where it is not split."""
    for name, array in zip(layout.names, layout.arrays):
        split = tiles.get(name, _WHOLE)
        inputs = split.inputs or array[COLUMNS]
        outputs = split.outputs or array[ROWS]
        array[TILE_INPUTS] = inputs
        array[TILE_OUTPUTS] = outputs
        array[INPUTS_TOGETHER] = min(split.inputs_together or inputs, inputs)
        array[OUTPUTS_TOGETHER] = min(split.outputs_together or outputs, outputs)


def _take_biases(layout: _Layout, tiles: Mapping[str, LayerTiles]) -> int:
    """Take biases that are digital words from the lines of their arrays; returns their number."""
    words = 0
    for name, array in zip(layout.names, layout.arrays):
        if array[BIAS] and name in tiles and tiles[name].bias == "digital":
            array[BIAS] = 0
            array[COLUMNS] -= 1
            array[WORDS] = words
            words += array[ROWS]
    return words


def _place_kept(layout: _Layout, output_errors: int) -> None:
    """Room behind the activations for what layers keep, and for every array its block of inputs,
    its errors and the peaks of both.
    """
    for entry in layout.operations:
        if entry[KEPT_SIZE]:
            entry[KEPT] = layout.take(entry[KEPT_SIZE])
    for array in layout.arrays:
        # the line that is always on ends the block also where no array reads it
        always_on = array[WORDS] >= 0
        array[BLOCK] = layout.take((array[COLUMNS] + always_on) * array[VECTORS])
        array[ERRORS] = layout.take(output_errors * array[ROWS] * array[VECTORS])
        array[INPUT_PEAKS] = layout.take(array[VECTORS])
        array[ERROR_PEAKS] = layout.take(output_errors * array[VECTORS])


def _table(entries: list[dict[int, int]], fields: int) -> np.ndarray:
    table = np.zeros((len(entries), fields), np.int64)
    for row, entry in zip(table, entries):
        for column, value in entry.items():
            row[column] = value
    return table
