"""Layers built node by node from an ONNX graph: names, batch axis, and the small layers that join
shapes.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

from archsim.readers.table import check_size
from hwlib.errors import InputError
from workloads.network import Layer
from workloads.onnx_graph import Graph
from workloads.onnx_model import printable
from workloads.onnx_origin import Origins, layer_name
from workloads.operators import check_work
from workloads.shapes import Shape, shape_text


@dataclass(slots=True)
class Value:
    """A tensor on the path: the layer that makes it, its whole ONNX shape, and which axis is the
    batch (None: no longer one).
    """

    layer: str
    full: Shape
    axis: int | None


@dataclass(slots=True)
class WeightPlace:
    """Where an array layer's weights are: the node, and the direction of an LSTM (0 forward, 1
    reverse).

    `bias_tensor` is a bias that an Add brought, `bias` the origin and factor of the bias, whoever
    brought it.
    """

    node: object
    direction: int = 0
    bias_tensor: str = ""
    bias: tuple = ()


class Builder:
    """Collects layers. `values` maps ONNX tensors to what the network has for them.

    `tensors` are the constants of layers, by layer and role: functions that take the graph's
    `Constants` and give the array.
    `inexact` are the reasons why real data cannot go through the network. `owners` are the layers
    that keep a weight, by its origin, and whether their matrix is its transpose.
    """

    def __init__(self, graph: Graph):
        self.graph = graph
        self.layers: dict[str, Layer] = {}
        self.values: dict[str, Value] = {}
        self.weights: dict[str, WeightPlace] = {}
        self.notes: dict[str, int] = {}
        self.tensors: dict[str, dict[str, Callable]] = {}
        self.inexact: dict[str, int] = {}
        self.owners: dict[tuple, tuple[str, bool]] = {}
        self._counts: dict[str, int] = {}
        self._readers: dict[str, list] = {}
        for node in graph.nodes:
            for name in node.input:
                self._readers.setdefault(name, []).append(node)

    # Reading the graph

    @functools.cached_property
    def constants(self):
        """The reader of the graph's constants."""
        from workloads.onnx_constants import Constants

        return Constants(self.graph)

    @functools.cached_property
    def origins(self) -> Origins:
        """Where the graph's constants come from."""
        return Origins(self.graph)

    def constant(self, tensor: str) -> bool:
        return tensor in self.graph.constants

    def full(self, tensor: str, node) -> Shape:
        return self.graph.shape(tensor, node)

    def weight_shape(self, tensor: str, node) -> Shape:
        """The shape of a weight. Raises InputError where it is computed from the network's input."""
        if not self.constant(tensor):
            what = "its weights are computed at run time, so they cannot sit on an array"
            raise self.fault(node, what, "export the network with constant weights")
        return self.full(tensor, node)

    def source(self, tensor: str, node) -> Value:
        """The value of an activation. Raises InputError where the node that makes it gave none (a
        second output, say).
        """
        if tensor not in self.values:
            raise self.fault(
                node,
                f"tensor '{printable(tensor)}' is not available",
                "only the main output of its node is modelled",
            )
        return self.values[tensor]

    def fault(self, node, what: str, hint: str = "", got: object = None) -> InputError:
        """An InputError at a node."""
        return InputError(what, where=self.graph.place(node), got=got, hint=hint)

    def note(self, text: str) -> None:
        """Remember an assumption; the same one is told once, with its count."""
        self.notes[text] = self.notes.get(text, 0) + 1

    def refuse_values(self, node, why: str) -> None:
        """Remember that this network can be priced but not computed, and why."""
        name = printable(node.op_type)
        text = f"{name}: {why}"
        self.inexact[text] = self.inexact.get(text, 0) + 1

    def image_axis(self, full: Shape, batch_axis: int | None, axis: int, node) -> int:
        """The axis of an image that is `axis` of a whole tensor. Raises InputError where the batch
        lies along it.
        """
        if not -len(full) <= axis < len(full):
            raise self.fault(node, "there is no such axis", got=axis)
        axis %= len(full)
        if batch_axis is None:
            return axis
        steps = full[batch_axis] // self.graph.batch
        dropped = steps == 1 and len(full) > 1
        if axis == batch_axis and (dropped or self.graph.batch > 1):
            raise self.fault(
                node,
                "works along the batch axis",
                "export the network with the batch as another axis",
                f"axis {axis}",
            )
        return axis - (dropped and axis > batch_axis)

    def operand(self, tensor: str, full: Shape, batch_axis: int | None, node) -> Callable:
        """A constant that is broadcast to an activation of the shape `full`, as an image meets it."""
        shape = self.full(tensor, node)
        padded = (1,) * (len(full) - len(shape)) + shape
        if len(padded) > len(full) or batch_axis is None:
            return lambda constants: constants.of(tensor)
        steps, length = full[batch_axis] // self.graph.batch, padded[batch_axis]
        if self.graph.batch > 1 and length > 1:
            self.refuse_values(node, "a constant differs from image to image")
        dropped = steps == 1 and len(full) > 1
        kept = padded[:batch_axis] + padded[batch_axis + 1 :] if dropped and length == 1 else padded
        return lambda constants: constants.of(tensor).reshape(kept)

    def per_image(self, full: Shape, axis: int | None, node) -> Shape:
        """A shape without its batch: the batch axis is divided by the batch and dropped where one
        is left.
        """
        if axis is None:
            return full
        steps, rest = divmod(full[axis], self.graph.batch)
        if rest:
            raise self.fault(
                node,
                "the batch is mixed with other dimensions",
                "export the network with a batch of 1",
                shape_text(full),
            )
        return full[:axis] + ((steps,) if steps > 1 or len(full) == 1 else ()) + full[axis + 1 :]

    # Making layers

    def name_for(
        self, node, operator: str, weight: str = "", suffix: str = "", bias: str = ""
    ) -> str:
        """A name for a node's layer, from its weight where it has one (see
        `onnx_origin.layer_name`); else operator and number.
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

    def shared(self, name: str, key: tuple, turned: bool = False) -> dict[str, object]:
        """Fields of an array layer: empty for the first layer of a weight, which keeps it, else
        whose matrix the layer reads.
        """
        owner, first = self.owners.setdefault(key, (name, turned))
        return {} if owner == name else {"shares": owner, "transposed": turned != first}

    def own_bias(self, sharing: dict[str, object], bias: tuple) -> bool:
        """Whether a bias is the one that is on the array with the layer's weight: that of the layer
        which keeps it, or none yet.
        """
        if not sharing:
            return True
        owner = str(sharing["shares"])
        return (
            not sharing["transposed"]
            and self.layers[owner].bias
            and self.weights[owner].bias == bias
        )

    def bias_behind(self, tensor: str) -> str:
        """The constant that the only reader of a tensor adds to it, "" where there is none."""
        readers = self._readers.get(tensor, ())
        if len(readers) != 1 or readers[0].op_type != "Add":
            return ""
        return next((name for name in readers[0].input if self.constant(name)), "")

    def unique(self, name: str) -> str:
        candidate = name
        while candidate in self.layers:
            self._counts[name] = self._counts.get(name, 1) + 1
            candidate = f"{name}_{self._counts[name]}"
        return candidate

    def add(
        self, name: str, operator: str, inputs: tuple[str, ...], output: Shape, node, **fields
    ) -> str:
        """Append a layer between other layers, per-image shapes only. Returns its name."""
        where = self.graph.place(node) if node is not None else self.graph.where
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
        node,
        operator: str,
        tensors: tuple[str, ...],
        axis: int | None = -1,
        *,
        weight: str = "",
        roles: dict[str, Callable] | None = None,
        **fields,
    ) -> str:
        """A layer for a node's first output, its shape from inference. `axis` -1 keeps the first
        input's batch axis.

        `roles` are its constants by role.
        """
        values = [self.source(tensor, node) for tensor in tensors]
        axis = values[0].axis if axis == -1 else axis
        full = self.full(node.output[0], node)
        name = self.name_for(node, operator, weight)
        self.add(
            name,
            operator,
            tuple(item.layer for item in values),
            self.per_image(full, axis, node),
            node,
            constants=tuple(roles or ()),
            **fields,
        )
        self.tensors[name] = roles or {}
        self.values[node.output[0]] = Value(name, full, axis)
        return name

    def rearrange(
        self, node, operator: str, tensor: str, axis: int | None, output: str = "", **fields
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
        node,
        operator: str = "reshape",
        suffix: str = "",
        always: bool = False,
        **fields,
    ) -> str:
        """The name of a layer that gives `shape` from `layer`'s output, making one where needed, or
        `always`.
        """
        held = self.layers[layer]
        moves = operator in ("transpose", "slice", "pad")
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
            and not (operator == "transpose" and sum(size > 1 for size in shape) > 1)
        ):
            return layer
        if operator == "reshape" and held.operator in ("reshape", "flatten"):
            return self.reshaped(held.inputs[0], shape, node, operator, suffix)
        return self.add(
            self.name_for(node, operator, suffix=suffix), operator, (layer,), shape, node, **fields
        )

    def alias(self, node, tensor: str) -> None:
        """The node's output is its input, as far as the chip is concerned."""
        self.values[node.output[0]] = self.source(tensor, node)

    def replace(self, name: str, **fields) -> None:
        self.layers[name] = dataclasses.replace(self.layers[name], **fields)

    def finished(self, outputs: list[str]) -> tuple[Layer, ...]:
        """Layers that the outputs need, in order."""
        needed = {self.values[name].layer for name in outputs if name in self.values}
        for layer in reversed(self.layers.values()):
            if layer.name in needed:
                needed.update(layer.inputs)
        return _kept_owners([layer for layer in self.layers.values() if layer.name in needed])


def _kept_owners(layers: list[Layer]) -> tuple[Layer, ...]:
    """Layers as they are; where one reads the weights of a layer that nothing needs, the first such
    layer keeps them instead.
    """
    names = {layer.name for layer in layers}
    heirs = {}
    result = []
    for layer in layers:
        if layer.shares and layer.shares not in names:
            heir = heirs.setdefault(layer.shares, layer)
            own = heir is layer
            layer = dataclasses.replace(
                layer,
                shares="" if own else heir.name,
                transposed=not own and layer.transposed != heir.transposed,
            )
        result.append(layer)
    return tuple(result)


def attributes(node) -> dict[str, object]:
    """A node's attributes: ints, floats, texts and lists of ints; tensors and graphs are left out."""
    return {item.name: _READ[item.type](item) for item in node.attribute if item.type in _READ}


_READ = {
    1: lambda item: item.f,
    2: lambda item: item.i,
    3: lambda item: item.s.decode("utf-8", "replace"),
    7: lambda item: list(item.ints),
}
"""Readers by ONNX's number of the attribute's type."""
