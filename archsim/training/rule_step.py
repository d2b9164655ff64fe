"""A scheme's own update rule on the arrays of a machine: how it sees them, what each array met of
an image, and its step image by image.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from archsim.schemes.layer_state import LayerState
from archsim.schemes.rule import UpdateRule
from archsim.schemes.shared.words import Arithmetic
from archsim.training.arrays import Arrays
from archsim.training.reads import tile_number
from archsim.training.table import (
    BIAS,
    BLOCK,
    COLUMNS,
    COPIES,
    ERRORS,
    FROZEN,
    ROWS,
    UPDATE_CYCLE,
    VECTORS,
    WEIGHTS,
    WORDS,
    Program,
)
from hwlib.errors import InputError


class Met(NamedTuple):
    """What an array met of an image: inputs (N, V), and errors (M, V) or, where target and output
    went back as two errors, (2, M, V). Of several images all with one axis more in front.
    """

    inputs: np.ndarray
    errors: np.ndarray


def layer_states(program: Program, arrays: Arrays, arithmetic: Arithmetic) -> list[LayerState]:
    """The arrays as an update rule sees them.

    Args:
        program: whose arrays they are.
        arrays: weights, devices and counts, which the rule changes in place.
        arithmetic: how digital units round.

    Raises:
        InputError: where a weight has several devices.
    """
    copies = program.arrays[:, COPIES]
    if (copies > 1).any():
        raise InputError(
            "schemes train one device a weight",
            where="training.devices_per_weight",
            got=int(copies.max()),
        )
    layers = []
    for index, copy, matrix in arrays.matrices():
        row = program.arrays[index]
        name = program.names[index]
        first = int(row[WEIGHTS])
        writes = arrays.writes[first : first + matrix.size].reshape(matrix.shape)
        layers.append(
            LayerState(
                index,
                name,
                matrix,
                arrays.devices[index] if arrays.devices else None,
                writes,
                int(row[VECTORS]),
                bool(row[BIAS]),
                int(tile_number(index, copy, UPDATE_CYCLE)),
                arithmetic,
                arrays.intended[first : first + matrix.size].reshape(matrix.shape),
                arrays.line_read(index),
                arrays.biases_of(index),
                bool(row[FROZEN]),
            )
        )
    return layers


def met_by(program: Program, values: np.ndarray, index: int, *, trains_biases: bool) -> Met:
    """Views of what array `index` met of an image.

    Args:
        program: says where an image's values lie.
        values: float32 (values,), the memory of that image, or (images, values).
        index: of the array.
        trains_biases: whether the rule trains biases beside the array: it then gets the line that
            is always on as the last input.
    """
    row = program.arrays[index]
    parts = program.output_errors
    rows = int(row[ROWS])
    columns = int(row[COLUMNS]) + int(trains_biases and row[WORDS] >= 0)
    count = int(row[VECTORS])
    inputs, errors = int(row[BLOCK]), int(row[ERRORS])
    images = values.shape[:-1]
    of_inputs = values[..., inputs : inputs + columns * count]
    of_errors = values[..., errors : errors + parts * rows * count]
    of_parts = () if parts == 1 else (parts,)
    return Met(
        of_inputs.reshape(*images, columns, count),
        of_errors.reshape(*images, *of_parts, rows, count),
    )


class MetBatch(NamedTuple):
    """What the arrays met of a mini-batch.

    Args:
        seen: of an array, and of one of its images or a slice of them.
        steps: numbers of its images in the run.
        stepped_beside: bool (arrays,), arrays whose biases are words that step beside the rule:
            their errors meet the vector unit once more.
    """

    seen: Callable[[int, int | slice], Met]
    steps: range
    stepped_beside: np.ndarray


def apply_rule(
    rule: UpdateRule, batch: MetBatch, share: Callable[[Callable[[int], None], Sequence[int]], None]
) -> None:
    """The rule's step for a mini-batch: image by image, and once at its end.

    Args:
        rule: with its layers.
        batch: what they met.
        share: calls a function with each of some arrays' numbers, on several threads perhaps.
    """
    trained = [layer for layer in rule.layers if not layer.frozen]
    if rule.layers_apart:
        by_index = {layer.index: layer for layer in trained}

        def layer_step(index: int) -> None:
            _all_images(rule, by_index[index], batch)
            if rule.batches_apart:
                _end(rule, by_index[index], batch)

        share(layer_step, list(by_index))
        if rule.batches_apart:
            return
    else:
        for b, step in enumerate(batch.steps):
            for layer in trained:
                met = batch.seen(layer.index, b)
                rule.image(layer, met.inputs, met.errors, step)
                _count(rule, layer, batch, 1, met.errors.size)
    # After all images of the mini-batch: a rule may look at several layers.
    for layer in trained:
        _end(rule, layer, batch)


def _end(rule: UpdateRule, layer: LayerState, batch: MetBatch) -> None:
    rule.batch(layer, batch.steps[-1])
    rule.done[layer.index].batches += 1


def one_by_one(part: Callable[[int], None], numbers: Sequence[int]) -> None:
    """`share` of a thread alone."""
    for number in numbers:
        part(number)


def _all_images(rule: UpdateRule, layer: LayerState, batch: MetBatch) -> None:
    size = len(batch.steps)
    met = batch.seen(layer.index, slice(0, size))
    rule.images(layer, met.inputs, met.errors, batch.steps[0])
    _count(rule, layer, batch, size, met.errors.size)


def _count(rule: UpdateRule, layer: LayerState, batch: MetBatch, images: int, errors: int) -> None:
    done = rule.done[layer.index]
    done.images += images
    if batch.stepped_beside[layer.index]:
        done.add("vector_unit", "multiply_add", errors)
