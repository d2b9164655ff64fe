"""Many images through the tiles of a chip at once, without its events.

The reads are those of `tile_physics.py` with the same numbers of vectors, so an image gets the bits
that it gets in a run with real data, whatever the number of images that go together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from archsim.basics.threads import one_thread
from archsim.operators.array_forward import array_inputs, exact_step, on_array, output_vectors
from archsim.operators.elementwise import Elementwise
from archsim.operators.forward import apply
from archsim.operators.recurrent import ReadStep, Recurrent
from archsim.operators.vocabulary import function_of

if TYPE_CHECKING:
    from archsim.soc.data.tile_data import TileData
    from workloads.network import Layer, Network

Maps = Mapping[str, np.ndarray]
"""Values of input layers, (images, *shape)."""
Read = Callable[["Layer", np.ndarray], np.ndarray]
"""Output vectors (images x vectors, groups x outputs) of an array layer for its inputs (images,
*shape)."""
Keep = Callable[["Layer", np.ndarray], np.ndarray]
"""A map as it is kept, for a map (images, *shape)."""
LARGEST_CHUNK = 64
MOST_DRIVEN = 2**22  # input values of a layer's vectors that are held at once


def chunk_of(network: Network) -> int:
    """Images that go through together: as many as keep the vectors of every layer small."""
    most = max(
        (layer.matrix.vectors * layer.matrix.rows * layer.matrix.groups)
        for layer in network.array_layers
    )
    # More images at once bring nothing beyond some dozens, while early layers of large networks
    # would fill the memory.
    return int(np.clip(MOST_DRIVEN // most, 1, LARGEST_CHUNK))


def forward_batch(
    network: Network,
    images: Maps,
    constants: Mapping[str, Mapping[str, np.ndarray]],
    read: Read,
    keep: Keep | None = None,
) -> np.ndarray:
    """The output of the network for some images.

    Args:
        network: its layers.
        images: values of each input layer, (images, *shape).
        constants: by layer and role.
        read: gives the output vectors of an array layer, bias included.
        keep: what becomes of the map of every layer but the inputs; None keeps it as it is.

    Returns:
        (images, *output shape).
    """
    count = min(map(len, images.values()))
    # Maps are dropped after their last reader; a deep network would otherwise keep all of them for
    # all images.
    uses = Counter(name for layer in network.layers for name in layer.inputs)
    known: dict[str, np.ndarray] = {}
    for layer in network.layers:
        if layer.operator == "input":
            known[layer.name] = images[layer.name]
            continue
        if layer.on_array:
            result = _as_maps(layer, read(layer, known[layer.inputs[0]]), count)
        else:
            before = [known[name] for name in layer.inputs]
            result = _digital(layer, before, constants.get(layer.name, {}), count)
        known[layer.name] = result if keep is None else keep(layer, result)
        for name in layer.inputs:
            uses[name] -= 1
            if not uses[name]:
                known.pop(name, None)
    return known[network.layers[-1].name]


def _digital(
    layer: Layer, inputs: list[np.ndarray], held: Mapping[str, np.ndarray], count: int
) -> np.ndarray:
    """The maps behind a layer without weights on an array."""
    function = function_of(layer)
    if isinstance(function, Elementwise) and not layer.constants:
        # each element on its own: all images are one map
        return function.forward(layer, inputs, held).astype(np.float32, copy=False)
    return np.stack([apply(layer, [values[i] for values in inputs], held) for i in range(count)])


def vectors_of(layer: Layer, values: np.ndarray) -> np.ndarray:
    """The vectors (images x vectors, groups x rows) that a layer reads for its inputs."""
    steps = slice(0, layer.matrix.vectors)
    return np.concatenate([array_inputs(layer, image, steps) for image in values])


def _as_maps(layer: Layer, vectors: np.ndarray, count: int) -> np.ndarray:
    """Output vectors as the layer's maps, (images, *output shape)."""
    result = np.empty((count, *layer.output_shape), np.float32)
    for image, rows in zip(result, vectors.reshape(count, layer.matrix.vectors, -1)):
        output_vectors(layer, image)[...] = rows
    return result


def exact_reader(tensors: Mapping[str, Mapping[str, np.ndarray]]) -> Read:
    """Reads in float32 arithmetic.

    Args:
        tensors: "weights" (groups, outputs, rows) and "bias" (groups x outputs,) by layer.

    Returns:
        what `forward_batch` takes.
    """

    def read(layer: Layer, values: np.ndarray) -> np.ndarray:
        held = tensors[layer.name]
        kind = on_array(layer)
        if isinstance(kind, Recurrent):
            # Sums of several threads depend on their number, and the same run has to give the same
            # bits on every machine.
            with one_thread():
                steps = kind.scan(layer, values, exact_step(held["weights"], held.get("bias")))
            return steps.reshape(-1, layer.hidden)
        shape = layer.matrix
        vectors = vectors_of(layer, values).reshape(-1, shape.groups, shape.rows)
        with one_thread():
            products = [
                vectors[:, group] @ held["weights"][group].T for group in range(shape.groups)
            ]
        result = np.concatenate(products, axis=1)
        return result if held.get("bias") is None else result + held["bias"]

    return read


class TileReader:
    """Reads on the tiles of a chip, for images from number `first` on.

    Args:
        values: tiles with their devices and calibrated ranges.
        first: number of the first image, which keys the random numbers.
        measure: whether the activity is measured, into `values.statistics`.
    """

    def __init__(self, values: TileData, first: int, measure: bool):
        self.values = values
        self.first = first
        self.measure = measure

    def read(self, layer: Layer, inputs: np.ndarray) -> np.ndarray:
        """The output vectors of an array layer, bias included; of a recurrent one its states."""
        kind = on_array(layer)
        if isinstance(kind, Recurrent):
            return self._recurrent(layer, kind, inputs)
        values = self.values
        name = layer.name
        before, an_image = values.first[name]
        reader = values.physics[name]
        count = layer.matrix.vectors
        vectors = vectors_of(layer, inputs)
        # Images whose vectors do not follow each other on the tiles, and devices that every read
        # moves, are read one by one.
        alone = an_image != count or reader.is_disturbed
        parts = []
        for image in range(len(inputs)) if alone else (0,):
            number = self.first + image
            reader.disturb(number * an_image)
            chosen = vectors[image * count : (image + 1) * count] if alone else vectors
            reads = reader.read(
                chosen, number * an_image + before, name in values.biases, self.measure
            )
            if self.measure:
                values.statistics[name].add(
                    reads, values.chip.read.input_bits, reader.reads_a_vector
                )
            parts.append(reads.outputs)
        outputs = np.concatenate(parts)
        bias = None if reader.bias_row else values.biases.get(name)
        return outputs if bias is None else outputs + bias

    def _recurrent(self, layer: Layer, kind: Recurrent, inputs: np.ndarray) -> np.ndarray:
        """The states (images x steps, hidden), read image by image: each vector has its number among
        those of its image, which keys its noise.
        """
        values = self.values

        def read_of(image: int) -> ReadStep:
            def read(vectors: np.ndarray, step: int) -> np.ndarray:
                reads = values.read_step(layer, image, step, vectors)
                if self.measure:
                    values.statistics[layer.name].add(
                        reads.given,
                        values.chip.read.input_bits,
                        values.physics[layer.name].reads_a_vector,
                    )
                return reads.outputs

            return read

        states = [
            kind.scan(layer, one[None], read_of(image))
            for image, one in enumerate(inputs, self.first)
        ]
        return np.concatenate(states).reshape(-1, layer.hidden)

    def keep(self, layer: Layer, maps: np.ndarray) -> np.ndarray:
        """Maps in the words of the chip."""
        stored = self.values.stored
        if not stored.by_chance:
            return stored.stored(layer.name, maps, self.first)
        if not layer.on_array:
            kept = [stored.stored(layer.name, one, self.first + i) for i, one in enumerate(maps)]
            return np.stack(kept)
        # rounding by chance is keyed by the vector, as its result arrives in the buffer
        for number, one in enumerate(maps, self.first):
            flat = output_vectors(layer, one)
            for step, vector in enumerate(flat):
                flat[step] = stored.stored(layer.name, vector, number, step + 1)
        return maps

    def forward(self, images: Maps) -> np.ndarray:
        """The outputs (images, *output shape) of the network on these tiles."""
        return forward_batch(
            self.values.network, images, self.values.constants, self.read, self.keep
        )
