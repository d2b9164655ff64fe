"""ONNX matrix products: with a weight they are array layers, with two activations digital products."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from archsim.operators.shapes import broadcast, matmul
from workloads.onnx.builder import Builder, Converter, Settings
from workloads.onnx.node import Attributes
from workloads.onnx.reader import Value
from workloads.onnx.sharing import WeightKey, WeightSource
from workloads.onnx.stacks import stacked_product

if TYPE_CHECKING:
    from onnx import NodeProto


def _gemm(builder: Builder, node: NodeProto) -> None:
    """alpha A B + beta C, A and B transposed where the node says so. B is the weight, or all are
    activations.
    """
    fields = Attributes(node)
    data = node.input[0]
    weight = node.input[1]
    added = node.input[2] if len(node.input) > 2 else ""
    for tensor in (data, weight):
        if len(builder.full(tensor, node)) != 2:
            raise builder.fault(
                node,
                "needs matrices of two axes",
                got=(builder.full(data, node), builder.full(weight, node)),
            )
    if builder.constant(data) or not builder.constant(weight):
        turned = fields.flag("transA") or fields.flag("transB")
        if added or turned or fields.number("alpha", 1.0) != 1.0:
            what = "a Gemm of activations with a factor, transposition or addition is not supported"
            raise builder.fault(node, what, "write it as MatMul, Transpose, Mul and Add")
        return _matmul(builder, node)
    shape = builder.weight_shape(weight, node)
    turned = fields.flag("transB")
    # ONNX's B is (inner, features), as PyTorch's weight is with transB.
    inner, features = (shape[1], shape[0]) if turned else shape
    beta = fields.number("beta", 1.0)
    fits = (
        added != ""
        and builder.constant(added)
        and _one_a_feature(builder.full(added, node), features)
    )
    product = WeightProduct(
        data=data,
        weight=weight,
        inner=inner,
        features=features,
        turned=turned,
        bias=added if fits else "",
        turn_in=fields.flag("transA"),
    )
    kept = _linear(builder, node, product)
    if added and not kept:
        if not builder.constant(added) and beta != 1.0:
            raise builder.fault(
                node,
                "a factor of an added activation is not supported",
                "write it as MatMul, Mul and Add",
                beta,
            )
        _add_behind(builder, node, added, beta)


def _one_a_feature(shape: tuple[int, ...], features: int) -> bool:
    """True for a bias of one value a feature, or one for all."""
    return math.prod(shape) == 1 or shape[-1] == features == math.prod(shape)


def _add_behind(builder: Builder, node: NodeProto, added: str, beta: float) -> None:
    """What a Gemm adds and its array does not: an activation, a constant that differs from vector
    to vector, or the bias of a layer that shares its weight with one of another bias."""
    value = builder.values[node.output[0]]
    shape = builder.layers[value.layer].output_shape
    name = builder.unique(f"{value.layer}_add")
    if (
        broadcast((builder.full(added, node), value.full), builder.graph.position(node))
        != value.full
    ):
        raise builder.fault(
            node,
            "what it adds does not fit its product",
            got=(builder.full(added, node), value.full),
        )
    if not builder.constant(added):
        other = builder.source(added, node)
        builder.add(name, "add", (value.layer, other.layer), shape, node)
        sizes = tuple(builder.layers[item].output_shape for item in (value.layer, other.layer))
        if (other.axis, len(other.full)) != (value.axis, len(value.full)) or broadcast(
            sizes, builder.graph.position(node)
        ) != shape:
            builder.refuse_values(node, "its operands have their batch in different places")
    else:
        # The factor belongs to the constant, which costs nothing.
        operand = builder.operand(added, value.full, value.axis, node)
        builder.add(name, "add", (value.layer,), shape, node, constants=("operand1",))
        builder.tensors[name] = {"operand1": lambda constants: operand(constants) * beta}
    builder.values[node.output[0]] = Value(name, value.full, value.axis)


def _matmul(builder: Builder, node: NodeProto) -> None:
    left, right = node.input[0], node.input[1]
    if builder.constant(left) == builder.constant(right):
        _two_activations(builder, node, left, right)
        return
    on_left = builder.constant(left)
    weight, data = (left, right) if on_left else (right, left)
    shape = builder.weight_shape(weight, node)
    # Stacks of one matrix are that matrix.
    while len(shape) > 2 and shape[0] == 1:
        shape = shape[1:]
    if len(shape) > 2:
        stacked_product(builder, node, shape, on_left)
        return
    if len(shape) != 2:
        raise builder.fault(
            node, "a weight of one axis is not supported", "make it a matrix", shape
        )
    features, inner = shape if on_left else shape[::-1]
    product = WeightProduct(
        data=data,
        weight=weight,
        inner=inner,
        features=features,
        turned=on_left,
        turn_in=on_left,
        turn_out=on_left,
    )
    _linear(builder, node, product)


def _two_activations(builder: Builder, node: NodeProto, left: str, right: str) -> None:
    values = [builder.source(tensor, node) for tensor in (left, right)]
    if any(len(value.full) < 2 for value in values):
        raise builder.fault(node, "needs matrices", got=[value.full for value in values])
    # An axis that neither product nor sum runs over may hold the batch.
    longest = max(values, key=lambda value: (value.axis is not None, len(value.full)))
    full = builder.full(node.output[0], node)
    axis = None if longest.axis is None else len(full) - len(longest.full) + longest.axis
    builder.emit(node, "matmul", (left, right), axis)
    first, second = (builder.layers[value.layer].output_shape for value in values)
    made = builder.layers[builder.values[node.output[0]].layer].output_shape
    try:
        fits = matmul(first, second, "") == made
    except ValueError:
        fits = False
    if not fits:
        builder.refuse_values(node, "the product runs over the batch axis")


class WeightProduct(NamedTuple):
    """A product of an activation with a weight.

    Args:
        data: name of the activation.
        weight: name of the weight.
        inner: length that the product sums over.
        features: features of the output.
        turned: whether the weight is (features, inner).
        bias: name of a constant that may sit on the array with the weight; empty without one.
        turn_in: whether features are the second last axis of the activation, not the last.
        turn_out: the same of the output.
    """

    data: str
    weight: str
    inner: int
    features: int
    turned: bool
    bias: str = ""
    turn_in: bool = False
    turn_out: bool = False


def _linear(builder: Builder, node: NodeProto, product: WeightProduct) -> bool:
    """A linear layer; returns whether the bias is on its array."""
    value = builder.source(product.data, node)
    rank = len(value.full)
    position = rank - 2 if product.turn_in else rank - 1
    if position < 0 or value.full[position] != product.inner or value.axis == position:
        raise builder.fault(
            node,
            "the weight does not fit the input",
            got=f"input {value.full}, weight {product.inner} x {product.features}",
        )
    # With the batch on the other of the two axes the image is a plain vector, and nothing has to be
    # turned.
    turn = product.turn_in and value.axis != rank - 1
    source = _turned(builder, node, value.layer, "_input") if turn else value.layer
    name, kept = _array_layer(builder, node, product, source)
    axis = value.axis
    if turn and product.turn_out:
        last = _turned(builder, node, name, "_output")
    else:
        last = name
        if product.turn_in and not product.turn_out and axis == rank - 1:
            axis = rank - 2
    full = builder.full(node.output[0], node)
    builder.values[node.output[0]] = Value(last, full, axis)
    return kept


def _turned(builder: Builder, node: NodeProto, layer: str, suffix: str) -> str:
    """A layer that exchanges the last two axes of another."""
    shape = builder.layers[layer].output_shape
    return builder.reshaped(
        layer,
        (*shape[:-2], shape[-1], shape[-2]),
        node,
        "transpose",
        suffix,
        settings=_last_two(len(shape)),
    )


def _array_layer(
    builder: Builder, node: NodeProto, product: WeightProduct, source: str
) -> tuple[str, bool]:
    """The name of the layer with the weight, and whether the bias is on its array."""
    bias = product.bias
    name = builder.name_for(
        node, "linear", product.weight, bias=bias or builder.bias_behind(node.output[0])
    )
    factors = Attributes(node)
    origin, turned = builder.origins.matrix(product.weight, product.turned)
    # With its factor: the same tensor times another one is another matrix on the array.
    key = WeightKey("linear", origin, (factors.number("alpha", 1.0),))
    sharing = builder.shared(name, key, turned)
    held = (builder.origins.of(bias), factors.number("beta", 1.0)) if bias else None
    kept = bias != "" and builder.own_bias(sharing, held)
    builder.add(
        name,
        "linear",
        (source,),
        (*builder.layers[source].output_shape[:-1], product.features),
        node,
        bias=kept,
        shares=sharing.shares,
        transposed=sharing.transposed,
    )
    builder.weights[name] = WeightSource(node, bias=held if kept else None)
    return name, kept


def _last_two(rank: int) -> Settings:
    """Settings of a transpose that exchanges the last two axes."""
    return (("axes", (*range(rank - 2), rank - 1, rank - 2)),)


CONVERTERS: dict[str, Converter] = {"Gemm": _gemm, "MatMul": _matmul}
