"""The rows of a layer in the table that the compiled passes walk, and where its numbers lie."""

from __future__ import annotations

import math
from array import array as float_words
from collections.abc import Mapping
from dataclasses import dataclass, field

from archsim.operators.base import ArrayKernel, LayerKernel, RecurrentKernel, TrainingRow
from archsim.operators.kernels import OWN
from archsim.operators.unrounded import IN_WORDS, SCORES, renames
from archsim.operators.vocabulary import (
    array_kernels,
    digital_kernels,
    layer_kernels,
    recurrent_kernels,
)
from archsim.training.table import (
    ARRAY,
    BACK,
    BACK_CYCLE,
    BACKWARD,
    BACKWARD_CYCLE,
    BIAS,
    BY_VECTOR,
    COLUMNS,
    CONSTANTS,
    COPIES,
    COUNT,
    DIGITAL,
    DIGITALS,
    DIGITALS_SIZE,
    EACH,
    FIRST,
    FORM,
    FORTH,
    FROZEN,
    INPUT,
    INPUT_SIZE,
    KEPT_SIZE,
    KERNEL,
    LAYER,
    ON_ARRAY,
    OUTPUT,
    OUTPUT_SIZE,
    RECURRENT,
    ROWS,
    SCALE,
    SECOND,
    SECOND_SIZE,
    SHARED,
    STORED,
    TRAINED,
    TURNED,
    TURNED_VECTORS,
    UNBIASED,
    VECTORS,
    WINDOW,
    WORDS,
)
from archsim.training.trainable import refuse_computed_rows, refuse_tables_apart, training_rows
from hwlib.errors import InputError
from workloads.network import Layer, Network

_NUMBERS = {kernel.name: number for number, kernel in enumerate(digital_kernels())}
_NUMBERS |= {kernel.name: number for number, kernel in enumerate(array_kernels())}
_NUMBERS |= {kernel.name: number for number, kernel in enumerate(layer_kernels())}
_NUMBERS |= {kernel.name: number for number, kernel in enumerate(recurrent_kernels())}
_FORMS = {ArrayKernel: ON_ARRAY, RecurrentKernel: RECURRENT, LayerKernel: LAYER}


@dataclass
class Layout:
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
    stored: Mapping[str, int] = field(default_factory=dict)
    """How what a layer writes is stored (see `operators.unrounded`); in words where it is not named."""
    words: float_words[float] = field(default_factory=lambda: float_words("f"))
    """First values of the words that layers keep from image to image."""
    scales: int = 0
    """Quantities that those words are of, each with a scale of its own."""

    def take(self, size: int) -> int:
        """The offset of `size` numbers more."""
        offset = self.used
        self.used += size
        return offset


def add_layer(layout: Layout, layer: Layer, network: Network, copies: Mapping[str, int]) -> None:
    """Rows of one layer at the end of the table, and room for its output.

    Args:
        layout: the table so far; it grows.
        layer: whose inputs are in it already.
        network: that it is a layer of.
        copies: devices per weight of each array layer, by name; 1 where it names none.

    Raises:
        InputError: for a layer that cannot be trained.
    """
    where = f"network '{network.name}', layer '{layer.name}'"
    if layer.operator == "input" and layer is not network.layers[0]:
        raise InputError("training takes one input", where=where, got="a further input")
    rows = training_rows(layer, where)
    refuse_computed_rows(layer, network, where)
    refuse_tables_apart(layer, network, where)
    # A reshape has the numbers of its input where they lie.
    if renames(layer):
        layout.offsets[layer.name] = layout.offsets[layer.inputs[0]]
        layout.wanted[layer.name] = layout.wanted[layer.inputs[0]]
        return
    size = math.prod(layer.output_shape)
    # what rows make on the way lies behind what the layer gives
    behind = max((row.start + row.size for row in rows if row.size is not None), default=0)
    layout.offsets[layer.name] = layout.take(max(size, behind))
    needed = [layout.wanted[name] for name in layer.inputs]
    trained = any(row.words.trained for row in rows)
    # An error is wanted at an output where this layer, or one below it, learns.
    owner = network.layer(layer.shares) if layer.shares else layer
    moves = (layer.on_array or trained) and not owner.frozen
    layout.wanted[layer.name] = any(needed) or moves
    for number, row in enumerate(rows):
        entry = _operation(layout, layer, row)
        second = row.second >= 0 and needed[row.second]
        source = any(needed) if row.source == OWN else needed[row.source]
        entry[STORED] = layout.stored.get(layer.name, IN_WORDS)
        if entry[STORED] == SCORES:
            assert not row.kept, "masks lie where the operation keeps its own"
            entry[KEPT_SIZE] = entry[OUTPUT_SIZE]  # where they lie while the others are rounded
        entry[BACKWARD] = int(source or second or (moves and bool(row.words.trained)))
        if layer.on_array:
            # of a layer in groups row after row has an array; who reads it first has it made
            if layout.names.count(owner.name) <= number:
                layout.arrays.append(_array(owner, copies.get(owner.name, 1)))
                layout.names.append(owner.name)
            entry[ARRAY] = layout.names.index(owner.name) + number
            entry[COUNT] = layer.matrix.vectors
            entry[TURNED] = int(layer.transposed)
            entry[UNBIASED] = int(owner.bias and not layer.bias)
        layout.operations.append(entry)
        layout.layers.append(layer.name)


def _operation(layout: Layout, layer: Layer, row: TrainingRow) -> dict[int, int]:
    """Column -> value of an operation's row."""
    size = math.prod(layer.output_shape) if row.size is None else row.size
    own = row.source == OWN
    read = layer.name if own else layer.inputs[row.source]
    taken = size if own else math.prod(layer.input_shapes[row.source])
    entry = {
        FORM: _FORMS.get(type(row.kernel), DIGITAL),
        KERNEL: _NUMBERS[row.kernel.name],
        INPUT: layout.offsets[read] + row.first,
        INPUT_SIZE: taken if row.taken is None else row.taken,
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


def _words(layout: Layout, row: TrainingRow) -> dict[int, int]:
    """Column -> value of the words that a row keeps from image to image."""
    words = row.words
    back = words.back * layout.output_errors
    quantities = (*words.trained, *words.forth, *back)
    first = len(layout.words)
    layout.words.extend(words.constants)
    for value in quantities:
        # a table of words may have millions
        layout.words.extend(float_words("f", [value]) * words.each)
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


def number_vectors(layout: Layout) -> None:
    """Say which of its vectors an array gets from which operation: those that read it from its
    outputs' side come last.
    """
    readers: dict[int, list[dict[int, int]]] = {}
    for entry in layout.operations:
        if ARRAY in entry:
            readers.setdefault(entry[ARRAY], []).append(entry)
    for index, entries in readers.items():
        array = layout.arrays[index]
        array[VECTORS] = 0
        array[TURNED_VECTORS] = sum(entry[COUNT] * entry[TURNED] for entry in entries)
        for entry in sorted(entries, key=lambda entry: entry[TURNED]):
            entry[FIRST] = array[VECTORS]
            array[VECTORS] += entry[COUNT]
            # reads step by step know their numbers anyway
            if len(entries) > 1 and entry[FORM] == ON_ARRAY:
                entry[FORM] = SHARED


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
        FROZEN: int(layer.frozen),
    }
