"""What a module multiplies, counted in PyTorch's own graph, without ONNX and without the importer."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import torch

# What only looks at a weight in another way.
_VIEWS = frozenset(
    [
        "alias",
        "clone",
        "contiguous",
        "detach",
        "expand",
        "flatten",
        "permute",
        "reshape",
        "squeeze",
        "t",
        "to",
        "transpose",
        "unsqueeze",
        "view",
        "_to_copy",
        "numpy_T",
        "slice",
        "select",
        "split",
        "chunk",
        "unbind",
    ]
)
_CELLS = frozenset({"lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell"})
_LAYERS = frozenset({"lstm", "gru", "rnn_tanh", "rnn_relu"})


class Count(NamedTuple):
    """Multiply-accumulates of one input, and weights that take part in a product."""

    macs: int
    weights: int


class Counter:
    """Walks over a graph of `torch.export`; a product whose factors no input reaches is a constant
    and counts nothing.
    """

    def __init__(self, program: torch.export.ExportedProgram):
        self.program = program
        signature = program.graph_signature
        self.stored = {**signature.inputs_to_parameters, **signature.inputs_to_buffers}
        self.lifted = set(signature.inputs_to_lifted_tensor_constants)
        self.reached: set[Any] = set()
        self.used: dict[str, int] = {}
        self.macs = 0

    def count(self) -> Count:
        wanted = self._wanted()
        for node in self.program.graph.nodes:
            if node not in wanted:
                continue
            if node.op == "placeholder":
                if node.name not in self.stored and node.name not in self.lifted:
                    self.reached.add(node)
            elif node.op == "call_function" and not self.reached.isdisjoint(node.all_input_nodes):
                self.reached.add(node)
                self._product(node)
        return Count(self.macs, sum(self.used.values()))

    def _wanted(self) -> set[Any]:
        """The nodes that the outputs need: an exporter leaves out the others."""
        stack = [node for node in self.program.graph.nodes if node.op == "output"]
        wanted = set(stack)
        while stack:
            before = [node for node in stack.pop().all_input_nodes if node not in wanted]
            wanted.update(before)
            stack += before
        return wanted

    def _product(self, node: Any) -> None:
        kind = _kind(node)
        if kind in _LAYERS:
            self._recurrent(node)
        elif kind in _CELLS:  # one step: the weights of the features and of the state
            features, state = node.args[:2]
            state = state[0] if isinstance(state, list | tuple) else state  # an LSTM has two
            for given, tensor in zip((features, state), node.args[2:4]):
                if given in self.reached:  # a state that begins as zero is a constant
                    self._weight(tensor)
                    self.macs += math.prod(_shape(tensor))
        elif kind in _PRODUCTS:
            self.macs += _PRODUCTS[kind](node)
            for factor in _factors(node, kind):
                self._weight(factor)

    def _weight(self, factor: Any) -> None:
        """Note a factor that no input reaches, by the stored tensor behind views of it."""
        if not isinstance(factor, torch.fx.Node) or factor in self.reached:
            return
        size = math.prod(_shape(factor))
        while factor.op == "call_function" and _kind(factor) in _VIEWS | {"getitem"}:
            factor = factor.args[0]
        if factor.op == "placeholder" and factor.name in self.stored:
            size = math.prod(_shape(factor))
            self.used[self._same(factor)] = size
        else:
            self.used[factor.name] = size  # made of stored tensors

    def _same(self, placeholder: Any) -> str:
        """One name for tensors that are tied in the module."""
        name = self.stored[placeholder.name]
        held = {**self.program.state_dict, **self.program.constants}
        value = held.get(name)
        return name if value is None else str(value.data_ptr())

    def _recurrent(self, node: Any) -> None:
        """Every weight matrix once a time step: two a layer and direction, beside the biases."""
        features = node.args[0].meta["val"].shape
        steps = features[1] if node.args[-1] is True else features[0]
        for tensor in node.args[2]:
            if len(tensor.meta["val"].shape) == 2:
                size = math.prod(tensor.meta["val"].shape)
                self.used[self._same(tensor)] = size
                self.macs += steps * size


def _kind(node: Any) -> str:
    return str(getattr(node.target, "__name__", node.target)).split(".")[0].rstrip("_")


def _shape(node: Any) -> tuple[int, ...]:
    return tuple(node.meta["val"].shape)


def _matrices(left: int, right: int) -> Callable[[Any], int]:
    """(..., m, k) by (..., k, n): outputs times k."""
    return lambda node: math.prod(_shape(node)) * _shape(node.args[left])[-1]


def _convolution(node: Any) -> int:
    weight = _shape(node.args[1])
    return math.prod(_shape(node)) * math.prod(weight[1:])


def _transposed(node: Any) -> int:
    weight = _shape(node.args[1])
    return math.prod(_shape(node.args[0])) * math.prod(weight[1:])


def _attention(node: Any) -> int:
    query, key, value = (_shape(item) for item in node.args[:3])
    return math.prod(query[:-1]) * key[-2] * (query[-1] + value[-1])


def _by_letters(node: Any) -> int:
    """Of `einsum` every combination of its letters; an ellipsis is not counted."""
    equation, tensors = node.args[:2]
    terms = equation.replace(" ", "").partition("->")[0].split(",")
    sizes: dict[str, int] = {}
    for term, tensor in zip(terms, tensors, strict=True):
        for letter, size in zip(term, _shape(tensor), strict=True):
            sizes[letter] = max(sizes.get(letter, 1), size)
    return math.prod(sizes.values())


def _factors(node: Any, kind: str) -> tuple[Any, ...]:
    if kind == "einsum":
        return tuple(node.args[1])
    return tuple(node.args[1:3]) if kind in ("addmm", "baddbmm") else tuple(node.args[:2])


_PRODUCTS: dict[str, Callable[[Any], int]] = {
    **dict.fromkeys(("linear", "mm", "bmm", "matmul", "mv", "dot"), _matrices(0, 1)),
    **dict.fromkeys(("addmm", "baddbmm"), _matrices(1, 2)),
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), _convolution),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), _transposed),
    "scaled_dot_product_attention": _attention,
    "einsum": _by_letters,
}


def count(program: torch.export.ExportedProgram) -> Count:
    """Multiply-accumulates of one input and weights of a module, from its graph."""
    return Counter(program).count()
