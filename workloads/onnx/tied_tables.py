"""Tables of embeddings that are also the matrix of a linear layer.

Exporters turn the matrix for its product and store it a second time, so that both have names of their
own. A matrix whose every bit is that of the table, turned, is the table: weights of two layers do not
come to that by themselves, but for those that begin as one number everywhere.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from archsim.operators.vocabulary import operator_of
from hwlib.errors import InputError
from workloads.network import Layer
from workloads.onnx.builder import Builder
from workloads.onnx.constants import Constants
from workloads.onnx.weights import layer_weights


def with_owners(builder: Builder, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """The layers, each table that is a matrix as well with the name of that layer as setting "tied"."""
    heads = [layer for layer in layers if operator_of(layer).adapts and not layer.shares]
    return tuple(_tied(builder, layer, heads) for layer in layers)


def _tied(builder: Builder, layer: Layer, heads: list[Layer]) -> Layer:
    if layer.name not in builder.tables:
        return layer
    table = builder.tables[layer.name]
    entries, features = builder.graph.shape(table, builder.graph.path[0])
    for head in heads:
        sides = (head.matrix.rows, head.matrix.columns)
        if sides == (features, entries) and _are_equal(builder, table, head):
            return dataclasses.replace(layer, settings=(*layer.settings, ("tied", head.name)))
    return layer


def _are_equal(builder: Builder, table: str, head: Layer) -> bool:
    """Whether a table (entries, features) is the matrix of a layer."""
    constants = Constants(builder.graph)
    try:
        rows = np.asarray(constants.of(table), np.float32)
        matrix = layer_weights(builder, head.name, builder.weights[head.name], constants).matrix
    except InputError:  # a file without values, or one that computes them
        return False
    return bool(np.array_equal(matrix, rows.T)) and float(np.ptp(rows)) > 0
