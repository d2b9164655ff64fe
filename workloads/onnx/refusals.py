"""Nodes of an ONNX graph that the importer does not take: told all at once, or kept beside what is
taken.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from hwlib.errors import InputError
from workloads.onnx.graph import Graph
from workloads.onnx.node import printable

if TYPE_CHECKING:
    from onnx import NodeProto
    from onnx.defs import OpSchema

_STANDARD = ("", "ai.onnx")
_HINTS = {
    "Loop": "export without control flow, at a fixed sequence length",
    "Scan": "export without control flow, at a fixed sequence length",
    "If": "export without control flow",
    "QLinearConv": "export the float network, or the form with QuantizeLinear and DequantizeLinear",
    "QLinearMatMul": "export the float network, or the form with QuantizeLinear and DequantizeLinear",
}
_OTHERWISE = "replace it by supported operators or cut the network before it"


class Refused(NamedTuple):
    """A node that is not taken.

    Args:
        node: the node.
        position: file, number, name and operator.
        operator: its operator, with the domain where that is not ONNX's own.
        hint: what is wrong with it, and what to do.
    """

    node: NodeProto
    position: str
    operator: str
    hint: str


def refused_nodes(graph: Graph, supported: Iterable[str]) -> list[Refused]:
    """Nodes of the path whose operators the importer does not know.

    Args:
        graph: the graph.
        supported: operators of ONNX's own domain that have a converter.

    Returns:
        one entry a node, in order.
    """
    known = frozenset(supported)
    return [
        Refused(node, graph.position(node), _kind(node), _hint(_kind(node)))
        for node in graph.path
        if node.domain not in _STANDARD or node.op_type not in known
    ]


def refused_for(graph: Graph, node: NodeProto, fault: InputError) -> Refused:
    """A node that has a converter, which cannot take it as it is."""
    got = f", got {fault.got}" if fault.got is not None else ""
    hint = f"{fault.what}{got}{'; ' if fault.hint else ''}{fault.hint}"
    return Refused(node, graph.position(node), _kind(node), hint)


def unsupported(refused: list[Refused]) -> InputError:
    """One fault that names every operator that the importer does not know, with what to do about
    it.
    """
    kinds: dict[str, int] = {}
    for item in refused:
        kinds[item.operator] = kinds.get(item.operator, 0) + 1
    hints = [f"{kind}: {_HINTS[kind]}" for kind in kinds if kind in _HINTS]
    if len(kinds) == 1:
        what = f"operator {refused[0].operator} is not supported"
        hints = [refused[0].hint]
    else:
        listed = ", ".join(
            f"{kind} ({count} nodes)" if count > 1 else kind for kind, count in kinds.items()
        )
        what = f"operators {listed} are not supported"
        hints = hints + [_OTHERWISE] * (len(hints) < len(kinds))
    return InputError(
        what,
        where=refused[0].position,
        hint=f"{'; '.join(hints)} (docs/networks.md lists the operators)",
    )


def _kind(node: NodeProto) -> str:
    domain = "" if node.domain in _STANDARD else f"{printable(node.domain)}."
    return f"{domain}{printable(node.op_type)}"


def _hint(kind: str) -> str:
    return _HINTS.get(kind, _OTHERWISE)


@functools.cache
def _schema(kind: str, opset: int) -> OpSchema | None:
    import onnx

    try:
        return onnx.defs.get_schema(kind, opset, "")
    except onnx.defs.SchemaError:
        return None


def check_form(graph: Graph, node: NodeProto) -> None:
    """Raise InputError where a node lacks inputs, or has attributes of a type that its operator does
    not have.
    """
    schema = _schema(node.op_type, graph.opset)
    if schema is None:
        raise InputError(
            f"there is no operator {node.op_type} in opset {graph.opset}",
            where=graph.position(node),
        )
    given = len(node.input)
    required = [
        index
        for index, item in enumerate(schema.inputs)
        if item.option == schema.FormalParameterOption.Single
    ]
    lacking = any(index >= given or not node.input[index] for index in required)
    fits = schema.min_input <= given <= schema.max_input
    # a recurrent node may give its last state alone
    first_may_lack = schema.outputs[0].option == schema.FormalParameterOption.Optional
    given_output = any(node.output) if first_may_lack else node.output and node.output[0]
    if not fits or not given_output or lacking:
        allowed = (
            f"{schema.min_input} inputs or more"
            if schema.max_input > 9
            else f"{schema.min_input} to {schema.max_input} inputs"
        )
        raise InputError(
            "inputs or outputs are missing or too many",
            where=graph.position(node),
            got=f"{given} inputs",
            allowed=allowed,
        )
    for item in node.attribute:
        # Attributes that the operator does not have are leftovers of exporters and change nothing.
        known = schema.attributes.get(printable(item.name))
        if known is None:
            continue
        kind = int(known.type)  # type: ignore[call-overload]  # an enum of onnx's C++ part
        if kind != item.type:
            raise InputError(
                f"attribute '{printable(item.name)}' has the wrong type", where=graph.position(node)
            )
