"""ONNX's Einsum of two tensors: with a weight it is an array layer, of two activations a digital
product, with the reshapes and transposes that its letters ask for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workloads.onnx.builder import Builder, Converter
from workloads.onnx.einsum_letters import Factors, Letters, factors_of, letters_of
from workloads.onnx.reader import Value
from workloads.onnx.sharing import WeightKey, WeightSource

if TYPE_CHECKING:
    from onnx import NodeProto


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
        # A single input whose letters all stay is a transpose.
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
    rest = factors.first
    features = factors.second
    if weight == 0:
        rest, features = features, rest
    # Without a letter to sum over an array has no lines.
    if not factors.summed:
        raise builder.fault(
            node,
            "a product with a weight that sums over nothing is not supported",
            "write it as Mul",
            letters.shape(letters.terms[weight]),
        )
    if factors.stacked:
        parts = Factors(factors.stacked, rest, features, factors.summed)
        return _with_stack(builder, node, letters, weight, parts)
    source = builder.source(node.input[data], node).layer
    # Features of an array layer are the last axis.
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


def _with_stack(
    builder: Builder, node: NodeProto, letters: Letters, weight: int, parts: Factors
) -> tuple[str, str]:
    """A product with one weight matrix for each value of some letters: a convolution of 1 x 1 in as
    many groups. `parts`: letters of the activation first, of the weight second.
    """
    data = 1 - weight
    source = builder.source(node.input[data], node).layer
    wanted = parts.stacked + parts.summed + parts.first
    source = _arranged(builder, node, source, letters, letters.terms[data], wanted, "_input")
    groups = letters.size(parts.stacked)
    vectors = letters.size(parts.first)
    image = (groups * letters.size(parts.summed), 1, vectors)
    source = builder.reshaped(source, image, node, suffix="_image")
    tensor = node.input[weight]
    name = builder.name_for(node, "conv2d", tensor)
    form = (letters.terms[weight], parts.stacked, parts.summed, parts.second)
    key = WeightKey("conv2d", builder.origins.of(tensor), form)
    builder.weights[name] = WeightSource(node)
    builder.add(
        name,
        "conv2d",
        (source,),
        (groups * letters.size(parts.second), 1, vectors),
        node,
        groups=groups,
        shares=builder.shared(name, key).shares,
    )
    made = parts.stacked + parts.second + parts.first
    return builder.reshaped(name, letters.shape(made) or (1,), node, suffix="_stack"), made


def _of_activations(builder: Builder, node: NodeProto, letters: Letters) -> tuple[str, str]:
    """The product of two activations as stacked matrices, and the letters of what it gives."""
    factors = factors_of(builder, node, letters)
    stacked = factors.stacked
    summed = factors.summed
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
    # Axes of one may stand anywhere: a reshape does, which costs nothing.
    moving = [axis for axis in axes if letters.sizes[held[axis]] > 1]
    if moving == sorted(moving):
        return builder.reshaped(layer, shape, node, suffix=suffix)
    return builder.reshaped(layer, shape, node, "transpose", suffix, settings=(("axes", axes),))


CONVERTERS: dict[str, Converter] = {"Einsum": _einsum}
