"""Layers built node by node from an ONNX graph: names, shared weights, and the small layers that join
shapes.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, TypedDict

from archsim.operators.moves import Moves
from archsim.operators.shapes import Shape, shape_text
from archsim.operators.vocabulary import FUNCTIONS
from archsim.readers.table import check_size
from workloads.layers import check_work
from workloads.network import Layer
from workloads.onnx.graph import Graph
from workloads.onnx.origin import layer_name
from workloads.onnx.reader import GraphReader, Role, Value
from workloads.onnx.sharing import Held, Sharing, WeightKey, WeightSource

if TYPE_CHECKING:
    from typing import Unpack

    from onnx import NodeProto

Settings = tuple[tuple[str, object], ...]
"""Names and values of what a layer's function is told."""


class LayerFields(TypedDict, total=False):
    """Fields of a layer that a converter may set; see `workloads.network.Layer`."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int, int, int]
    dilation: tuple[int, int]
    groups: int
    bias: bool
    hidden: int
    function: str
    settings: Settings
    constants: tuple[str, ...]
    shares: str
    transposed: bool


class Builder(GraphReader):
    """Collects layers.

    Attributes:
        weights: where the weights of an array layer are, by layer.
        tensors: the constants of layers, by layer and role.
        owners: the layer that keeps a weight and whether its matrix is the weight's transpose, by
            what tells weights apart.
        tables: tensors of the tables of embeddings, by layer.
    """

    def __init__(self, graph: Graph):
        super().__init__(graph)
        self.weights: dict[str, WeightSource] = {}
        self.tensors: dict[str, dict[str, Role]] = {}
        self.owners: dict[WeightKey, tuple[str, bool]] = {}
        self.tables: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def name_for(
        self, node: NodeProto, operator: str, weight: str = "", suffix: str = "", bias: str = ""
    ) -> str:
        """A name for a node's layer, from its weight where it has one (see
        `origin.layer_name`); else operator and number.
        """
        name = layer_name(
            node,
            self.origins.of(weight)[0] if weight else "",
            self.origins.of(bias)[0] if bias else "",
        )
        if not name:
            # The key differs from every layer's name, which counts its own repetitions.
            self._counts[f"{operator}#"] = self._counts.get(f"{operator}#", 0) + 1
            name = f"{operator}{self._counts[f'{operator}#']}"
        return self.unique(name + suffix)

    # Weights that several layers read

    def shared(self, name: str, key: WeightKey, turned: bool = False) -> Sharing:
        """The first layer of a weight keeps it; for the others, whose matrix they read."""
        # By the node's reading of it, as one matrix stored once may be applied as it is and turned.
        owner, first = self.owners.setdefault(key, (name, turned))
        return Sharing() if owner == name else Sharing(owner, turned != first)

    def own_bias(self, sharing: Sharing, bias: Held | None) -> bool:
        """Whether a bias is the one that is on the array with the layer's weight: that of the layer
        which keeps it, or none yet.
        """
        if not sharing.shares:
            return True
        return (
            not sharing.transposed
            and self.layers[sharing.shares].bias
            and self.weights[sharing.shares].bias == bias
        )

    def unique(self, name: str) -> str:
        candidate = name
        # A counter by itself may meet a name of the file, as "conv_2".
        while candidate in self.layers:
            self._counts[name] = self._counts.get(name, 1) + 1
            # Repetitions are numbered from two on; the first keeps the name of the file.
            candidate = f"{name}_{self._counts[name]}"
        return candidate

    def add(
        self,
        name: str,
        operator: str,
        inputs: tuple[str, ...],
        output: Shape,
        node: NodeProto,
        **fields: Unpack[LayerFields],
    ) -> str:
        """Append a layer between other layers, per-image shapes only. Returns its name."""
        where = self.graph.position(node) if node is not None else self.graph.where
        shapes = tuple(self.layers[item].output_shape for item in inputs)
        layer = Layer(
            name,
            operator,
            inputs,
            shapes,
            check_size(output or (1,), where, "output shape"),
            **fields,
        )
        check_work(layer, where)
        self.layers[name] = layer
        return name

    def emit(
        self,
        node: NodeProto,
        operator: str,
        tensors: tuple[str, ...],
        axis: int | None = -1,
        *,
        weight: str = "",
        roles: dict[str, Role] | None = None,
        **fields: Unpack[LayerFields],
    ) -> str:
        """A layer for a node's first output, its shape from inference. `axis` -1 keeps the first
        input's batch axis.

        `roles` are its constants by role.
        """
        values = [self.source(tensor, node) for tensor in tensors]
        # -1, as None is an answer of its own: no batch.
        axis = values[0].axis if axis == -1 else axis
        full = self.full(node.output[0], node)
        name = self.name_for(node, operator, weight)
        fields["constants"] = tuple(roles or ())
        layers = tuple(item.layer for item in values)
        self.add(name, operator, layers, self.per_image(full, axis, node), node, **fields)
        self.tensors[name] = roles or {}
        self.values[node.output[0]] = Value(name, full, axis)
        return name

    def rearrange(
        self,
        node: NodeProto,
        operator: str,
        tensor: str,
        axis: int | None,
        output: str = "",
        **fields: Unpack[LayerFields],
    ) -> None:
        """A free layer, or none at all where the per-image shape stays the same. Reshapes of
        reshapes become one.
        """
        output = output or node.output[0]
        value = self.source(tensor, node)
        full = self.full(output, node)
        shape = self.per_image(full, axis, node) or (1,)
        self.values[output] = Value(
            self.reshaped(value.layer, shape, node, operator, **fields), full, axis
        )

    def reshaped(
        self,
        layer: str,
        shape: Shape,
        node: NodeProto,
        operator: str = "reshape",
        suffix: str = "",
        always: bool = False,
        **fields: Unpack[LayerFields],
    ) -> str:
        """The name of a layer that gives `shape` from `layer`'s output, making one where needed, or
        `always`.
        """
        held = self.layers[layer]
        moves = isinstance(FUNCTIONS[operator], Moves)
        # What moves elements may repeat or leave out some; a reshape has all of them, once.
        if not moves and math.prod(held.output_shape) != math.prod(shape):
            got = f"{shape_text(held.output_shape)} to {shape_text(shape)}"
            raise self.fault(
                node,
                "a reshape changes the number of elements",
                "the batch may be mixed with other dimensions",
                got,
            )
        if (
            held.output_shape == shape
            and not always
            # A square matrix keeps its shape when it is turned, but not its values.
            and not (operator == "transpose" and sum(size > 1 for size in shape) > 1)
        ):
            return layer
        # Exporters write chains of them (Flatten, Unsqueeze, Reshape); only the last shape counts.
        if operator == "reshape" and held.operator in ("reshape", "flatten"):
            return self.reshaped(held.inputs[0], shape, node, operator, suffix)
        return self.add(
            self.name_for(node, operator, suffix=suffix), operator, (layer,), shape, node, **fields
        )

    def batch_at(self, tensor: str, axis: int, node: NodeProto) -> None:
        """Take an axis of length one, counted from the end, as that of the batch, which is of one
        image: a reshape before may have hidden where it is.
        """
        value = self.source(tensor, node)
        position = len(value.full) + axis
        # Only a batch of one image may be moved: along an axis of one all orders are the same.
        if position < 0 or value.axis == position or value.full[position] != 1:
            return
        shape = self.per_image(value.full, position, node) or (1,)
        layer = self.reshaped(value.layer, shape, node)
        self.values[tensor] = Value(layer, value.full, position)

    def alias(self, node: NodeProto, tensor: str) -> None:
        """The node's output is its input, as far as the chip is concerned."""
        self.values[node.output[0]] = self.source(tensor, node)

    def replace(self, name: str, **fields: object) -> None:
        """Other values for some fields of a layer that is there already, whichever they are."""
        self.layers[name] = dataclasses.replace(self.layers[name], **fields)  # type: ignore[arg-type]

    def finished(self, outputs: list[str]) -> tuple[Layer, ...]:
        """Layers that the outputs need, in order."""
        needed = {self.values[name].layer for name in outputs if name in self.values}
        # One pass does, as each layer comes after its inputs.
        for layer in reversed(self.layers.values()):
            if layer.name in needed:
                needed.update(layer.inputs)
        return _kept_owners([layer for layer in self.layers.values() if layer.name in needed])


def _kept_owners(layers: list[Layer]) -> tuple[Layer, ...]:
    """Layers as they are; where one reads the weights of a layer that nothing needs, the first such
    layer keeps them instead.
    """
    names = {layer.name for layer in layers}
    heirs: dict[str, Layer] = {}
    result = []
    for layer in layers:
        if layer.shares and layer.shares not in names:
            # Network order: the heir comes before all that read its weights.
            heir = heirs.setdefault(layer.shares, layer)
            own = heir is layer
            layer = dataclasses.replace(
                layer,
                shares="" if own else heir.name,
                transposed=not own and layer.transposed != heir.transposed,
            )
        result.append(layer)
    return tuple(result)


Converter = Callable[[Builder, "NodeProto"], None]
"""Makes the layers of one node of the path."""
