"""Reads of array layers in float32 arithmetic, of many images at once: what a chip is held against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from archsim.basics.threads import one_thread
from archsim.kernels.map_read import read_maps_exactly
from archsim.kernels.map_records import BLOCK_NUMBERS, MAP_COUNTS, HeldBlocks, MapReads, MapSource
from archsim.kernels.random import as_word
from archsim.kernels.tile_records import PERIPHERY
from archsim.operators.array_forward import exact_step, on_array, output_vectors
from archsim.operators.recurrent import Recurrent

if TYPE_CHECKING:
    from workloads.network import Layer

Read = Callable[["Layer", np.ndarray], np.ndarray]
"""Output maps (images, *output shape) of an array layer for its inputs (images, *shape)."""


def exact_reader(tensors: Mapping[str, Mapping[str, np.ndarray]]) -> Read:
    """Reads in float32 arithmetic, each output summed over its lines in ascending order: the bits of
    an image depend on no other, on no thread and on no library.

    Args:
        tensors: "weights" (groups, outputs, rows) and "bias" (groups x outputs,) by layer.

    Returns:
        what `forward_batch` takes.
    """
    # By layer, at its first read; two threads that ask at once make the same.
    held: dict[str, HeldBlocks] = {}

    def read(layer: Layer, values: np.ndarray) -> np.ndarray:
        kind = on_array(layer)
        bias = tensors[layer.name].get("bias")
        if isinstance(kind, Recurrent):
            # Sums of several threads depend on their number, and the same run has to give the same
            # bits on every machine.
            with one_thread():
                steps = kind.scan(layer, values, exact_step(tensors[layer.name]["weights"], bias))
            return as_maps(layer, steps.transpose(0, 2, 1))
        if layer.name not in held:
            held[layer.name] = _whole(tensors[layer.name]["weights"])
        outputs = _products(held[layer.name], layer, values)
        if bias is not None:
            outputs += bias[:, None]
        return as_maps(layer, outputs)

    return read


def as_maps(layer: Layer, outputs: np.ndarray) -> np.ndarray:
    """Outputs (images, groups x outputs, vectors) as the layer's maps, (images, *output shape)."""
    size = outputs.itemsize
    if output_vectors(layer, np.empty(layer.output_shape, outputs.dtype)).strides == (
        size,
        size * outputs.shape[2],
    ):  # they lie as the maps do
        together = np.ascontiguousarray(outputs, np.float32)
        return together.reshape(len(outputs), *layer.output_shape)
    result = np.empty((len(outputs), *layer.output_shape), np.float32)
    for image, rows in zip(result, outputs):
        output_vectors(layer, image)[...] = rows.T
    return result


def _whole(weights: np.ndarray) -> HeldBlocks:
    """Weights (groups, outputs, rows) as one block a group, without converters."""
    groups, outputs, rows = weights.shape
    blocks = np.zeros((groups, BLOCK_NUMBERS), np.int64)
    blocks[:] = [(group, 0, rows, 0, outputs, group) for group in range(groups)]
    return HeldBlocks(
        np.ascontiguousarray(weights, np.float32)[None],
        blocks,
        groups,
        np.zeros((1, groups, PERIPHERY), np.float32),
        np.zeros((1, groups, 2), np.uint64),
    )


def _products(held: HeldBlocks, layer: Layer, values: np.ndarray) -> np.ndarray:
    """Outputs (images, groups x outputs, vectors) of inputs (images, *shape)."""
    positions, step = on_array(layer).positions(layer)
    images = len(values)
    vectors = positions.shape[1]
    _, groups, outputs, rows = held.weights.shape
    reads = MapReads(
        np.zeros((images, groups * outputs, vectors), np.float32),
        np.zeros(images * vectors, np.int64),
        np.zeros(MAP_COUNTS, np.int64),
    )
    maps = np.ascontiguousarray(values, np.float32).reshape(images, -1)
    # Neither a line of a bias, nor noise management, nor codes, nor numbers of vectors.
    source = MapSource(maps, positions, step, rows, groups, np.float32(0), False, 0, as_word(0))
    read_maps_exactly(source, held, reads)
    return reads.outputs
