"""Tensors that an exporter stored twice though the module has them once.

PyTorch's newer exporter turns a weight round for each product that reads it, so that a layer that is
called twice comes with two equal tensors. Its notes in the nodes name the parameters that a node
came from: where two nodes name the same ones and what they read is equal, it is one weight. Equal
values alone prove nothing, since weights may begin alike.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

from workloads.onnx.external import read_values
from workloads.onnx.graph import Graph
from workloads.onnx.node import printable

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

_CALL = "pkg.torch.onnx.fx_node"
_SCOPES = "pkg.torch.onnx.name_scopes"
_LARGEST_NOTE = 2**16
_PARAMETER = re.compile(r"%(p_\w+)")
_TARGET = re.compile(r"call_function\[target=([\w.]+)\]")

_Use = tuple[str, int, str, tuple[str, ...]]
"""ONNX operator, number of the input, PyTorch's operator and the parameters that it is given."""


def twins_of(graph: Graph) -> dict[str, str]:
    """Stored tensors that are others once more.

    Args:
        graph: with its notes of the exporter.

    Returns:
        by the name of each further tensor that of the first.
    """
    stored = {item.name: item for item in graph.model.graph.initializer} | graph.stored
    first: dict[_Use, list[TensorProto]] = {}
    twins: dict[str, str] = {}
    for node in graph.nodes:
        call = _note(node, _CALL)
        target = _TARGET.search(call)
        parameters = tuple(_PARAMETER.findall(call))
        if target is None or not parameters:
            continue
        for number, name in enumerate(node.input):
            if name not in stored or name in twins:
                continue
            use = (node.op_type, number, target[1], parameters)
            others = first.setdefault(use, [])
            twin = next((item for item in others if _equal(graph, item, stored[name])), None)
            if twin is None:
                others.append(stored[name])
            elif twin.name != name:
                twins[name] = twin.name
    return twins


def module_of(node: NodeProto) -> str:
    """The path of the PyTorch module that a node came from, "" where no exporter noted it."""
    try:
        scopes = ast.literal_eval(_note(node, _SCOPES) or "[]")
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return ""
    if not isinstance(scopes, list) or len(scopes) < 2 or not isinstance(scopes[-2], str):
        return ""
    return printable(scopes[-2])  # the last one is the call itself


def _note(node: NodeProto, key: str) -> str:
    notes = (item.value for item in node.metadata_props if item.key == key)
    return next(notes, "")[:_LARGEST_NOTE]


def _equal(graph: Graph, one: TensorProto, other: TensorProto) -> bool:
    """Whether two stored tensors are alike to the bit."""
    if (one.data_type, list(one.dims)) != (other.data_type, list(other.dims)):
        return False
    return _bits(graph, one) == _bits(graph, other)


def _bits(graph: Graph, tensor: TensorProto) -> bytes:
    from onnx import numpy_helper

    if tensor.external_data:
        tensor = read_values(tensor, Path(graph.where))
    raw: bytes = tensor.raw_data
    return raw or numpy_helper.to_array(tensor).tobytes()
