"""What real data a run gets: the user's arrays, else the network file's own, else random ones, all
checked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from archsim.operators.forward import can_carry
from archsim.operators.vocabulary import operator_of
from archsim.soc.data.tile_data import TileData
from hwlib.errors import InputError, nearest

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.chip.place import Placement
    from archsim.trace.operation import Trace
    from workloads.network import Layer, Network

Arrays = dict[str, Any]
MOST_NUMBERS = 2**28
"""Numbers of all images and weights together: a gigabyte, some copies of it while they are made."""
LARGEST_MAP = 2**28
"""Elements of a feature map or a matrix in a run with real data: one gigabyte of float32."""
LARGEST_NUMBER = 1e12
"""Of an image or a weight, whatever its sign."""
_HINT = "run without --data: counts and timing need no values"


def prepare_values(
    network: Network | None,
    trace: Trace,
    chip: Architecture,
    placement: Placement,
    data: Any,
    images: int,
    seed: int,
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
    if placement.passes:
        raise InputError(
            "real data cannot go with reloaded weights",
            where=f"{chip.origin}: execution.reload",
            got=True,
        )
    _check_network(network)
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
        if key not in known:
            raise InputError(
                "unknown array", where="data", got=key, allowed=known, hint=nearest(key, known)
            )
    random = np.random.default_rng(seed)
    pictures = {
        layer.name: _images(layer, arrays, layer is inputs[0], images, random) for layer in inputs
    }
    own = network.tensors.read() if network.tensors is not None else {}
    tensors, notes = _tensors(network, arrays, own, random)
    return TileData(network, chip, placement, pictures, tensors, seed, notes)


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
    _check_network(network)
    own = network.tensors.read() if network.tensors is not None else {}
    for layer in network.array_layers:
        if not layer.shares and "weights" not in own.get(layer.name, {}):
            raise InputError(
                "the weights of this layer have no values", where=f"{network.name}: {layer.name}"
            )
    return _tensors(network, {}, own, np.random.default_rng(0))[0]


def _check_network(network: Network) -> None:
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
        elements = max(elements, channels * (height + top + bottom) * (width + left + right))
    return elements


def _known_names(network: Network, inputs: list[Layer]) -> list[str]:
    names = ["images"] + [f"{layer.name}.images" for layer in inputs if len(inputs) > 1]
    for layer in network.layers:
        roles = () if layer.shares else ("weights", "bias") if layer.on_array else layer.roles
        names += [f"{layer.name}.{role}" for role in roles]
    return names


def _images(
    layer: Layer, arrays: Arrays, first: bool, images: int, random: np.random.Generator
) -> np.ndarray:
    """The images (images, *shape) of one input: given, or random from 0 to 1."""
    key = f"{layer.name}.images"
    if key not in arrays and first:
        key = "images"
    shape = layer.output_shape
    given = arrays.get(key)
    pictures = random.random((images, *shape)) if given is None else _numbers(given, key)
    if pictures.shape == shape:
        pictures = pictures[None]
    if pictures.shape[1:] != shape or len(pictures) < images:
        raise InputError(
            "images do not fit",
            where=f"data: {key}",
            got=pictures.shape,
            allowed=f"({images} or more, {shape})",
        )
    return pictures[:images].astype(np.float32)


def _tensors(
    network: Network,
    arrays: Arrays,
    own: Mapping[str, Mapping[str, np.ndarray]],
    random: np.random.Generator,
) -> tuple[dict[str, dict[str, np.ndarray]], tuple[str, ...]]:
    """Weights, biases and constants of every layer, and notes on where they come from."""
    tensors: dict[str, dict[str, np.ndarray]] = {}
    from_file = []
    drawn = []
    folded = []
    for layer in network.layers:
        held = {
            role: arrays[f"{layer.name}.{role}"]
            for role in ("weights", "bias", *layer.roles)
            if f"{layer.name}.{role}" in arrays
        }
        rest = {role: value for role, value in own.get(layer.name, {}).items() if role not in held}
        if layer.on_array:
            if "weights" in rest and not layer.shares:
                from_file.append(layer.name)
            tensors[layer.name] = _array_layer(layer, {**rest, **held}, tensors, random)
            if "weights" not in held and "weights" not in rest and not layer.shares:
                drawn.append(layer.name)
            continue
        tensors[layer.name] = {
            **rest,
            **{
                role: _numbers(value, f"{layer.name}.{role}").astype(np.float32)
                for role, value in held.items()
            },
        }
        may_be_folded = operator_of(layer).may_be_folded
        if may_be_folded and not tensors[layer.name]:
            folded.append(layer.name)
        for role in layer.roles:
            if role not in tensors[layer.name] and not may_be_folded:
                raise InputError(
                    "a constant of this layer has no values",
                    where=f"{network.name}: {layer.name}",
                    got=role,
                    hint=f"give it in the data as '{layer.name}.{role}'",
                )
    notes = []
    if from_file:
        notes.append(f"weights of {_some(from_file)} are those of the network's file")
    if drawn:
        notes.append(f"weights of {_some(drawn)} are random")
    if folded:
        notes.append(
            f"batch normalisation without values ({_some(folded)}) counts as folded into the weights: it passes its input on"
        )
    return tensors, tuple(notes)


def _some(names: list[str]) -> str:
    return (
        ", ".join(names)
        if len(names) < 4
        else f"{names[0]}, {names[1]} and {len(names) - 2} more layers"
    )


def _array_layer(
    layer: Layer,
    held: Mapping[str, Any],
    tensors: Mapping[str, dict[str, np.ndarray]],
    random: np.random.Generator,
) -> dict[str, np.ndarray]:
    """Weights (groups, columns, rows) and bias (groups x columns,) of an array layer; one that
    shares has those of the other.
    """
    if layer.shares:
        owner = tensors[layer.shares]
        weights = owner["weights"].transpose(0, 2, 1) if layer.transposed else owner["weights"]
        return {"weights": weights} | (
            {"bias": owner["bias"]} if layer.bias and "bias" in owner else {}
        )
    shape = layer.matrix
    full = (shape.columns * shape.groups, shape.rows)
    # He-like spread: keeps the signal alive through any depth
    weights = (
        random.standard_normal(full) * np.sqrt(2.0 / shape.rows)
        if "weights" not in held
        else _numbers(held["weights"], f"{layer.name}.weights")
    )
    if weights.shape != full:
        raise InputError(
            "weights do not fit",
            where=f"data: {layer.name}.weights",
            got=weights.shape,
            allowed=str(full),
        )
    found = {"weights": weights.reshape(shape.groups, shape.columns, shape.rows).astype(np.float32)}
    if "bias" in held:
        bias = _numbers(held["bias"], f"{layer.name}.bias")
        if bias.shape != (full[0],):
            raise InputError(
                "bias does not fit",
                where=f"data: {layer.name}.bias",
                got=bias.shape,
                allowed=str((full[0],)),
            )
        found["bias"] = bias.astype(np.float32)
    return found


def _numbers(array: Any, name: str) -> np.ndarray:
    array = np.asarray(array)
    if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
        raise InputError(
            "not an array of finite numbers", where=f"data: {name}", got=str(array.dtype)
        )
    found = array.astype(np.float64)
    # products of larger ones leave the range of a float32, and what is no number would be taken for
    # what has not arrived
    largest = float(np.abs(found).max(initial=0.0))
    if largest > LARGEST_NUMBER:
        raise InputError(
            "a number too large",
            where=f"data: {name}",
            got=largest,
            allowed=f"-{LARGEST_NUMBER:g} to {LARGEST_NUMBER:g}",
        )
    return found
