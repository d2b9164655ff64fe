"""ONNX matrix products and LSTMs: with a weight they are array layers, with two activations digital
products.
"""

from __future__ import annotations

import math

from workloads.onnx_builder import Builder, Value, WeightPlace, attributes
from workloads.shapes import broadcast, matmul


def _gemm(builder: Builder, node) -> None:
    """alpha A B + beta C, A and B transposed where the node says so. B is the weight, or all are
    activations.
    """
    fields = attributes(node)
    data, weight = node.input[0], node.input[1]
    added = node.input[2] if len(node.input) > 2 else ""
    for tensor in (data, weight):
        if len(builder.full(tensor, node)) != 2:
            raise builder.fault(
                node,
                "needs matrices of two axes",
                got=(builder.full(data, node), builder.full(weight, node)),
            )
    if builder.constant(data) or not builder.constant(weight):
        turned = fields.get("transA", 0) or fields.get("transB", 0)
        if added or turned or fields.get("alpha", 1.0) != 1.0:
            what = "a Gemm of activations with a factor, transposition or addition is not supported"
            raise builder.fault(node, what, "write it as MatMul, Transpose, Mul and Add")
        return _matmul(builder, node)
    shape = builder.weight_shape(weight, node)
    inner, features = (shape[1], shape[0]) if fields.get("transB", 0) else shape
    beta = fields.get("beta", 1.0)
    bias = (
        added
        if added and builder.constant(added) and _one_a_feature(builder.full(added, node), features)
        else ""
    )
    turned = bool(fields.get("transB", 0))
    kept = _linear(
        builder,
        node,
        data,
        weight,
        (inner, features, turned),
        bias,
        bool(fields.get("transA", 0)),
        False,
    )
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


def _add_behind(builder: Builder, node, added: str, beta: float) -> None:
    """What a Gemm adds and its array does not: an activation, a constant that differs from vector
    to vector, or the bias of a layer that shares its weight with one of another bias."""
    value = builder.values[node.output[0]]
    shape = builder.layers[value.layer].output_shape
    name = builder.unique(f"{value.layer}_add")
    if broadcast((builder.full(added, node), value.full), builder.graph.place(node)) != value.full:
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
            sizes, builder.graph.place(node)
        ) != shape:
            builder.refuse_values(node, "its operands have their batch in different places")
    else:
        operand = builder.operand(added, value.full, value.axis, node)
        builder.add(name, "add", (value.layer,), shape, node, constants=("operand1",))
        builder.tensors[name] = {"operand1": lambda constants: operand(constants) * beta}
    builder.values[node.output[0]] = Value(name, value.full, value.axis)


def _matmul(builder: Builder, node) -> None:
    left, right = node.input[0], node.input[1]
    if builder.constant(left) == builder.constant(right):
        _two_activations(builder, node, left, right)
        return
    on_left = builder.constant(left)
    weight, data = (left, right) if on_left else (right, left)
    shape = builder.weight_shape(weight, node)
    while len(shape) > 2 and shape[0] == 1:
        shape = shape[1:]
    if len(shape) != 2:
        raise builder.fault(
            node,
            "a product with a stack of weight matrices is not supported",
            "split it into one product a matrix",
            shape,
        )
    features, inner = shape if on_left else shape[::-1]
    _linear(builder, node, data, weight, (inner, features, on_left), "", on_left, on_left)


def _two_activations(builder: Builder, node, left: str, right: str) -> None:
    values = [builder.source(tensor, node) for tensor in (left, right)]
    if any(len(value.full) < 2 for value in values):
        raise builder.fault(node, "needs matrices", got=[value.full for value in values])
    # An axis that neither product nor sum runs over may hold the batch.
    longest = max(values, key=lambda value: (value.axis is not None, len(value.full)))
    full = builder.full(node.output[0], node)
    axis = None if longest.axis is None else len(full) - len(longest.full) + longest.axis
    builder.emit(node, "matmul", (left, right), axis)
    shapes = [builder.layers[value.layer].output_shape for value in values]
    try:
        product = matmul(*shapes, "")
    except ValueError:
        product = None
    if product != builder.layers[builder.values[node.output[0]].layer].output_shape:
        builder.refuse_values(node, "the product runs over the batch axis")


def _linear(
    builder: Builder,
    node,
    data: str,
    weight: str,
    matrix: tuple[int, int, bool],
    bias: str,
    turn_in: bool,
    turn_out: bool,
) -> bool:
    """A linear layer; returns whether `bias` is on its array. `matrix` is (inner, features, whether
    the weight is (features, inner)).

    `turn_in` and `turn_out`: features are the second last axis of the ONNX input and output, not
    the last.
    """
    inner, features, turned = matrix
    value = builder.source(data, node)
    rank = len(value.full)
    position = rank - 2 if turn_in else rank - 1
    if position < 0 or value.full[position] != inner or value.axis == position:
        raise builder.fault(
            node,
            "the weight does not fit the input",
            got=f"input {value.full}, weight {inner} x {features}",
        )
    source = value.layer
    # With the batch on the other of the two axes the image is a plain vector, and nothing has to be
    # turned.
    turn = turn_in and value.axis != rank - 1
    if turn:
        shape = builder.layers[source].output_shape
        source = builder.reshaped(
            source,
            (*shape[:-2], shape[-1], shape[-2]),
            node,
            "transpose",
            "_input",
            settings=_last_two(len(shape)),
        )
    shape = builder.layers[source].output_shape
    name = builder.name_for(
        node, "linear", weight, bias=bias or builder.bias_behind(node.output[0])
    )
    factors = attributes(node)
    origin, turned = builder.origins.matrix(weight, turned)
    sharing = builder.shared(name, ("linear", origin, factors.get("alpha", 1.0)), turned)
    held = (builder.origins.of(bias), factors.get("beta", 1.0)) if bias else ()
    kept = bool(bias) and builder.own_bias(sharing, held)
    builder.add(name, "linear", (source,), (*shape[:-1], features), node, bias=kept, **sharing)
    builder.weights[name] = WeightPlace(node, bias=held if kept else ())
    last = name
    full = builder.full(node.output[0], node)
    axis = value.axis
    if turn and turn_out:
        last = builder.reshaped(
            name,
            (*shape[:-2], features, shape[-2]),
            node,
            "transpose",
            "_output",
            settings=_last_two(len(shape)),
        )
    elif turn_in and not turn_out and axis is not None and axis == rank - 1:
        axis = rank - 2
    builder.values[node.output[0]] = Value(last, full, axis)
    return kept


def _last_two(rank: int) -> tuple[tuple[str, object], ...]:
    """Settings of a transpose that exchanges the last two axes."""
    return (("axes", (*range(rank - 2), rank - 1, rank - 2)),)


def _lstm(builder: Builder, node) -> None:
    fields = attributes(node)
    given = [*node.input, *[""] * (8 - len(node.input))]
    weight = builder.weight_shape(given[1], node)
    recurrent = builder.weight_shape(given[2], node)
    direction = fields.get("direction", "forward")
    count = 2 if direction == "bidirectional" else 1
    if (
        len(weight) != 3
        or len(recurrent) != 3
        or weight[0] != count
        or weight[1] % 4
        or recurrent[1:] != (weight[1], weight[1] // 4)
    ):
        hint = "W is (directions, 4 hidden, input), R is (directions, 4 hidden, hidden)"
        raise builder.fault(node, "the LSTM's weights do not fit", hint, (weight, recurrent))
    hidden = weight[1] // 4
    batch_first = bool(fields.get("layout", 0))
    value = builder.source(given[0], node)
    if len(value.full) != 3 or value.full[2] != weight[2]:
        raise builder.fault(
            node,
            "the LSTM's input does not fit its weights",
            got=f"input {value.full}, weights {weight}",
        )
    steps = value.full[1 if batch_first else 0]
    if value.full[0 if batch_first else 1] != builder.graph.batch:
        hint = "export with the batch as the first axis, or layout 0"
        raise builder.fault(node, "the LSTM's batch is not the network's", hint, value.full)
    if given[3]:
        builder.weight_shape(given[3], node)
    if given[7]:
        builder.note("LSTM peepholes are not counted")
    if any(given[index] and not builder.constant(given[index]) for index in (5, 6)):
        builder.note("LSTM start states that the network is given are taken as zero")
    source = builder.reshaped(value.layer, (steps, weight[2]), node, suffix="_steps")
    names = []
    for index in range(count):
        suffix = ("_forward", "_reverse")[index] if count == 2 else ""
        name = builder.name_for(node, "lstm", given[1], suffix)
        # The bias is inside the gates, so that only cells with the same one are the same.
        sharing = builder.shared(
            name,
            (
                "lstm",
                *(builder.origins.of(tensor) if tensor else "" for tensor in given[1:4]),
                index,
            ),
        )
        builder.add(
            name,
            "lstm",
            (source,),
            (steps, hidden),
            node,
            hidden=hidden,
            bias=given[3] != "",
            **sharing,
        )
        builder.weights[name] = WeightPlace(node, index)
        names.append(name)
    _lstm_outputs(builder, node, names, steps, hidden, batch_first)


def _lstm_outputs(
    builder: Builder, node, names: list[str], steps: int, hidden: int, batch_first: bool
) -> None:
    """Y (steps, directions, batch, hidden), Y_h and Y_c (directions, batch, hidden); batch first
    where the layout says so.
    """
    used = [name if builder.graph.uses[name] else "" for name in (*node.output, "", "", "")[:3]]
    count = len(names)
    if used[0]:
        joined = names[0]
        if count == 2:
            joined = builder.add(
                builder.unique(f"{names[0]}_concat"),
                "concat",
                tuple(names),
                (steps, 2 * hidden),
                node,
            )
        shape = (steps, count, hidden) if steps > 1 else (count, hidden)
        layer = builder.reshaped(joined, shape, node, suffix="_states")
        builder.values[used[0]] = Value(layer, builder.full(used[0], node), 0 if batch_first else 2)
    for tensor in filter(None, used[1:]):
        last = [builder.reshaped(name, (1, hidden), node, "slice", "_last") for name in names]
        joined = last[0]
        if count == 2:
            joined = builder.add(
                builder.unique(f"{names[0]}_last_concat"), "concat", tuple(last), (2, hidden), node
            )
        layer = builder.reshaped(joined, (count, hidden), node, suffix="_state")
        builder.values[tensor] = Value(layer, builder.full(tensor, node), 0 if batch_first else 1)


CONVERTERS = {"Gemm": _gemm, "MatMul": _matmul, "LSTM": _lstm}
