"""The graph of an ONNX file while it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from archsim.operators.vocabulary import operator_of
from hwlib.errors import InputError
from workloads.network import Layer, Network
from workloads.written.merged import merged_products

Tensors: TypeAlias = Mapping[str, Mapping[str, np.ndarray]]
OPSET = 18
"""Which what most networks have is written in; `OnnxWriting.needs` raises it."""


class OnnxWriting:
    """Nodes and constants as they are written.

    Args:
        onnx: the package.
        network: that is written.
        tensors: values by layer and role.
    """

    def __init__(self, onnx: Any, network: Network, tensors: Tensors):
        self.onnx = onnx
        self.network = network
        self.tensors = tensors
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.opset = OPSET
        self.merged = merged_products(network)

    def _has(self, kind: str) -> None:
        """Raise the version to the first that has an operator."""
        schemas = self.onnx.defs.get_all_schemas_with_history()
        versions = [
            item.since_version for item in schemas if (item.name, item.domain) == (kind, "")
        ]
        # No newer than needed, so that older programs read the file.
        self.needs(min(versions))

    def needs(self, opset: int) -> None:
        """A node of this version is written."""
        self.opset = max(self.opset, opset)

    def value(self, layer: Layer) -> Any:
        kind = (
            self.onnx.TensorProto.INT64
            if self.holds_numbers(layer)
            else self.onnx.TensorProto.FLOAT
        )
        # The batch is left open.
        shape = ["N", *layer.output_shape]
        return self.onnx.helper.make_tensor_value_info(layer.name, kind, shape)

    def holds_numbers(self, layer: Layer) -> bool:
        """Whether an input gives nothing but numbers of rows of tables."""
        if layer.inputs:
            return False
        readers = [item for item in self.network.layers if layer.name in item.inputs]
        return bool(readers) and all(operator_of(item).takes_numbers for item in readers)

    def held(self, layer: Layer, role: str) -> np.ndarray:
        """The values of a role. Raises InputError where there are none."""
        values = self.tensors.get(layer.shares or layer.name, {})
        if role not in values:
            raise InputError("this layer has no values", where=layer.name, got=role)
        return np.asarray(values[role], np.float32)

    def constant(self, layer: Layer, role: str, values: np.ndarray) -> str:
        """The name of a constant of a layer; of one that shares weights those of their owner, where
        both write the same.
        """
        made = self.onnx.numpy_helper.from_array
        own = f"{layer.name}.{role}"
        # Of two that share weights the one that comes first writes them, under the owner's name.
        name = f"{layer.shares}.{role}" if layer.shares else own
        held = made(np.asarray(values), name)
        if held in self.constants:
            return name
        if any(item.name == name for item in self.constants):
            name = own
            held = made(np.asarray(values), name)
        self.constants.append(held)
        return name

    def node(self, layer: Layer, kind: str, inputs: list[str], **attributes: Any) -> None:
        """The node that gives the layer's output."""
        self._has(kind)
        made = self.onnx.helper.make_node(kind, inputs, [layer.name], name=layer.name, **attributes)
        self.nodes.append(made)

    def step(self, layer: Layer, kind: str, inputs: list[str], end: str, **attributes: Any) -> str:
        """A node before the one that gives the layer's output; returns the name of its result."""
        self._has(kind)
        name = f"{layer.name}.{end}"
        made = self.onnx.helper.make_node(kind, inputs, [name], name=name, **attributes)
        self.nodes.append(made)
        return name


Write: TypeAlias = Callable[[OnnxWriting, Layer], None]
"""Writes the nodes of a layer."""
