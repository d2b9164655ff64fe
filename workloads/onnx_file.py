"""ONNX files: `read_onnx_network` gives the layers with their shapes, `load_weights` the matrices
of the array layers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from archsim.operators.array_forward import on_array
from hwlib.errors import InputError
from workloads.network import Layer, Network
from workloads.onnx.arithmetic import Array
from workloads.onnx.build import CONVERTERS as CONVERTERS
from workloads.onnx.build import build
from workloads.onnx.builder import Builder
from workloads.onnx.constants import Constants
from workloads.onnx.node import printable
from workloads.onnx.reader import Role
from workloads.onnx.tied_tables import with_owners
from workloads.onnx.weights import LayerWeights, layer_weights


@dataclass(frozen=True, slots=True)
class OnnxTensors:
    """The values of an ONNX file, read when they are wanted. `digest` is that of the file when its
    network was read.
    """

    path: str
    digest: str
    shapes: tuple[tuple[str, int], ...]
    batch_axis: int | str | None

    def read(self) -> dict[str, dict[str, Array]]:
        """By layer and role, float32; see `workloads.network.Tensors`. Raises InputError where the
        file has changed.
        """
        builder = build(Path(self.path), dict(self.shapes), self.batch_axis)
        if builder.graph.digest != self.digest:
            raise InputError(
                "the file has changed since its network was read",
                where=self.path,
                hint="read the network again",
            )
        constants = Constants(builder.graph)
        values: dict[str, dict[str, Array]] = {}
        for layer in builder.finished(builder.graph.outputs):
            roles = builder.tensors.get(layer.name, {})
            values[layer.name] = {
                role: self._constant(layer.name, role, read, constants)
                for role, read in roles.items()
            }
            source = builder.weights.get(layer.name)
            if source is None:
                continue
            weights = layer_weights(builder, layer.name, source, constants)
            matrix = np.swapaxes(weights.matrix, -1, -2)
            columns = on_array(layer).from_onnx
            values[layer.name]["weights"] = np.ascontiguousarray(
                columns(matrix.reshape(-1, matrix.shape[-1]))
            )
            if weights.bias is not None:
                values[layer.name]["bias"] = columns(weights.bias.reshape(-1))
        return values

    def _constant(self, layer: str, role: str, read: Role, constants: Constants) -> Array:
        try:
            array = np.asarray(read(constants))
        except (ValueError, IndexError, TypeError) as fault:
            if isinstance(fault, InputError):
                raise
            raise InputError(
                f"the constant '{role}' does not fit ({fault})",
                where=f"{self.path}: layer '{layer}'",
            ) from None
        # Whole numbers are places in a tensor; all others are what the chip's digital units compute
        # with.
        return array if array.dtype.kind == "i" else array.astype(np.float32)


def read_onnx_network(
    path: Path, shapes: Mapping[str, int] | None = None, batch_axis: int | str | None = None
) -> Network:
    """The network of an ONNX file, with per-image shapes. `shapes` gives values to symbolic
    dimensions other than the batch,
    `batch_axis` is the axis of the batch in every input ("none": there is none); without it the
    importer looks for it.

    Raises InputError with the file and, where one is at fault, the node.
    """
    builder = build(Path(path), shapes, batch_axis)
    return network_of(builder, builder.graph.outputs, asked_for(shapes, batch_axis))


Asked = tuple[tuple[tuple[str, int], ...], int | str | None]
"""Sizes of symbolic dimensions and the axis of the batch, as they were given."""


def asked_for(shapes: Mapping[str, int] | None, batch_axis: int | str | None) -> Asked:
    """The options of a call, so that the file is read in the same way again."""
    return tuple(sorted((shapes or {}).items())), batch_axis


def network_of(builder: Builder, outputs: list[str], asked: Asked) -> Network:
    """The network of the layers that some tensors need.

    Args:
        builder: after the nodes.
        outputs: names of the tensors.
        asked: the options of the call.

    Returns:
        the `Network`, its notes and where its values are.
    """
    graph = builder.graph
    path = Path(graph.where)
    layers = with_owners(builder, builder.finished(outputs))
    notes = [*graph.notes, *_counted(builder.notes)]
    if len(graph.outputs) > 1:
        names = ", ".join(map(printable, graph.outputs))
        notes.append(
            f"the file has {len(graph.outputs)} outputs ({names}); real data and training end at "
            f"the layer '{layers[-1].name}'"
        )
    notes += _equal_weights(builder, layers)
    source = f"ONNX file {path.name}, opset {graph.opset}; {graph.batch_text}"
    return Network(
        path.stem,
        layers,
        source,
        tuple(notes),
        OnnxTensors(str(path), graph.digest, *asked),
        tuple(_counted(builder.inexact)),
        tuple(graph.readings),
    )


def _equal_weights(builder: Builder, layers: tuple[Layer, ...]) -> list[str]:
    """Notes on weights that are stored twice: they are alike now, but the file says nothing about
    keeping them so.
    """
    stored = builder.graph.stored
    first: dict[tuple[object, ...], tuple[str, str]] = {}  # content -> layer and tensor
    notes = []
    names = {layer.name for layer in layers}
    for key, (name, _) in builder.owners.items():
        tensor_name = key.weight[0]
        tensor = stored.get(tensor_name)
        if tensor is None or name not in names or not tensor.raw_data:
            continue
        digest = hashlib.sha256(tensor.raw_data).digest()
        content = (tuple(tensor.dims), tensor.data_type, key.rest, digest)
        other, other_tensor = first.setdefault(content, (name, tensor_name))
        if other != name and other_tensor != tensor_name:
            notes.append(
                f"the weights of '{other}' and '{name}' are equal, but stored as two tensors: "
                "each has an array of its own"
            )
    return notes


def _counted(texts: Mapping[str, int]) -> list[str]:
    return [f"{text} ({count} nodes)" if count > 1 else text for text, count in texts.items()]


def load_weights(
    path: str | Path, shapes: Mapping[str, int] | None = None, batch_axis: int | str | None = None
) -> dict[str, LayerWeights]:
    """Weights of the array layers of an ONNX file, by layer name: matrix and bias, both float32.

    The matrix is rows x columns as `Layer.matrix` has it, or groups x rows x columns for a grouped
    convolution; bias has one value a column (groups x columns), None without bias. Rows of a
    convolution run over channel, kernel row, kernel column; rows of an LSTM are inputs, then hidden
    states, and its columns the gates input, output, forget, cell.
    Raises InputError, also for weights in an external file or computed by operators other than
    simple rearrangement.
    """
    builder = build(Path(path), shapes, batch_axis)
    constants = Constants(builder.graph)
    kept = {layer.name for layer in builder.finished(builder.graph.outputs)}
    return {
        name: layer_weights(builder, name, source, constants)
        for name, source in builder.weights.items()
        if name in kept
    }
