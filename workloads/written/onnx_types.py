"""Masks and choices by them, and what rounds, as ONNX: its types of elements, which are numbers here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from archsim.operators.arguments import count_of, in_their_order
from archsim.operators.vector.comparison import RELATIONS
from archsim.operators.vector.logical import CONNECTIVES
from hwlib.errors import InputError
from workloads.network import Layer
from workloads.written.onnx_graph import OnnxWriting, Write
from workloads.written.onnx_units import of_ranks, own_constants

# Types of elements, in the numbers of ONNX
_FLOAT, _BOOL = 1, 9
_SHORT = {"float16": 10, "bfloat16": 16}
# Smallest and largest number of what NumPy knows of them
_WHOLE = {(0, 255): "uint8", (-128, 127): "int8", (0, 65535): "uint16", (-32768, 32767): "int16"}


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


def _short_float(graph: OnnxWriting, layer: Layer) -> None:
    graph.needs(13)  # from which on there is bfloat16
    kind = _SHORT[str(layer.setting("format", "float16"))]
    short = graph.step(layer, "Cast", [*layer.inputs], "short", to=kind)
    graph.node(layer, "Cast", [short], to=_FLOAT)


def _steps(kind: str) -> Write:
    def write(graph: OnnxWriting, layer: Layer) -> None:
        kind_of_codes = _type_of(graph, layer)
        # What evaluates older forms is no longer found; numbers of 16 bits came later.
        graph.needs(21 if kind_of_codes.endswith("16") else 19)
        scale = graph.held(layer, "scale").reshape(-1)
        held = "zero" in layer.constants
        zero = graph.held(layer, "zero").reshape(-1) if held else np.zeros(1, np.float32)
        single = layer.setting("axis") is None
        numbers = np.broadcast_to(zero, scale.shape).astype(kind_of_codes)
        inputs = [
            graph.constant(layer, role, values[0] if single else values)
            for role, values in (("scale", scale), ("zero", numbers))
        ]
        words = {} if single else {"axis": count_of(layer, "axis") + 1}
        graph.node(layer, kind, [*layer.inputs, *inputs], **words)

    return write


def _type_of(graph: OnnxWriting, layer: Layer) -> str:
    """NumPy's name of the numbers of a quantisation: its own, or that whose numbers it takes."""
    known = {item.name: item for item in graph.network.layers}
    while layer.computes != "quantize" and layer.inputs:
        layer = known[layer.inputs[0]]
    ends = tuple(count_of(layer, name, usual) for name, usual in (("low", 0), ("high", 255)))
    if ends not in _WHOLE:
        raise InputError("numbers of this type are not written", where=layer.name, got=ends)
    return _WHOLE[ends]


WRITERS: Mapping[str, Write] = {
    "where": _where,
    "comparison": _comparison,
    "logical": _logical,
    "logical_not": _logical_not,
    "truth": _truth,
    "is_nan": _is_nan,
    "short_float": _short_float,
    "quantize": _steps("QuantizeLinear"),
    "dequantize": _steps("DequantizeLinear"),
}
