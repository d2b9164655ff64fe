"""What real data a run gets: the user's arrays, else the network file's own, else random ones, all
checked.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from archsim.operators.arguments import count_of
from archsim.operators.forward import can_carry
from archsim.operators.vocabulary import operator_of
from archsim.soc.data.tensors import Arrays, numbers, tensors_of
from archsim.soc.data.tile_data import TileData
from hwlib.errors import InputError, nearest

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.chip.placement import Placement
    from archsim.devices.held_weights import Holder
    from archsim.operators.shapes import Shape
    from archsim.trace.operation import Trace
    from workloads.network import Layer, Network

MOST_NUMBERS = 2**28
"""Numbers of all images and weights together: a gigabyte, some copies of it while they are made."""
LARGEST_MAP = 2**28
"""Elements of a feature map or a matrix in a run with real data: one gigabyte of float32."""
_HINT = "run without --data: counts and timing need no values"


def prepare_values(
    network: Network | None,
    trace: Trace,
    chip: Architecture,
    placement: Placement,
    data: Any,
    images: int,
    seed: int,
    holder: Holder | None = None,
) -> TileData:
    """Check the arrays and build the real-data mode.

    `data` is "random", images (N, *input shape), or a dict with "images" and, by layer,
    "<layer>.weights" (outputs x rows), "<layer>.bias" and "<layer>.<role>" of other constants; with
    several inputs, "<input>.images" for each. What it leaves open comes from the network's own
    file, and weights that no file has are random. Raises InputError for what does not fit.
    """
    if network is None or trace.phase != "inference":
        raise InputError(
            "real data need a network and the phase inference", where="data", got=trace.phase
        )
    if chip.execution.attention == "arrays" and any(
        operation.kind == "write" for operation in trace.image_operations
    ):
        raise InputError(
            "operands that are written to arrays are priced, real data pass none",
            where=f"{chip.origin}: execution.attention",
            got="arrays",
            hint="execution.attention=digital",
        )
    # Everything that the chip or the network rules out comes before any array is made.
    check_resident(chip, placement)
    check_signed_words(chip)
    check_carries(network)
    if isinstance(data, str) and data != "random":
        raise InputError(
            "unknown data", where="data", got=data, allowed="'random', arrays, or an .npz file"
        )
    arrays = (
        {}
        if isinstance(data, str)
        else {"images": data}
        if not isinstance(data, dict)
        else dict(data)
    )
    inputs = [layer for layer in network.layers if layer.operator == "input"]
    _check_size(network, images)
    known = _known_names(network, inputs)
    for key in arrays:
        # A misspelt name would leave the layer with random weights and say so in a note only.
        if key not in known:
            raise InputError(
                "unknown array", where="data", got=key, allowed=known, hint=nearest(key, known)
            )
    # One generator in a fixed order: giving the weights of one layer changes those that are drawn
    # for later ones only.
    random = np.random.default_rng(seed)
    pictures = {item.name: _images(network, item, arrays, images, random) for item in inputs}
    own = network.tensors.read() if network.tensors is not None else {}
    tensors, notes = tensors_of(network, arrays, own, random)
    values = TileData(network, chip, placement, pictures, tensors, seed, holder)
    values.notes = notes if holder is None else (*notes, holder.note)
    return values


def _check_size(network: Network, images: int) -> None:
    """Refuse more numbers than a machine keeps, before any of them is made: inputs and outputs of
    the layers of every image, weights.
    """
    layers = sum(
        math.prod(layer.output_shape)
        for layer in network.layers
        if layer.on_array or layer.operator == "input"
    )
    numbers = images * layers + network.weights
    if numbers > MOST_NUMBERS:
        raise InputError(
            "too many numbers to carry",
            where=network.name,
            got=numbers,
            allowed=f"up to {MOST_NUMBERS}",
            hint=f"fewer images than {images}"
            if network.weights + layers <= MOST_NUMBERS
            else _HINT,
        )


def exact_tensors(network: Network) -> dict[str, dict[str, np.ndarray]]:
    """The values of a network's own file by layer and role, for `network_forward`.

    Raises InputError for a network that cannot carry data, or whose file leaves a value open.
    """
    check_carries(network)
    _check_size(network, 1)
    own = network.tensors.read() if network.tensors is not None else {}
    for layer in network.array_layers:
        if not layer.shares and "weights" not in own.get(layer.name, {}):
            raise InputError(
                "the weights of this layer have no values", where=f"{network.name}: {layer.name}"
            )
    return tensors_of(network, {}, own, np.random.default_rng(0))[0]


def check_values(network: Network) -> None:
    """Raise InputError where no real data can go through a network, be it for its layers or for the
    values in its file, by reading them. Weights that a network without a file lacks are drawn.
    """
    if network.tensors is None:
        check_carries(network)
    else:
        exact_tensors(network)


def check_resident(chip: Architecture, placement: Placement) -> None:
    """Raise InputError where weights are loaded anew between layers: no tile then holds a layer."""
    if placement.passes:
        raise InputError(
            "real data cannot go with reloaded weights",
            where=f"{chip.origin}: execution.reload",
            got=True,
        )


def check_signed_words(chip: Architecture) -> None:
    """Raise InputError for words of one bit, which have a sign and no digit: a price has no such
    question, a value has.
    """
    if chip.physics.model != "signed":
        return
    words = {"read.input_bits": chip.read.input_bits, "read.adc_bits": chip.read.adc_bits}
    if chip.core.kinds:
        del words["read.adc_bits"]  # no core has the chip's own
        words |= {
            f"core.kinds.{kind}.read.adc_bits": own.read.adc_bits
            for kind, own in chip.kind_chips.items()
        }
    if chip.weights.mapping == "bit_slices":
        words["weights.bits"] = chip.weights.bits
    for path, bits in words.items():
        if bits < 2:
            raise InputError(
                "a signed value that is computed has at least 2 bits",
                where=f"{chip.origin}: {path}",
                got=bits,
                hint="2 bits are -1, 0 and 1; without data a word of one bit is priced",
            )


def check_carries(network: Network) -> None:
    """Raise InputError with everything that keeps real data out of this network."""
    cannot = [
        f"{layer.operator} '{layer.name}'" for layer in network.layers if not can_carry(layer)
    ]
    if cannot:
        shown = ", ".join(cannot[:8]) + (f" and {len(cannot) - 8} more" if len(cannot) > 8 else "")
        raise InputError(
            f"these layers cannot carry real data: {shown}", where=network.name, hint=_HINT
        )
    large = [layer for layer in network.layers if _elements(layer) > LARGEST_MAP]
    if large:
        raise InputError(
            "too large to carry real data",
            where=f"{network.name}: {large[0].name}",
            got=f"{_elements(large[0])} elements",
            allowed=f"{LARGEST_MAP}",
            hint=_HINT,
        )
    if network.gaps:
        raise InputError(
            "the file leaves out what joins these layers, so no value passes",
            where=network.name,
            got=", ".join(network.gaps[:5]),
            hint=_HINT,
        )
    if network.without_values:
        raise InputError(
            "real data would not compute what the file says: " + "; ".join(network.without_values),
            where=network.name,
            hint=_HINT,
        )


def _elements(layer: Layer) -> int:
    """Elements of the largest map that the layer's values need: its output, its weights or its
    padded input.
    """
    elements = max(layer.output_elements, layer.matrix.weights if layer.on_array else 0)
    if operator_of(layer).sliding:
        channels, height, width = layer.input_shapes[0]
        top, left, bottom, right = layer.padding
        # A small file may ask for a padding of gigabytes.
        elements = max(elements, channels * (height + top + bottom) * (width + left + right))
    return elements


def _known_names(network: Network, inputs: list[Layer]) -> list[str]:
    names = ["images"] + [f"{layer.name}.images" for layer in inputs if len(inputs) > 1]
    for layer in network.layers:
        # Shared weights are given to the layer that keeps them.
        roles = () if layer.shares else ("weights", "bias") if layer.on_array else layer.roles
        names += [f"{layer.name}.{role}" for role in roles]
    return names


def _drawing(
    network: Network, layer: Layer, random: np.random.Generator
) -> Callable[[Shape], np.ndarray]:
    """What draws the images of an input: from 0 to 1, or the numbers of rows that its readers have."""
    tables = [
        count_of(item, "entries")
        for item in network.layers
        if layer.name in item.inputs and operator_of(item).takes_numbers
    ]
    if not tables:
        return random.random
    return lambda shape: random.integers(0, min(tables), shape)


def _images(
    network: Network, layer: Layer, arrays: Arrays, images: int, random: np.random.Generator
) -> np.ndarray:
    """The images (images, *shape) of one input: given, or random ones."""
    key = f"{layer.name}.images"
    if key not in arrays and layer is network.layers[0]:
        key = "images"
    shape = layer.output_shape
    given = arrays.get(key)
    draw = _drawing(network, layer, random)
    pictures = draw((images, *shape)) if given is None else numbers(given, key)
    # One image may come without an axis for its number.
    if pictures.shape == shape:
        pictures = pictures[None]
    # More are allowed: one data set serves runs of any length.
    if pictures.shape[1:] != shape or len(pictures) < images:
        raise InputError(
            "images do not fit",
            where=f"data: {key}",
            got=pictures.shape,
            allowed=f"({images} or more, {shape})",
        )
    return pictures[:images].astype(np.float32)
