"""Where a constant of an ONNX graph comes from: the stored tensor behind it, which names a layer
and tells that two layers share it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workloads.onnx.graph import Graph
from workloads.onnx.node import Attributes, printable
from workloads.onnx.twins import module_of, twins_of

if TYPE_CHECKING:
    from onnx import NodeProto

_SAME = ("Identity", "Dropout", "Cast")
_RESHAPES = ("Reshape", "Squeeze", "Unsqueeze", "Flatten")
_WEIGHT_ENDING = re.compile(
    r"([._/](w|weight|weights|weight_v|kernel|gamma|scale|in_proj_weight|W|weight_ih_l0"
    r"|weight_quantized)(_?\d+)?)$|(_w_0|_W|_w|_weight|_kernel)$"
)
_BIAS_ENDING = re.compile(r"([._/](b|bias|B|beta)(_?\d+)?)$|(_b_0|_B|_b|_bias)$")
_LEFTOVER = re.compile(r"(/[A-Za-z0-9]+)?/(Cast(_\d+)?/)?ReadVariableOp(:\d+)?$|:\d+$")
_DULL_TENSOR = re.compile(
    r"^(onnx::.*|_?\d+|(_?val|const|constant|initializer|param|tensor)_?\d*)$", re.IGNORECASE
)
_DULL_NODE = re.compile(r"^(n|node|node_|op_?)?\d*$", re.IGNORECASE)
_OPERATORS = "gemm|matmul|conv|conv1d|conv2d|lstm|linear|addmm|mm|convolution"
_UNSAFE = re.compile(r"[^A-Za-z0-9_./:+-]")

Step = tuple[object, ...]
Origin = tuple[str, tuple[Step, ...]]
"""The name of a stored tensor, and what is done to it: ("T", perm), ("R", shape), ("Q", scale, zero
point, axis)."""


class Origins:
    """Follows constants of a graph back to what is stored."""

    def __init__(self, graph: Graph):
        self._graph = graph
        self._stored = {item.name for item in graph.model.graph.initializer} | set(graph.stored)
        self._makers = {name: node for node in graph.nodes for name in node.output if name}
        self._twins = twins_of(graph)

    def of(self, tensor: str) -> Origin:
        """The origin of a constant tensor; a tensor that is computed otherwise is its own origin."""
        done: list[Step] = []
        while tensor not in self._stored and tensor in self._makers:
            node = self._makers[tensor]
            fields = Attributes(node)
            if node.op_type in _SAME and (
                node.op_type != "Cast" or fields.integer("to") in (1, 11)
            ):
                pass
            elif node.op_type == "Transpose":
                perm = tuple(fields.integers("perm")) if "perm" in fields else None
                if done and perm == (1, 0) and done[-1] == ("T", perm):
                    done.pop()  # turned twice
                else:
                    done.append(("T", perm))
            elif node.op_type in _RESHAPES:
                done.append(("R", self._graph.shapes.get(tensor)))
            elif node.op_type == "DequantizeLinear":
                done.append(("Q", *node.input[1:], fields.integer("axis", 1)))
            else:
                break
            tensor = node.input[0]
        return self._twins.get(tensor, tensor), tuple(reversed(done))

    def matrix(self, tensor: str, turned: bool) -> tuple[Origin, bool]:
        """The origin of a matrix without a last transposition, and whether the matrix is that
        origin's transpose.
        """
        name, done = self.of(tensor)
        if done and done[-1] in (("T", (1, 0)), ("T", None)):
            done = done[:-1]
            turned = not turned
        return (name, done), turned


def layer_name(node: NodeProto | None, weight: str, bias: str = "") -> str:
    """A telling name for the layer of a node, from the stored tensors of its weight and bias; ""
    where nothing tells.

    First the weight's name where it ends as weights do (`encoder.fc.weight`), then the node's own
    where a person gave it, the weight's as it is, the module's that an exporter noted in the node,
    the bias's (`encoder.fc.bias`), and the module's path in the node's (`/encoder/fc/MatMul`).
    """
    own = printable(node.name).strip() if node is not None else ""
    weight, bias = _clean(weight), _clean(bias)
    stem = _WEIGHT_ENDING.sub("", weight)
    if stem and stem != weight and not _DULL_TENSOR.match(weight):
        return safe(stem)
    kind = printable(node.op_type) if node is not None else ""
    *path, last = own.strip("/").split("/")
    anonymous = bool(
        re.match(rf"^(node_)?({re.escape(kind)}|{_OPERATORS})(_?\d+)?$", last, re.IGNORECASE)
    )
    if own and not _DULL_NODE.match(own) and not anonymous:
        return safe(own)
    if weight and not _DULL_TENSOR.match(weight):
        return safe(weight)
    module = module_of(node) if node is not None and weight else ""
    if module:
        return safe(module)
    stem = _BIAS_ENDING.sub("", bias)
    if stem and stem != bias:
        return safe(stem)
    if weight and anonymous and path:
        return safe(".".join(path))
    return safe(own) if own and not _DULL_NODE.match(own) else ""


def _clean(tensor: str) -> str:
    return _LEFTOVER.sub("", printable(tensor).strip()) or printable(tensor).strip()


def safe(name: str) -> str:
    """A name of letters, digits and _ . / : + - only."""
    return _UNSAFE.sub("_", name)
