"""Trained weights that a training begins with: fine-tuning on the arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from archsim.operators.vocabulary import operator_of
from archsim.run.trained_weights import trained_tensors
from archsim.training.first_state import FirstWeights
from archsim.training.trainable import trained_layers, training_rows
from hwlib.errors import InputError
from workloads.network import Network

if TYPE_CHECKING:
    from archsim.run.trained_weights import Weights


def first_of(network: Network, weights: Weights) -> FirstWeights | None:
    """`first_weights`; None where none are named."""
    if weights is not None:
        return first_weights(network, weights)
    if any(layer.setting("adapter") for layer in network.layers):
        raise InputError(
            "adapters add to trained weights, and none are named",
            where=f"{network.name}: weights",
            hint="--weights FILE, or weights=... in Python",
        )
    return None


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
    for layer in network.array_layers:
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
) -> np.ndarray | None:
    """The words that layers keep, in the order of a training, from the values of a file; None where
    no layer keeps any.

    Raises:
        InputError: for running statistics, which a file of weights has folded into scale and shift.
    """
    words: list[np.ndarray] = []
    trained = False
    for layer in trained_layers(network):
        kind = operator_of(layer)
        kept = kind.words(layer)
        if kept.forth or kept.back:
            raise InputError(
                "the weights come without the statistics that this layer keeps in a training",
                where=f"{network.name}: {layer.name}",
                got="a file of weights",
                hint="name the folder of a training, or what `train` returned",
            )
        rows = training_rows(layer, f"network '{network.name}', layer '{layer.name}'")
        for row in rows:
            words.append(np.array(row.words.constants, np.float32))
            if row.words.trained:
                trained = True
                words.append(kind.unfolded(layer, tensors.get(layer.name, {})))
    return np.concatenate(words) if trained else None


def weights_digest(first: FirstWeights) -> str:
    """The digest of the weights that a training begins with."""
    digest = hashlib.sha256()
    # Sorted, as the order of a file of weights says nothing.
    for name in sorted(first.matrices):
        digest.update(name.encode() + first.matrices[name].tobytes())
    if first.words is not None:
        digest.update(first.words.tobytes())
    return digest.hexdigest()[:16]


def first_inputs(first: FirstWeights | None) -> dict[str, str]:
    """What a training's inputs say of its first weights: their digest, nothing of random ones."""
    return {} if first is None else {"weights": weights_digest(first)}
