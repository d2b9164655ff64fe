"""Trained weights that a training begins with: fine-tuning on the arrays."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from archsim.operators.vocabulary import operator_of
from archsim.run.trained_weights import trained_tensors
from archsim.training.first_state import FirstWeights
from hwlib.errors import InputError
from workloads.network import Network

if TYPE_CHECKING:
    from archsim.run.trained_weights import Weights


def first_of(network: Network, weights: Weights) -> FirstWeights | None:
    """`first_weights`; None where none are named."""
    return None if weights is None else first_weights(network, weights)


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
            without them.
    """
    named = trained_tensors(network, weights)
    matrices = {}
    for layer in network.array_layers:
        held = named.tensors[layer.name]
        matrix = held["weights"].reshape(-1, held["weights"].shape[-1])
        if layer.bias:
            matrix = np.column_stack([matrix, held["bias"]])
        matrices[layer.name] = np.ascontiguousarray(matrix, np.float32)
    if named.words is None:
        _refuse_words(network)
    return FirstWeights(matrices, named.words)


def _refuse_words(network: Network) -> None:
    """Raise InputError where layers keep trained words or statistics, of which a file of weights says
    nothing.
    """
    for layer in network.layers:
        kept = operator_of(layer).words(layer)
        if kept.trained or kept.forth:
            raise InputError(
                "the weights come without the statistics and words that this layer keeps in a training",
                where=f"{network.name}: {layer.name}",
                got="a file of weights",
                hint="name the folder of a training, or what `train` returned",
            )


def weights_digest(first: FirstWeights) -> str:
    """The digest of the weights that a training begins with."""
    digest = hashlib.sha256()
    for name in sorted(first.matrices):
        digest.update(name.encode() + first.matrices[name].tobytes())
    if first.words is not None:
        digest.update(first.words.tobytes())
    return digest.hexdigest()[:16]


def first_inputs(first: FirstWeights | None) -> dict[str, str]:
    """What a training's inputs say of its first weights: their digest, nothing of random ones."""
    return {} if first is None else {"weights": weights_digest(first)}
