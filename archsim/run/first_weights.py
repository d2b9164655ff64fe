"""Trained weights that a training begins with: fine-tuning on the arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from archsim.operators.vocabulary import function_of
from archsim.run.trained_weights import trained_tensors
from archsim.training.first_state import FirstWeights
from archsim.training.trainable import trained_layers, training_rows
from hwlib.errors import InputError
from workloads.network import Layer, Network

if TYPE_CHECKING:
    from archsim.run.trained_weights import Weights


def first_of(network: Network, weights: Weights | FirstWeights) -> FirstWeights | None:
    """`first_weights`, or what it gave before; None where none are named."""
    if isinstance(weights, FirstWeights):
        return weights
    if weights is not None:
        return first_weights(network, weights)
    if any(layer.setting("adapter") for layer in network.layers):
        raise InputError(
            "adapters add to trained weights, and none are named",
            where=f"{network.name}: weights",
            hint="--weights FILE, or weights=... in Python",
        )
    require_constants(network)
    return None


def require_constants(network: Network) -> None:
    """Raise InputError for a constant operand without values: a training draws weights alone."""
    asked = [
        layer
        for layer in trained_layers(network)
        if layer.roles
        and function_of(layer).trains_constants
        and not function_of(layer).words(layer).trained
    ]
    # The file of a network is read again only where something is asked of it.
    held = network.tensors.read() if asked and network.tensors is not None else {}
    for layer in asked:
        function_of(layer).constant_words(layer, held.get(layer.name, {}))


def first_weights(network: Network, weights: Weights) -> FirstWeights:
    """The weights that a training begins with.

    Args:
        network: that is trained.
        weights: as `infer` takes them: an .npz or .onnx file, a mapping, the folder of a training, or
            what `train` returned; the last two also bring the words of normalisations.

    Returns:
        matrices with biases, and words.

    Raises:
        InputError: as `trained_tensors`, and for a network with running statistics whose weights come
            without them; scales and shifts of a file are taken.
    """
    named = trained_tensors(network, weights)
    matrices = {}
    for layer in network.matrix_layers:
        held = named.tensors[layer.name]
        matrix = held["weights"].reshape(-1, held["weights"].shape[-1])
        if layer.bias:
            # A training keeps the bias as the last column of a layer's matrix.
            matrix = np.column_stack([matrix, held["bias"]])
        matrices[layer.name] = np.ascontiguousarray(matrix, np.float32)
    words = _words_of(network, named.tensors) if named.words is None else named.words
    return FirstWeights(matrices, words)


def _words_of(
    network: Network, tensors: Mapping[str, Mapping[str, np.ndarray]]
) -> dict[str, np.ndarray] | None:
    """The words that layers begin with, by layer and in their order in memory, from the values of a
    file; None where no layer keeps any.

    Raises:
        InputError: for running statistics that the file does not have beside scale and shift.
    """
    words: dict[str, np.ndarray] = {}
    known = False
    for layer in trained_layers(network):
        kind = function_of(layer)
        held = tensors.get(layer.name, {})
        lacking = [role for role in kind.statistics if role not in held]
        if lacking:
            raise _no_statistics(network, layer, lacking)
        for row in training_rows(layer, f"network '{network.name}', layer '{layer.name}'"):
            fixed = kind.constant_words(layer, held)
            known |= bool(row.words.trained) or fixed is not None
            if fixed is None:
                fixed = np.array(row.words.constants)
            own = [kind.unfolded(layer, held)] if row.words.trained else []
            if row.words.trained or row.words.constants:
                words[layer.name] = np.concatenate([fixed, *own]).astype(np.float32)
    return words if known else None


def _no_statistics(network: Network, layer: Layer, lacking: list[str]) -> InputError:
    return InputError(
        "the weights come without the statistics that this layer keeps in a training",
        where=f"{network.name}: {layer.name}",
        got="a file of weights",
        allowed=", ".join(f"{layer.name}.{role}" for role in lacking),
        hint="give them beside scale and shift, which they are folded into, or name the folder of a "
        "training, or what `train` returned",
    )


def weights_digest(first: FirstWeights) -> str:
    """The digest of the weights that a training begins with."""
    digest = hashlib.sha256()
    # Sorted, as the order of a file of weights says nothing.
    for name in sorted(first.matrices):
        digest.update(name.encode() + first.matrices[name].tobytes())
    if isinstance(first.words, Mapping):
        for own in first.words.values():
            digest.update(own.tobytes())
    elif first.words is not None:
        digest.update(first.words.tobytes())
    return digest.hexdigest()[:16]


def first_inputs(first: FirstWeights | None) -> dict[str, str]:
    """What a training's inputs say of its first weights: their digest, nothing of random ones."""
    return {} if first is None else {"weights": weights_digest(first)}
