"""The content of an ONNX file, parsed and trimmed. Nothing of it is executed."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from archsim.readers.files import read_bytes
from hwlib.errors import InputError
from workloads.onnx.external import digest_of, read_values
from workloads.onnx.node import graphs_of, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from onnx import GraphProto, ModelProto, TensorProto

LARGEST_COUNT = 10**6
OLDEST_OPSET = 7
_LARGEST_KEPT = 1024
"""Elements of a constant that may take part in shape arithmetic; larger ones are weights, which
inference does not need."""
_VALUE_FIELDS = (
    "raw_data",
    "float_data",
    "int32_data",
    "int64_data",
    "double_data",
    "uint64_data",
    "string_data",
    "external_data",
    "data_location",
)


class OnnxModel(NamedTuple):
    """What a file holds.

    Args:
        proto: the parsed model, without its large tensors.
        opset: version of ONNX's operators that its nodes are of.
        stored: large tensors by name, taken out of the model.
        digest: SHA-256 of the file, and of those with its values.
    """

    proto: ModelProto
    opset: int
    stored: dict[str, TensorProto]
    digest: str


def read_model(path: Path) -> OnnxModel:
    """The model of a file. Raises InputError for what is no ONNX network."""
    content = read_bytes(path)
    model = _parse(path, content)
    opset = _opset(model, str(path))
    # Before the tensors are looked at: functions bring constants of their own.
    _inline_functions(model, str(path))
    for tensor in _every_tensor(model.graph):
        if any(size < 0 for size in tensor.dims):
            raise InputError(
                f"tensor '{printable(tensor.name)}' has a negative size",
                where=str(path),
                got=list(tensor.dims),
            )
    digest = digest_of(content, _every_tensor(model.graph), path)
    return OnnxModel(model, opset, take_out(tensors_of(model.graph), path), digest)


def _parse(path: Path, content: bytes) -> ModelProto:
    try:
        import onnx
    except ImportError:
        raise InputError(
            "reading ONNX needs the package onnx", where=str(path), hint="pip install archsim[onnx]"
        ) from None
    from google.protobuf.message import DecodeError

    model = onnx.ModelProto()
    try:
        model.ParseFromString(content)
    except (DecodeError, RuntimeError, ValueError):
        raise InputError("is not an ONNX file, or is cut short", where=str(path)) from None
    if not model.graph.node:
        raise InputError(
            "has no graph with nodes; it is not an ONNX network or is cut short", where=str(path)
        )
    if len(model.graph.node) > LARGEST_COUNT:
        raise InputError(
            "too many nodes",
            where=str(path),
            got=len(model.graph.node),
            allowed=f"at most {LARGEST_COUNT}",
        )
    return model


def _opset(model: ModelProto, where: str) -> int:
    import onnx

    versions = [item.version for item in model.opset_import if item.domain in ("", "ai.onnx")]
    # The newest that the installed onnx knows the definitions of.
    newest = onnx.defs.onnx_opset_version()
    if not versions or not OLDEST_OPSET <= versions[0] <= newest:
        hint = (
            "pip install --upgrade onnx"
            if versions and versions[0] > newest
            else "convert it with onnx.version_converter"
        )
        got = versions[0] if versions else "no opset"
        raise InputError(
            "unsupported ONNX opset",
            where=where,
            got=got,
            allowed=f"{OLDEST_OPSET} to {newest}",
            hint=hint,
        )
    return int(versions[0])


def _inline_functions(model: ModelProto, where: str) -> None:
    """Replace calls of the file's own functions by their bodies, as newer exporters write them."""
    if model.functions:
        import onnx.inliner

        try:
            model.CopyFrom(onnx.inliner.inline_local_functions(model))
        except Exception as fault:  # the C++ inliner raises several unrelated types
            raise InputError(
                f"its functions cannot be expanded ({printable(str(fault))})", where=where
            ) from None


def tensors_of(graph: GraphProto) -> list[tuple[str, TensorProto]]:
    """Stored tensors of a graph with the name by which its nodes know them: initializers and the
    values of Constant nodes.
    """
    named = [(item.name, item) for item in graph.initializer]
    for node in graph.node:
        if node.op_type == "Constant" and node.output:
            named += [(node.output[0], item.t) for item in node.attribute if item.HasField("t")]
    return named


def _every_tensor(graph: GraphProto) -> Iterator[TensorProto]:
    """Stored tensors of a graph and of the graphs in it."""
    yield from (tensor for _, tensor in tensors_of(graph))
    for node in graph.node:
        for inner in graphs_of(node):
            yield from _every_tensor(inner)


def take_out(tensors: Iterable[tuple[str, TensorProto]], path: Path) -> dict[str, TensorProto]:
    """Large tensors by name. In the model only their shapes stay, which is all that inference
    needs.
    """
    stored = {}
    for name, tensor in tensors:
        if math.prod(tensor.dims) <= _LARGEST_KEPT:
            if tensor.external_data:  # it may be a size
                tensor.CopyFrom(read_values(tensor, path))
        else:
            stored[name] = type(tensor)()
            # A copy: the fields of the one in the model are emptied below.
            stored[name].CopyFrom(tensor)
            for item in _VALUE_FIELDS:
                tensor.ClearField(item)
    return stored
