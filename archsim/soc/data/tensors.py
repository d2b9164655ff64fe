"""The tensors of a run with real data: given, from the network's own file, or drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from archsim.operators.moves import Moves
from archsim.operators.shapes import Shape
from archsim.operators.vocabulary import operator_of
from hwlib.errors import InputError
from workloads.network import Layer, Network

Arrays = dict[str, Any]
LARGEST_NUMBER = 1e12
"""Of an image or a weight, whatever its sign."""


def tensors_of(
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
    behind = []  # layers whose owner comes later
    for layer in network.layers:
        held = {
            role: arrays[f"{layer.name}.{role}"]
            for role in ("weights", "bias", *layer.roles, *operator_of(layer).statistics)
            if f"{layer.name}.{role}" in arrays
        }
        # What the user gives goes before the file's own, role by role.
        rest = {role: value for role, value in own.get(layer.name, {}).items() if role not in held}
        if layer.shares and layer.shares not in tensors:
            behind.append(layer)
            continue
        if layer.on_array:
            if "weights" in rest and not layer.shares:
                from_file.append(layer.name)
            tensors[layer.name] = _array_layer(layer, {**rest, **held}, tensors, random)
            # Told in the result: outputs of drawn weights mean nothing, only counts do.
            if "weights" not in held and "weights" not in rest and not layer.shares:
                drawn.append(layer.name)
            continue
        tensors[layer.name] = {
            **rest,
            **{role: _constant(layer, role, value) for role, value in held.items()},
        }
        if held:
            _require_fit(layer, [*held], tensors[layer.name])
        may_be_folded = operator_of(layer).may_be_folded
        # Exporters fold a normalisation into the weights before it; what is left behind has nothing
        # to say.
        if may_be_folded and not tensors[layer.name]:
            folded.append(layer.name)
        if not may_be_folded:
            _require_roles(network, layer, tensors[layer.name])
    for layer in behind:
        tensors[layer.name] = _array_layer(layer, {}, tensors, random)
    notes = []
    if from_file:
        notes.append(f"weights of {_some(from_file)} are those of the network's file")
    if drawn:
        notes.append(f"weights of {_some(drawn)} are random")
    if folded:
        notes.append(
            f"batch normalisation without values ({_some(folded)}) counts as folded into the "
            "weights: it passes its input on"
        )
    return tensors, tuple(notes)


def _require_roles(network: Network, layer: Layer, values: Mapping[str, np.ndarray]) -> None:
    """Raise InputError for a constant that nobody gave."""
    for role in layer.roles:
        if role not in values:
            raise InputError(
                "a constant of this layer has no values",
                where=f"{network.name}: {layer.name}",
                got=role,
                hint=f"give it in the data as '{layer.name}.{role}'",
            )


def _require_fit(layer: Layer, roles: list[str], values: dict[str, np.ndarray]) -> None:
    """Raise InputError where constants that somebody gave do not go with the layer, or stretch its
    output to another shape: tried on inputs of zero.
    """
    shapes = operator_of(layer).constant_shapes(layer)
    for role in shapes.keys() & roles:
        if _without_ones(values[role].shape) != _without_ones(shapes[role]):
            raise _unfit("constants do not fit the layer", layer, role, values[role], shapes[role])
        # Axes of one may stand anywhere in what was given.
        values[role] = values[role].reshape(shapes[role])
    if shapes.keys() >= set(roles) or any(role not in values for role in layer.roles):
        return  # held to their shapes, or told by name
    inputs = [np.zeros(shape, np.float32) for shape in layer.input_shapes]
    try:
        # Zeros may divide by zero: only the shape is asked for.
        with np.errstate(all="ignore"):
            shape = np.shape(operator_of(layer).forward(layer, inputs, values))
    except (ValueError, IndexError):
        shape = None
    if shape != tuple(layer.output_shape):
        raise InputError(
            "constants do not fit the layer",
            where=f"data: {', '.join(f'{layer.name}.{role}' for role in roles)}",
            got=", ".join(str(values[role].shape) for role in roles),
            allowed=f"what keeps the layer's output {tuple(layer.output_shape)}",
        )


def _unfit(what: str, layer: Layer, role: str, got: np.ndarray, wanted: Shape) -> InputError:
    return InputError(
        what, where=f"data: {layer.name}.{role}", got=got.shape, allowed=str(tuple(wanted))
    )


def _without_ones(shape: Shape) -> tuple[int, ...]:
    return tuple(size for size in shape if size != 1)


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
        # A view: one matrix in memory, whichever way it is read.
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
        else numbers(held["weights"], f"{layer.name}.weights")
    )
    if weights.shape != full:
        raise _unfit("weights do not fit", layer, "weights", weights, full)
    arrays = {
        "weights": weights.reshape(shape.groups, shape.columns, shape.rows).astype(np.float32)
    }
    if "bias" in held:
        bias = numbers(held["bias"], f"{layer.name}.bias")
        if bias.shape != (full[0],):
            raise _unfit("bias does not fit", layer, "bias", bias, full[:1])
        arrays["bias"] = bias.astype(np.float32)
    return arrays


def _constant(layer: Layer, role: str, value: Any) -> np.ndarray:
    """The values of a role, float32; numbers of elements that move are whole and may be larger than
    those hold. A mask may be as low as a number gets, and infinite.
    """
    array = np.asarray(value)
    if isinstance(operator_of(layer), Moves) and array.dtype.kind in "iu":
        return array
    if operator_of(layer).masks and array.dtype.kind == "f" and not np.isnan(array).any():
        with np.errstate(over="ignore"):  # beyond float32 is infinite
            return array.astype(np.float32)
    return numbers(array, f"{layer.name}.{role}").astype(np.float32)


def numbers(array: Any, name: str) -> np.ndarray:
    """An array of finite numbers, float64. Raises InputError for anything else."""
    array = np.asarray(array)
    if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
        raise InputError(
            "not an array of finite numbers", where=f"data: {name}", got=str(array.dtype)
        )
    values = array.astype(np.float64)
    # products of larger ones leave the range of a float32, and what is no number would be taken for
    # what has not arrived
    largest = float(np.abs(values).max(initial=0.0))
    if largest > LARGEST_NUMBER:
        raise InputError(
            "a number too large",
            where=f"data: {name}",
            got=largest,
            allowed=f"-{LARGEST_NUMBER:g} to {LARGEST_NUMBER:g}",
        )
    return values
