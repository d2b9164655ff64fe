"""Many images through the tiles of a chip at once, without its events.

The reads are those of `tile_physics.py` with the same numbers of vectors, so an image gets the bits
that it gets in a run with real data, whatever the number of images that go together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from archsim.kernels.map_read import gather_vectors
from archsim.operators.array_forward import on_array, output_vectors
from archsim.operators.forward import apply_images
from archsim.operators.recurrent import ReadStep, Recurrent
from archsim.soc.data.exact_reads import Read, as_maps
from archsim.soc.data.no_numbers import NotArrivedError, refuse_no_numbers

if TYPE_CHECKING:
    from archsim.operators.arguments import Tensors
    from archsim.soc.data.tile_data import TileData
    from workloads.network import Layer, Network

Maps = Mapping[str, np.ndarray]
"""Values of input layers, (images, *shape)."""
Compute = Callable[["Layer", list[np.ndarray], "Tensors | None", int], np.ndarray]
"""Maps (images, *output shape) of a layer without an array, for its inputs, its constants, and the
number of images."""
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
    compute: Compute = apply_images,
) -> np.ndarray:
    """The output of the network for some images.

    Args:
        network: its layers.
        images: values of each input layer, (images, *shape).
        constants: by layer and role.
        read: gives the output maps of an array layer, bias included.
        keep: what becomes of the map of every layer but the inputs; None keeps it as it is.
        compute: gives the maps of a layer without an array, as `apply_images` does.

    Returns:
        (images, *output shape).

    Raises:
        InputError: for a layer that gives an array or the output values which are no numbers.
    """
    try:
        outputs = _forward(network, images, constants, read, keep, compute)
        if not np.isnan(outputs).any():
            return outputs
    except NotArrivedError:
        pass
    lacking: dict[str, bool] = {}

    def looked_at(layer: Layer, values: np.ndarray) -> np.ndarray:
        values = values if keep is None else keep(layer, values)
        lacking[layer.name] = bool(np.isnan(values).any())
        return values

    # Once more, now with a look at each layer, which everyone would pay for.
    try:
        outputs = _forward(network, images, constants, read, looked_at, compute)
    finally:
        refuse_no_numbers(network, lacking)
    return outputs


def _forward(
    network: Network,
    images: Maps,
    constants: Mapping[str, Mapping[str, np.ndarray]],
    read: Read,
    keep: Keep | None,
    compute: Compute,
) -> np.ndarray:
    """As `forward_batch`, whatever the values are."""
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
            result = read(layer, known[layer.inputs[0]])
        else:
            before = [known[name] for name in layer.inputs]
            result = compute(layer, before, constants.get(layer.name), count)
        known[layer.name] = result if keep is None else keep(layer, result)
        for name in layer.inputs:
            uses[name] -= 1
            if not uses[name]:
                known.pop(name, None)
    return known[network.layers[-1].name]


def vectors_of(layer: Layer, values: np.ndarray) -> np.ndarray:
    """The vectors (images x vectors, groups x rows) that a layer reads for its inputs."""
    shape = layer.matrix
    positions, step = on_array(layer).positions(layer)
    result = np.empty((len(values) * shape.vectors, shape.groups * shape.rows), np.float32)
    maps = np.ascontiguousarray(values, np.float32).reshape(len(values), -1)
    gather_vectors(maps, np.ascontiguousarray(positions.T), step, result)
    return result


def _beside(vectors: np.ndarray, images: int) -> np.ndarray:
    """Output vectors (images x vectors, outputs) by image, (images, outputs, vectors)."""
    return vectors.reshape(images, -1, vectors.shape[1]).transpose(0, 2, 1)


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
        """The output maps of an array layer, bias included; of a recurrent one its states."""
        kind = on_array(layer)
        if isinstance(kind, Recurrent):
            return self._recurrent(layer, kind, inputs)
        values = self.values
        before, an_image = values.first[layer.name]
        reader = values.physics[layer.name]
        # Images whose vectors do not follow each other on the tiles, and devices that every read
        # moves, are read one by one.
        alone = an_image != layer.matrix.vectors or reader.is_disturbed
        size = 1 if alone else len(inputs)
        parts = []
        for image in range(0, len(inputs), size):
            number = self.first + image
            reader.disturb(number * an_image)
            parts.append(
                self._read_some(layer, inputs[image : image + size], number * an_image + before)
            )
        outputs = parts[0] if len(parts) == 1 else np.concatenate(parts)
        bias = None if reader.bias_row else values.biases.get(layer.name)
        if bias is not None:
            outputs += bias[:, None]
        return as_maps(layer, outputs)

    def _read_some(self, layer: Layer, inputs: np.ndarray, first: int) -> np.ndarray:
        """Outputs (images, groups x outputs, vectors) for vectors from number `first` on."""
        values = self.values
        reader = values.physics[layer.name]
        bias = layer.name in values.biases
        if reader.by_maps:
            positions = on_array(layer).positions(layer)
            reads = reader.read_maps(inputs, positions, first, bias, self.measure)
            outputs = reads.outputs
        else:
            reads = reader.read(vectors_of(layer, inputs), first, bias, self.measure)
            outputs = _beside(reads.outputs, len(inputs))
        if self.measure:
            values.statistics[layer.name].add(
                reads, values.chip.read.input_bits, reader.reads_a_vector
            )
        return outputs

    def _recurrent(self, layer: Layer, kind: Recurrent, inputs: np.ndarray) -> np.ndarray:
        """The states (images, *output shape), read image by image: each vector has its number among
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
        return as_maps(layer, np.concatenate(states).transpose(0, 2, 1))

    def keep(self, layer: Layer, maps: np.ndarray) -> np.ndarray:
        """Maps in the words of the chip."""
        stored = self.values.stored
        if not stored.by_chance:
            return stored.stored(layer.name, maps, self.first, fresh=layer.on_array)
        if not layer.on_array:
            kept = [stored.stored(layer.name, one, self.first + i) for i, one in enumerate(maps)]
            return np.stack(kept)
        # rounding by chance is keyed by the vector, as its result arrives in the buffer
        for number, one in enumerate(maps, self.first):
            flat = output_vectors(layer, one)
            for step, vector in enumerate(flat):
                flat[step] = stored.stored(layer.name, vector, number, step + 1)
        return maps

    def forward(self, images: Maps, compute: Compute = apply_images) -> np.ndarray:
        """The outputs (images, *output shape) of the network on these tiles; `compute` as of
        `forward_batch`.
        """
        values = self.values
        return forward_batch(
            values.network, images, values.constants, self.read, self.keep, compute
        )
