"""ONNX's Einsum of two tensors: with a weight it is an array layer, of two activations a digital
product, with the reshapes and transposes that its letters ask for.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from workloads.onnx.builder import Builder, Converter
from workloads.onnx.node import Attributes
from workloads.onnx.reader import Value
from workloads.onnx.sharing import WeightKey, WeightSource

if TYPE_CHECKING:
    from onnx import NodeProto

_SPARE = "αβγδεζηθικλμνξοπρστυφχψω"
"""Letters for the axes of an ellipsis: an equation has none of them."""


class Letters(NamedTuple):
    """The axes of an Einsum as an image has them, without the letter of the batch.

    Args:
        terms: of each input.
        result: of the output.
        batch: the letter of the batch; empty where there is none.
        whole: of the output, with the batch.
        sizes: of each letter.
    """

    terms: tuple[str, ...]
    result: str
    batch: str
    whole: str
    sizes: dict[str, int]

    def shape(self, letters: str) -> tuple[int, ...]:
        return tuple(self.sizes[letter] for letter in letters)

    def size(self, letters: str) -> int:
        return math.prod(self.shape(letters))


class Factors(NamedTuple):
    """How the letters of two inputs take part in their product.

    Args:
        stacked: in both inputs and the output: a product for each.
        first: of the first input and the output only.
        second: of the second input and the output only.
        summed: in both inputs, and not in the output.
    """

    stacked: str
    first: str
    second: str
    summed: str


def letters_of(builder: Builder, node: NodeProto) -> Letters:
    """The letters of a node. Raises InputError where they do not fit its inputs."""
    ranks = [len(builder.full(tensor, node)) for tensor in node.input]
    terms, whole = _spelled(builder, node, ranks)
    sizes: dict[str, int] = {}
    batch = ""
    for tensor, term in zip(node.input, terms):
        full = builder.full(tensor, node)
        if len(set(term)) < len(term):
            raise builder.fault(node, "the diagonal of a tensor is not supported", got=term)
        for letter, size in zip(term, full):
            sizes[letter] = max(size, sizes.get(letter, 1))
        if builder.constant(tensor):
            continue
        axis = builder.source(tensor, node).axis
        if axis is None or len(full) == 1:
            continue
        if full[axis] != builder.graph.batch or batch not in ("", term[axis]):
            raise builder.fault(node, "its inputs have their batch in different places")
        batch = term[axis]
    if batch and batch not in whole:
        raise builder.fault(node, "sums over the batch", "export with the batch as another axis")
    constants = [
        term for tensor, term in zip(node.input, terms) if builder.constant(tensor) and batch
    ]
    if any(batch in term for term in constants):
        raise builder.fault(node, "a weight differs from image to image", got=constants)
    kept = tuple(term.replace(batch, "") if batch else term for term in terms)
    return Letters(kept, whole.replace(batch, "") if batch else whole, batch, whole, sizes)


def _spelled(builder: Builder, node: NodeProto, ranks: list[int]) -> tuple[list[str], str]:
    """The terms and the result of the equation, the ellipsis as letters."""
    equation = Attributes(node).text("equation", "").replace(" ", "")
    left, arrow, result = equation.partition("->")
    terms = left.split(",")
    if len(terms) != len(ranks):
        raise builder.fault(node, "the equation does not fit the inputs", got=equation)
    most = 0
    for number, (term, rank) in enumerate(zip(terms, ranks)):
        extra = rank - len(term.replace("...", ""))
        if extra < 0 or (extra and "..." not in term) or extra > len(_SPARE):
            raise builder.fault(node, "the equation does not fit the inputs", got=equation)
        most = max(most, extra)
        # axes of an ellipsis are counted from their end
        terms[number] = term.replace("...", _SPARE[len(_SPARE) - extra :])
    if not arrow:
        seen = "".join(sorted(left.replace("...", "").replace(",", "")))
        result = "..." + "".join(letter for letter in seen if seen.count(letter) == 1)
    return terms, result.replace("...", _SPARE[len(_SPARE) - most :])


def factors_of(builder: Builder, node: NodeProto, letters: Letters) -> Factors:
    """How two inputs are multiplied. Raises InputError for sums over one of them alone."""
    one, other = letters.terms
    alone = [item for item in one + other if item not in letters.result]
    summed = "".join(item for item in one if item in other and item in alone)
    if set(alone) - set(summed):
        raise builder.fault(
            node, "a sum over an axis of one input alone is not supported", "write it as ReduceSum"
        )
    return Factors(
        "".join(item for item in one if item in other and item in letters.result),
        "".join(item for item in one if item not in other),
        "".join(item for item in other if item not in one),
        summed,
    )


def _einsum(builder: Builder, node: NodeProto) -> None:
    if len(node.input) > 2:
        raise builder.fault(
            node,
            "a product of more than two tensors is not supported",
            "write it as products of two",
            got=len(node.input),
        )
    letters = letters_of(builder, node)
    if len(node.input) == 1:
        if set(letters.terms[0]) != set(letters.result):
            raise builder.fault(node, "a sum alone is not supported", "write it as ReduceSum")
        layer = builder.source(node.input[0], node).layer
        made = letters.terms[0]
    else:
        held = [builder.constant(tensor) for tensor in node.input]
        layer, made = (
            _with_weight(builder, node, letters, held.index(True))
            if any(held)
            else _of_activations(builder, node, letters)
        )
    layer = _arranged(builder, node, layer, letters, made, letters.result, "_output")
    axis = letters.whole.index(letters.batch) if letters.batch else None
    full = builder.full(node.output[0], node)
    builder.values[node.output[0]] = Value(layer, full, axis)


def _with_weight(
    builder: Builder, node: NodeProto, letters: Letters, weight: int
) -> tuple[str, str]:
    """The array layer of a product with a constant, and the letters of what it gives."""
    factors = factors_of(builder, node, letters)
    data = 1 - weight
    rest, features = factors.first, factors.second
    if weight == 0:
        rest, features = features, rest
    if factors.stacked or not factors.summed:
        raise builder.fault(
            node,
            "a product with a stack of weight matrices is not supported",
            "split it into one product a matrix",
            letters.shape(letters.terms[weight]),
        )
    source = builder.source(node.input[data], node).layer
    wanted = rest + factors.summed
    source = _arranged(builder, node, source, letters, letters.terms[data], wanted, "_input")
    inner = (*letters.shape(rest), letters.size(factors.summed))
    source = builder.reshaped(source, inner, node, suffix="_input")
    tensor = node.input[weight]
    name = builder.name_for(node, "linear", tensor, bias=builder.bias_behind(node.output[0]))
    form = (letters.terms[weight], factors.summed, features)
    sharing = builder.shared(name, WeightKey("linear", builder.origins.of(tensor), form))
    builder.weights[name] = WeightSource(node)
    builder.add(
        name,
        "linear",
        (source,),
        (*inner[:-1], letters.size(features)),
        node,
        shares=sharing.shares,
        transposed=sharing.transposed,
    )
    return builder.reshaped(name, letters.shape(rest + features), node), rest + features


def _of_activations(builder: Builder, node: NodeProto, letters: Letters) -> tuple[str, str]:
    """The product of two activations as stacked matrices, and the letters of what it gives."""
    factors = factors_of(builder, node, letters)
    stacked, summed = factors.stacked, factors.summed
    layers = []
    for number, (rows, columns) in enumerate(((factors.first, summed), (summed, factors.second))):
        layer = builder.source(node.input[number], node).layer
        term = letters.terms[number]
        side = "_left" if number == 0 else "_right"
        layer = _arranged(builder, node, layer, letters, term, stacked + rows + columns, side)
        shape = (*letters.shape(stacked), letters.size(rows), letters.size(columns))
        layers.append(builder.reshaped(layer, shape, node, suffix=side))
    shape = (*letters.shape(stacked), letters.size(factors.first), letters.size(factors.second))
    name = builder.add(builder.name_for(node, "matmul"), "matmul", tuple(layers), shape, node)
    made = stacked + factors.first + factors.second
    return builder.reshaped(name, letters.shape(made) or (1,), node), made


def _arranged(
    builder: Builder,
    node: NodeProto,
    layer: str,
    letters: Letters,
    held: str,
    wanted: str,
    suffix: str,
) -> str:
    """A layer that gives another's output with its axes in the order wanted."""
    shape = letters.shape(wanted) or (1,)
    axes = tuple(held.index(letter) for letter in wanted)
    moving = [axis for axis in axes if letters.sizes[held[axis]] > 1]
    if moving == sorted(moving):
        return builder.reshaped(layer, shape, node, suffix=suffix)
    return builder.reshaped(layer, shape, node, "transpose", suffix, settings=(("axes", axes),))


CONVERTERS: dict[str, Converter] = {"Einsum": _einsum}
