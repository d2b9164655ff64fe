"""Masks, and choices by them, as ONNX: its booleans are numbers here, 1 and 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archsim.operators.arguments import in_their_order
from archsim.operators.vector.comparison import RELATIONS
from archsim.operators.vector.logical import CONNECTIVES
from workloads.network import Layer
from workloads.written.onnx_graph import OnnxWriting, Write
from workloads.written.onnx_units import of_ranks, own_constants

# Types of elements, in the numbers of ONNX
_FLOAT, _BOOL = 1, 9


def _where(graph: OnnxWriting, layer: Layer) -> None:
    def own(role: str) -> str:
        values = graph.held(layer, role)
        return graph.constant(layer, role, values != 0 if role == "operand0" else values)

    names = of_ranks(graph, layer)
    if "operand0" not in layer.constants:
        names[0] = graph.step(layer, "Cast", [names[0]], "condition", to=_BOOL)
    graph.node(layer, "Where", in_their_order(layer, names, "operand", own))


def _comparison(graph: OnnxWriting, layer: Layer) -> None:
    relation = layer.setting("relation", "equal")
    kind = next(kind for kind, name in RELATIONS.items() if name == relation)
    inputs = in_their_order(layer, of_ranks(graph, layer), "operand", own_constants(graph, layer))
    _as_number(graph, layer, kind, inputs)


def _logical(graph: OnnxWriting, layer: Layer) -> None:
    connective = layer.setting("connective", "and")
    kind = next(kind for kind, name in CONNECTIVES.items() if name == connective)
    inputs = in_their_order(layer, of_ranks(graph, layer), "operand", own_constants(graph, layer))
    _as_number(graph, layer, kind, _as_masks(graph, layer, inputs))


def _logical_not(graph: OnnxWriting, layer: Layer) -> None:
    _as_number(graph, layer, "Not", _as_masks(graph, layer, [*layer.inputs]))


def _truth(graph: OnnxWriting, layer: Layer) -> None:
    graph.node(layer, "Cast", _as_masks(graph, layer, [*layer.inputs]), to=_FLOAT)


def _is_nan(graph: OnnxWriting, layer: Layer) -> None:
    _as_number(graph, layer, "IsNaN", [*layer.inputs])


def _as_masks(graph: OnnxWriting, layer: Layer, names: Sequence[str]) -> list[str]:
    """Numbers as ONNX's booleans, which are true where they are not 0."""
    return [
        graph.step(layer, "Cast", [name], f"mask_{number}", to=_BOOL)
        for number, name in enumerate(names)
    ]


def _as_number(graph: OnnxWriting, layer: Layer, kind: str, inputs: Sequence[str]) -> None:
    """A node of booleans, as 1 and 0."""
    graph.node(layer, "Cast", [graph.step(layer, kind, [*inputs], "holds")], to=_FLOAT)


WRITERS: Mapping[str, Write] = {
    "where": _where,
    "comparison": _comparison,
    "logical": _logical,
    "logical_not": _logical_not,
    "truth": _truth,
    "is_nan": _is_nan,
}
