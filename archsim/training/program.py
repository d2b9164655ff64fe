"""From a network to the table that the compiled passes walk. What a layer becomes there is its
operator's matter; which layers can be trained at all, and how arrays are split, is decided here.
"""

from __future__ import annotations

import math
from array import array as float_words
from collections.abc import Mapping

import numpy as np

from archsim.basics.layer_names import require_layers
from archsim.kernels.cache_lines import zeros_apart
from archsim.operators.arguments import is_trained
from archsim.operators.unrounded import stored_forms
from archsim.operators.vocabulary import function_of
from archsim.training.program_rows import Layout, add_layer, number_vectors
from archsim.training.sections import LayerTiles
from archsim.training.table import (
    ARRAY_FIELDS,
    BIAS,
    BLOCK,
    COLUMNS,
    CONSTANTS,
    DIGITALS,
    DIGITALS_SIZE,
    ERROR_PEAKS,
    ERRORS,
    FIELDS,
    FORM,
    INPUT_PEAKS,
    INPUTS_TOGETHER,
    KEPT,
    KEPT_SIZE,
    OUTPUTS_TOGETHER,
    ROWS,
    SHARED,
    TILE_INPUTS,
    TILE_OUTPUTS,
    TURNED_VECTORS,
    VECTORS,
    WORDS,
    Program,
)
from archsim.training.trainable import trained_layers, with_positions
from hwlib.errors import InputError
from workloads.network import Layer, Network

_WHOLE = LayerTiles()


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
    network = with_positions(network)
    layout = Layout(output_errors=output_errors, stored=stored_forms(network))
    for layer in trained_layers(network):
        add_layer(layout, layer, network, copies)
    if not layout.arrays:
        raise InputError(
            "the network has no layer with weights on an array",
            where=f"network '{network.name}'",
            hint="it has nothing to train",
        )
    last = _last(network)
    number_vectors(layout)
    _refuse_two_errors(layout, network)
    _put_constants(layout, network)
    tiles = tiles or {}
    require_layers(tiles, layout.names, "training.tiles")
    biases = _take_biases(layout, tiles)
    _split(layout, tiles)
    activations = layout.used
    _place_kept(layout, output_errors)
    arrays = _table(layout.arrays, ARRAY_FIELDS)
    room, words = _scratch(arrays, shared=any(row[FORM] == SHARED for row in layout.operations))
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
        room=room,
        words=words,
        biases=biases,
        output_errors=output_errors,
        first_words=np.array(layout.words, np.float32),
    )


def _last(network: Network) -> Layer:
    """The layer whose output the loss compares. Raises InputError where it gives no scores."""
    last = trained_layers(network)[-1]
    if len(last.output_shape) > 2:
        raise InputError(
            "training needs class scores at the end",
            where=f"network '{network.name}'",
            got=last.output_shape,
            allowed="(classes,), (time steps, classes) or (classes, height, width)",
        )
    return last


def _scratch(arrays: np.ndarray, *, shared: bool) -> tuple[int, int]:
    """Numbers and words of the scratch of the largest read, which serves all: reads follow each other."""
    lines = arrays[:, ROWS] + arrays[:, COLUMNS]
    vectors = arrays[:, VECTORS]
    # those that see a part of an array's vectors put it there, too
    each = (5 if shared else 4) * lines + 2
    trains = (lines + arrays[:, ROWS] + 2) * vectors + 2 * lines
    return int((each * vectors).max()), int(trains.max())


def _refuse_two_errors(layout: Layout, network: Network) -> None:
    """Raise InputError where an array that is read from both sides gets two errors an image."""
    turned = next(
        (name for name, row in zip(layout.names, layout.arrays) if row[TURNED_VECTORS]), ""
    )
    # Their inputs lie where those of the other side have their errors: there is room for one.
    if turned and layout.output_errors > 1:
        raise InputError(
            "a rule that takes target and output back apart trains no weights that are also read "
            "transposed",
            where=f"network '{network.name}'",
            got=turned,
            hint="take another update rule, or give the layers weights of their own",
        )


def _put_constants(layout: Layout, network: Network) -> None:
    """The values of constant operands, trained ones too, as far as the network's own file has them; a
    training that begins with weights brings its own.
    """
    fixed: dict[str, list[dict[int, int]]] = {}
    for name, row in zip(layout.layers, layout.operations):
        layer = network.layer(name)
        constants = row[CONSTANTS] and function_of(layer).trains_constants
        if layer.roles and (constants or row[DIGITALS_SIZE] and is_trained(layer)):
            fixed.setdefault(name, []).append(row)
    held = network.tensors.read() if fixed and network.tensors is not None else {}
    for name, rows in fixed.items():
        layer = network.layer(name)
        own = held.get(name, {})
        values = None
        if own.keys() >= set(layer.roles):
            kind = function_of(layer)
            values = (kind.unfolded if is_trained(layer) else kind.constant_words)(layer, own)
        if values is None:
            continue
        # each row has its part of them
        for row in rows:
            first = row[DIGITALS]
            count = row[DIGITALS_SIZE] if is_trained(layer) else row[CONSTANTS]
            layout.words[first : first + count] = float_words("f", values[:count])
            values = values[count:]


def _split(layout: Layout, tiles: Mapping[str, LayerTiles]) -> None:
    """Enter the tiles of every array: all of it where it is not split."""
    for name, array in zip(layout.names, layout.arrays):
        split = tiles.get(name, _WHOLE)
        inputs = split.inputs or array[COLUMNS]
        outputs = split.outputs or array[ROWS]
        array[TILE_INPUTS] = inputs
        array[TILE_OUTPUTS] = outputs
        array[INPUTS_TOGETHER] = min(split.inputs_together or inputs, inputs)
        array[OUTPUTS_TOGETHER] = min(split.outputs_together or outputs, outputs)


def _take_biases(layout: Layout, tiles: Mapping[str, LayerTiles]) -> int:
    """Take biases that are digital words from the lines of their arrays; returns their number."""
    words = 0
    for name, array in zip(layout.names, layout.arrays):
        if array[BIAS] and name in tiles and tiles[name].bias == "digital":
            array[BIAS] = 0
            # The bias is no line any more: what is left are the inputs.
            array[COLUMNS] -= 1
            array[WORDS] = words
            words += array[ROWS]
    return words


def _place_kept(layout: Layout, output_errors: int) -> None:
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
    table = zeros_apart((len(entries), fields), np.int64)
    for row, entry in zip(table, entries):
        for column, value in entry.items():
            row[column] = value
    return table
