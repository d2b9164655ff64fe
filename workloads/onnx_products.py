"""ONNX matrix products and LSTMs: with a weight they are array layers, with two activations digital products."""

from __future__ import annotations

from workloads.onnx_builder import Builder, Value, WeightPlace, attributes


def _gemm(builder: Builder, node) -> None:
    fields = attributes(node)
    data, weight = node.input[0], node.input[1]
    bias = len(node.input) > 2 and node.input[2] != ""
    if builder.constant(data) or not builder.constant(weight):
        if bias or fields.get("transA", 0) or fields.get("transB", 0):
            what = "a Gemm of activations with transposition or addition is not supported"
            raise builder.fault(node, what, "write it as MatMul, Transpose and Add")
        return _matmul(builder, node)
    shape = builder.weight_shape(weight, node)
    inner, features = (shape[1], shape[0]) if fields.get("transB", 0) else shape
    full = builder.source(data, node).full
    if len(shape) != 2 or len(full) != 2:
        raise builder.fault(node, "needs matrices of two axes", got=(full, shape))
    return _linear(builder, node, data, weight, inner, features, bias, bool(fields.get("transA", 0)), False)


def _matmul(builder: Builder, node) -> None:
    left, right = node.input[0], node.input[1]
    if builder.constant(left) == builder.constant(right):
        builder.emit(node, "matmul", (left, right))
        return
    on_left = builder.constant(left)
    weight, data = (left, right) if on_left else (right, left)
    shape = builder.weight_shape(weight, node)
    while len(shape) > 2 and shape[0] == 1:
        shape = shape[1:]
    if len(shape) != 2:
        raise builder.fault(node, "a product with a stack of weight matrices is not supported", "split it into one product a matrix", shape)
    features, inner = shape if on_left else shape[::-1]
    _linear(builder, node, data, weight, inner, features, False, on_left, on_left)


def _linear(builder: Builder, node, data: str, weight: str, inner: int, features: int, bias: bool, turn_in: bool, turn_out: bool) -> None:
    """A linear layer. `turn_in` and `turn_out`: features are the second last axis of the ONNX input and output, not the last."""
    value = builder.source(data, node)
    rank = len(value.full)
    position = rank - 2 if turn_in else rank - 1
    if position < 0 or value.full[position] != inner or value.axis == position:
        raise builder.fault(node, "the weight does not fit the input", got=f"input {value.full}, weight {inner} x {features}")
    source = value.layer
    # With the batch on the other of the two axes the image is a plain vector, and nothing has to be turned.
    turn = turn_in and value.axis != rank - 1
    if turn:
        shape = builder.layers[source].output_shape
        source = builder.reshaped(source, (*shape[:-2], shape[-1], shape[-2]), node, "transpose", "_input")
    shape = builder.layers[source].output_shape
    name = builder.add(builder.name_for(node, "linear", weight), "linear", (source,), (*shape[:-1], features), node, bias=bias)
    builder.weights[name] = WeightPlace(node)
    last = name
    full = builder.full(node.output[0], node)
    axis = value.axis
    if turn and turn_out:
        last = builder.reshaped(name, (*shape[:-2], features, shape[-2]), node, "transpose", "_output")
    elif turn_in and not turn_out and axis is not None and axis == rank - 1:
        axis = rank - 2
    builder.values[node.output[0]] = Value(last, full, axis)


def _lstm(builder: Builder, node) -> None:
    fields = attributes(node)
    given = [*node.input, *[""] * (8 - len(node.input))]
    weight, recurrent = builder.weight_shape(given[1], node), builder.weight_shape(given[2], node)
    direction = fields.get("direction", "forward")
    count = 2 if direction == "bidirectional" else 1
    if len(weight) != 3 or len(recurrent) != 3 or weight[0] != count or weight[1] % 4 or recurrent[1:] != (weight[1], weight[1] // 4):
        hint = "W is (directions, 4 hidden, input), R is (directions, 4 hidden, hidden)"
        raise builder.fault(node, "the LSTM's weights do not fit", hint, (weight, recurrent))
    hidden, batch_first = weight[1] // 4, bool(fields.get("layout", 0))
    value = builder.source(given[0], node)
    if len(value.full) != 3 or value.full[2] != weight[2]:
        raise builder.fault(node, "the LSTM's input does not fit its weights", got=f"input {value.full}, weights {weight}")
    steps = value.full[1 if batch_first else 0]
    if value.full[0 if batch_first else 1] != builder.graph.batch:
        hint = "export with the batch as the first axis, or layout 0"
        raise builder.fault(node, "the LSTM's batch is not the network's", hint, value.full)
    if given[7]:
        builder.note("LSTM peepholes are not counted")
    if any(given[index] and not builder.constant(given[index]) for index in (5, 6)):
        builder.note("LSTM start states that the network is given are taken as zero")
    source = builder.reshaped(value.layer, (steps, weight[2]), node, suffix="_steps")
    names = []
    for index in range(count):
        suffix = ("_forward", "_reverse")[index] if count == 2 else ""
        name = builder.add(
            builder.name_for(node, "lstm", given[1], suffix), "lstm", (source,), (steps, hidden), node, hidden=hidden, bias=given[3] != ""
        )
        builder.weights[name] = WeightPlace(node, index)
        names.append(name)
    _lstm_outputs(builder, node, names, steps, hidden, batch_first)


def _lstm_outputs(builder: Builder, node, names: list[str], steps: int, hidden: int, batch_first: bool) -> None:
    """Y (steps, directions, batch, hidden), Y_h and Y_c (directions, batch, hidden); batch first where the layout says so."""
    used = [name if builder.graph.uses[name] else "" for name in (*node.output, "", "", "")[:3]]
    count = len(names)
    if used[0]:
        joined = names[0]
        if count == 2:
            joined = builder.add(builder.unique(f"{names[0]}_concat"), "concat", tuple(names), (steps, 2 * hidden), node)
        shape = (steps, count, hidden) if steps > 1 else (count, hidden)
        layer = builder.reshaped(joined, shape, node, suffix="_states")
        builder.values[used[0]] = Value(layer, builder.full(used[0], node), 0 if batch_first else 2)
    for tensor in filter(None, used[1:]):
        last = [builder.reshaped(name, (1, hidden), node, "slice", "_last") for name in names]
        joined = last[0]
        if count == 2:
            joined = builder.add(builder.unique(f"{names[0]}_last_concat"), "concat", tuple(last), (2, hidden), node)
        layer = builder.reshaped(joined, (count, hidden), node, suffix="_state")
        builder.values[tensor] = Value(layer, builder.full(tensor, node), 0 if batch_first else 1)


CONVERTERS = {"Gemm": _gemm, "MatMul": _matmul, "LSTM": _lstm}
