"""Constant operands that train: parameters of a file that no layer of ours is made for, such as
positions that are added, tokens beside the patches of an image, biases of transposed convolutions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from archsim.operators.arguments import is_trained
from archsim.operators.join import Join
from archsim.operators.strides import AXES
from archsim.operators.unrounded import FAR_BELOW, SCORES, WHOLE, stored_forms
from archsim.operators.vocabulary import function_of
from hwlib.errors import InputError, nearest
from workloads.network import Layer, Network

Held: TypeAlias = Mapping[str, np.ndarray]
Values: TypeAlias = Mapping[str, Held]
_MASK = "its constant is a mask"
_WHOLE_NUMBERS = "its constant is of whole numbers"
ALL = "all"
"""Every one of more than a single number, which is no parameter as a rule."""


def with_trained_constants(network: Network, names: str | Sequence[str]) -> Network:
    """A network whose constant operands are digital words that a training moves, from the file's values on.

    Args:
        network: of a file with values.
        names: layers (`add`, `subtract`, `multiply`, `divide`, `concat` and the like) with a constant
            operand, as a list or with commas between them; "all".

    Returns:
        the network, with a note; constants that are exported are those that the training left.

    Raises:
        InputError: for a layer without such a constant, and for names that none has.
    """
    held = network.tensors.read() if network.tensors is not None else {}
    faults = _faults(network, held)
    possible = [name for name, fault in faults.items() if not fault]
    asked = names.split(",") if isinstance(names, str) else list(names)
    if asked == [ALL]:
        asked = [name for name in possible if _numbers(held[name]) > 1]
        if not asked:
            raise InputError(
                "no constant operand may train",
                where=f"{network.name}: train_constants",
                got=ALL,
                hint=next((f"{name}: {fault}" for name, fault in faults.items() if fault), ""),
            )
    for name in asked:
        if name not in possible:
            raise InputError(
                faults.get(name) or "no layer with a constant operand has this name",
                where=f"{network.name}: train_constants",
                got=name,
                allowed=[*possible, ALL],
                hint=nearest(name, possible),
            )
    layers = tuple(
        _trained(layer, held[layer.name]) if layer.name in asked else layer
        for layer in network.layers
    )
    count = sum(_numbers(held[name]) for name in asked)
    note = f"constant operands of {len(asked)} layers train: {count} digital words"
    return replace(network, layers=layers, notes=(*network.notes, note))


def constants_that_stay(network: Network) -> list[str]:
    """Layers whose constant operands a training leaves as they are though they may be parameters: more
    than a single number, no masks and no whole numbers, and not frozen by wish.
    """
    if not any(layer.constants and _may(layer) for layer in network.layers):
        return []  # the file is not read again
    held = network.tensors.read() if network.tensors is not None else {}
    return [
        name
        for name, fault in _faults(network, held).items()
        if fault not in (_MASK, _WHOLE_NUMBERS)
        and _numbers(held.get(name, {})) > 1
        and not network.layer(name).frozen
        and not is_trained(network.layer(name))
    ]


def _faults(network: Network, held: Values) -> dict[str, str]:
    """By layer with constant operands why they cannot train, "" where they can."""
    forms = stored_forms(network)
    faults: dict[str, str] = {}
    seen: dict[bytes, str] = {}
    for layer in network.layers:
        if not layer.constants or not _may(layer):
            continue
        values = held.get(layer.name, {})
        faults[layer.name] = _fault(layer, values, forms)
        if faults[layer.name]:
            continue
        key = b"".join(np.asarray(values[role]).tobytes() for role in sorted(values))
        # Two that are alike bit by bit are one parameter, but for those that begin as one number.
        if any(np.ptp(value) > 0 for value in values.values() if np.size(value) > 1):
            first = seen.setdefault(key, layer.name)
            if first != layer.name:
                told = f"it is one with that of '{first}', and the two would train apart"
                faults[layer.name] = faults[first] = told
    return faults


def _may(layer: Layer) -> bool:
    """Whether the operator of a layer trains a constant."""
    kind = function_of(layer)
    if isinstance(kind, Join):
        ways = kind.joined(layer)
        return ways is not None and ways.own is not None
    return layer.computes == "concat"


def _fault(layer: Layer, values: Held, forms: dict[str, int]) -> str:
    """Why the constants of a layer cannot train, "" where they can."""
    if not set(layer.constants) <= values.keys():
        return "its constant has no values in the file"
    own = [np.asarray(values[role]) for role in layer.constants]
    if any(not value.size for value in own):
        return "its constant is empty"
    if any(value.dtype.kind != "f" for value in own) or forms.get(layer.name) == WHOLE:
        return _WHOLE_NUMBERS
    if any(not np.isfinite(value).all() or value.min() <= FAR_BELOW for value in own):
        return _MASK
    # One number everywhere on scores is a mask that hides nothing, as exporters leave it.
    if forms.get(layer.name) == SCORES and all(np.ptp(value) == 0 for value in own):
        return _MASK
    if layer.computes == "concat":
        return ""
    if len(layer.inputs) != 1 or len(own) != 1:
        return "it has more operands than one and a constant"
    # Of more axes than the output only those of length one stand in front.
    shape = _shape_of(layer, own[0])
    fits = len(shape) <= len(layer.output_shape) <= AXES
    return "" if fits else "its constant has too many axes"


def _trained(layer: Layer, values: Held) -> Layer:
    told: object = True
    if layer.computes != "concat":
        told = _shape_of(layer, np.asarray(values[layer.constants[0]]))
    return replace(layer, settings=(*layer.settings, ("trained", told)))


def _shape_of(layer: Layer, value: np.ndarray) -> tuple[int, ...]:
    """The shape of a constant, without axes of length one in front that the output has not."""
    shape = value.shape
    while len(shape) > len(layer.output_shape) and shape[0] == 1:
        shape = shape[1:]
    return shape


def _numbers(values: Held) -> int:
    return sum(int(np.size(value)) for value in values.values())
