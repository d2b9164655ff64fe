"""What converters ask of an ONNX graph: activations, constants, shapes without the batch, faults."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archsim.operators.shapes import Shape, shape_text
from hwlib.errors import InputError
from workloads.network import Layer
from workloads.onnx.arithmetic import Array
from workloads.onnx.constants import Constants
from workloads.onnx.graph import Graph
from workloads.onnx.node import printable, tensors_read
from workloads.onnx.origin import Origins

if TYPE_CHECKING:
    from onnx import NodeProto

Role = Callable[[Constants], Array]
"""Gives a constant of a layer from the constants of the graph, when it is wanted."""


@dataclass(slots=True)
class Value:
    """A tensor on the path: the layer that makes it, its whole ONNX shape, and which axis is the
    batch (None: no longer one).
    """

    layer: str
    full: Shape
    axis: int | None


class GraphReader:
    """The graph as converters see it, and what they have to say about it.

    Attributes:
        graph: the graph.
        layers: layers made so far, by name.
        values: what the network has for a tensor of the file.
        notes: assumptions, with how often each was made.
        inexact: reasons why real data cannot go through the network, with their counts.
    """

    def __init__(self, graph: Graph):
        self.graph = graph
        self.layers: dict[str, Layer] = {}
        self.values: dict[str, Value] = {}
        self.notes: dict[str, int] = {}
        self.inexact: dict[str, int] = {}
        self._readers: dict[str, list[NodeProto]] = {}
        for node in graph.nodes:
            for name in tensors_read(node):
                self._readers.setdefault(name, []).append(node)

    @functools.cached_property
    def constants(self) -> Constants:
        """The reader of the graph's constants."""
        return Constants(self.graph)

    @functools.cached_property
    def origins(self) -> Origins:
        """Where the graph's constants come from."""
        return Origins(self.graph)

    def constant(self, tensor: str) -> bool:
        return tensor in self.graph.constants

    def full(self, tensor: str, node: NodeProto) -> Shape:
        return self.graph.shape(tensor, node)

    def weight_shape(self, tensor: str, node: NodeProto) -> Shape:
        """The shape of a weight. Raises InputError where it is computed from the network's input."""
        if not self.constant(tensor):
            what = "its weights are computed at run time, so they cannot sit on an array"
            raise self.fault(node, what, "export the network with constant weights")
        return self.full(tensor, node)

    def source(self, tensor: str, node: NodeProto) -> Value:
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

    def fault(self, node: NodeProto, what: str, hint: str = "", got: object = None) -> InputError:
        """An InputError at a node."""
        return InputError(what, where=self.graph.position(node), got=got, hint=hint)

    def note(self, text: str) -> None:
        """Remember an assumption; the same one is told once, with its count."""
        self.notes[text] = self.notes.get(text, 0) + 1

    def refuse_values(self, node: NodeProto, why: str) -> None:
        """Remember that this network can be priced but not computed, and why."""
        name = printable(node.op_type)
        text = f"{name}: {why}"
        self.inexact[text] = self.inexact.get(text, 0) + 1

    def image_axis(self, full: Shape, batch_axis: int | None, axis: int, node: NodeProto) -> int:
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

    def operand(self, tensor: str, full: Shape, batch_axis: int | None, node: NodeProto) -> Role:
        """A constant that is broadcast to an activation of the shape `full`, as an image meets it."""
        shape = self.full(tensor, node)
        padded = (1,) * (len(full) - len(shape)) + shape
        if len(padded) > len(full) or batch_axis is None:
            return lambda constants: constants.of(tensor)
        steps = full[batch_axis] // self.graph.batch
        length = padded[batch_axis]
        if self.graph.batch > 1 and length > 1:
            self.refuse_values(node, "a constant differs from image to image")
        dropped = steps == 1 and len(full) > 1
        kept = padded[:batch_axis] + padded[batch_axis + 1 :] if dropped and length == 1 else padded
        return lambda constants: constants.of(tensor).reshape(kept)

    def per_image(self, full: Shape, axis: int | None, node: NodeProto) -> Shape:
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

    def bias_behind(self, tensor: str) -> str:
        """The constant that the only reader of a tensor adds to it, "" where there is none."""
        readers = self._readers.get(tensor, ())
        if len(readers) != 1 or readers[0].op_type != "Add":
            return ""
        return next((name for name in readers[0].input if self.constant(name)), "")
