"""What an ONNX node says, read with types: its attributes, and names that may be shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hwlib.errors import InputError

if TYPE_CHECKING:
    from onnx import AttributeProto, GraphProto, NodeProto

# ONNX's numbers of the types of attributes; tensors and graphs are read elsewhere.
_FLOAT = 1
_WHOLE = 2
_TEXT = 3
_WHOLES = 7
_TEXTS = 8
_GRAPHS = (0, 5, 10)  # one, or several; files of old do not say


class Attributes:
    """The attributes of one node: numbers, texts, and lists of whole numbers or texts.

    An attribute that is there with another type than is asked for is refused by InputError; nodes
    on the path from input to output have been held against ONNX's schema before.
    """

    def __init__(self, node: NodeProto):
        self._node = node
        self._fields: dict[str, AttributeProto] = {item.name: item for item in node.attribute}

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def integer(self, name: str, default: int | None = None) -> int:
        """A whole number, or `default` where the node does not say; KeyError without a default."""
        field = self._of(name, _WHOLE)
        if field is not None:
            return int(field.i)
        if default is None:
            raise KeyError(name)
        return default

    def flag(self, name: str, default: bool = False) -> bool:
        """A whole number that stands for yes or no."""
        return bool(self.integer(name, int(default)))

    def number(self, name: str, default: float) -> float:
        """A number, or `default` where the node does not say."""
        field = self._of(name, _FLOAT)
        return default if field is None else float(field.f)

    def text(self, name: str, default: str) -> str:
        """A text, or `default` where the node does not say."""
        field = self._of(name, _TEXT)
        return default if field is None else field.s.decode("utf-8", "replace")

    def integers(self, name: str, default: Sequence[int] = ()) -> list[int]:
        """A list of whole numbers, or `default` where the node does not say."""
        field = self._of(name, _WHOLES)
        return list(default) if field is None else [int(item) for item in field.ints]

    def texts(self, name: str) -> list[str]:
        """A list of texts, empty where the node does not say."""
        field = self._of(name, _TEXTS)
        return [] if field is None else [item.decode("utf-8", "replace") for item in field.strings]

    def setting(self, name: str, default: object) -> float | str:
        """A number or a text, of the kind that the default is; TypeError for another kind."""
        if isinstance(default, str):
            return self.text(name, default)
        if isinstance(default, int | float):
            return self.number(name, default)
        raise TypeError(f"setting '{name}' is neither a number nor a text")

    def _of(self, name: str, kind: int) -> AttributeProto | None:
        field = self._fields.get(name)
        if field is not None and field.type != kind:
            raise InputError(
                f"attribute '{printable(name)}' has the wrong type",
                where=f"node '{printable(self._node.name)}' ({printable(self._node.op_type)})",
            )
        return field


def graphs_of(node: NodeProto) -> list[GraphProto]:
    """The graphs that a node has as attributes: branches, or the body of a loop."""
    graphs: list[GraphProto] = []
    for item in node.attribute:
        if item.type in _GRAPHS:
            graphs += [item.g] * item.HasField("g") + list(item.graphs)
    return graphs


def tensors_read(node: NodeProto) -> list[str]:
    """Names of what a node reads: its inputs, and what its graphs take from around them."""
    return [*node.input, *(name for graph in graphs_of(node) for name in taken_from_around(graph))]


def taken_from_around(graph: GraphProto) -> list[str]:
    """Names of what a node's graph reads and does not make."""
    own = {item.name for item in [*graph.input, *graph.initializer]} | {""}
    own |= {item.values.name for item in graph.sparse_initializer}
    own.update(name for node in graph.node for name in node.output)
    read = [name for node in graph.node for name in tensors_read(node)]
    return [name for name in [*read, *(item.name for item in graph.output)] if name not in own]


def printable(text: str | bytes, limit: int = 120) -> str:
    """A name from the file as one printable line; protobuf gives bytes where a name is no UTF-8."""
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return "".join(letter if letter.isprintable() else "?" for letter in text[:limit])
