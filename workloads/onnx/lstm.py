"""ONNX LSTMs: one array layer a direction, with the small layers that put its outputs in ONNX's shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from workloads.onnx.builder import Builder, Converter
from workloads.onnx.node import Attributes
from workloads.onnx.reader import Value
from workloads.onnx.sharing import WeightKey, WeightSource

if TYPE_CHECKING:
    from onnx import NodeProto

_INPUTS = 8


class LstmCell(NamedTuple):
    """An LSTM node.

    Args:
        steps: time steps of its input.
        features: length of its input vector.
        hidden: length of its state.
        directions: 1, or 2 where it is bidirectional.
        batch_first: whether its layout has the batch before the steps.
    """

    steps: int
    features: int
    hidden: int
    directions: int
    batch_first: bool


def _lstm(builder: Builder, node: NodeProto) -> None:
    given = [*node.input, *[""] * (_INPUTS - len(node.input))]
    value = builder.source(given[0], node)
    cell = _cell(builder, node, given, value)
    if given[3]:
        builder.weight_shape(given[3], node)
    if given[7]:
        builder.note("LSTM peepholes are not counted")
    if any(given[index] and not builder.constant(given[index]) for index in (5, 6)):
        builder.note("LSTM start states that the network is given are taken as zero")
    source = builder.reshaped(value.layer, (cell.steps, cell.features), node, suffix="_steps")
    names = []
    for direction in range(cell.directions):
        suffix = ("_forward", "_reverse")[direction] if cell.directions == 2 else ""
        name = builder.name_for(node, "lstm", given[1], suffix)
        # The bias is inside the gates, so that only cells with the same one are the same.
        weight, *others = (builder.origins.of(tensor) for tensor in given[1:4])
        sharing = builder.shared(name, WeightKey("lstm", weight, (*others, direction)))
        builder.add(
            name,
            "lstm",
            (source,),
            (cell.steps, cell.hidden),
            node,
            hidden=cell.hidden,
            bias=given[3] != "",
            shares=sharing.shares,
            transposed=sharing.transposed,
        )
        builder.weights[name] = WeightSource(node, direction)
        names.append(name)
    _states(builder, node, names, cell)
    _last_states(builder, node, names, cell)


def _cell(builder: Builder, node: NodeProto, given: list[str], value: Value) -> LstmCell:
    """The node's sizes. Raises InputError where weights, input and batch do not fit."""
    fields = Attributes(node)
    weight = builder.weight_shape(given[1], node)
    recurrent = builder.weight_shape(given[2], node)
    directions = 2 if fields.text("direction", "forward") == "bidirectional" else 1
    if (
        len(weight) != 3
        or len(recurrent) != 3
        or weight[0] != directions
        or weight[1] % 4
        or recurrent[1:] != (weight[1], weight[1] // 4)
    ):
        hint = "W is (directions, 4 hidden, input), R is (directions, 4 hidden, hidden)"
        raise builder.fault(node, "the LSTM's weights do not fit", hint, (weight, recurrent))
    if len(value.full) != 3 or value.full[2] != weight[2]:
        raise builder.fault(
            node,
            "the LSTM's input does not fit its weights",
            got=f"input {value.full}, weights {weight}",
        )
    batch_first = fields.flag("layout")
    batch, steps = value.full[:2] if batch_first else (value.full[1], value.full[0])
    if batch != builder.graph.batch:
        hint = "export with the batch as the first axis, or layout 0"
        raise builder.fault(node, "the LSTM's batch is not the network's", hint, value.full)
    return LstmCell(steps, weight[2], weight[1] // 4, directions, batch_first)


def _used(builder: Builder, node: NodeProto, index: int) -> str:
    """The name of an output that somebody reads, else \"\"."""
    name = node.output[index] if len(node.output) > index else ""
    return name if builder.graph.uses[name] else ""


def _states(builder: Builder, node: NodeProto, names: list[str], cell: LstmCell) -> None:
    """Y: (steps, directions, batch, hidden), batch first where the layout says so."""
    tensor = _used(builder, node, 0)
    if not tensor:
        return
    joined = names[0]
    if cell.directions == 2:
        output = (cell.steps, 2 * cell.hidden)
        name = builder.unique(f"{names[0]}_concat")
        joined = builder.add(name, "concat", tuple(names), output, node)
    each = (cell.directions, cell.hidden)
    shape = (cell.steps, *each) if cell.steps > 1 else each
    layer = builder.reshaped(joined, shape, node, suffix="_states")
    axis = 0 if cell.batch_first else 2
    builder.values[tensor] = Value(layer, builder.full(tensor, node), axis)


def _last_states(builder: Builder, node: NodeProto, names: list[str], cell: LstmCell) -> None:
    """Y_h and Y_c: (directions, batch, hidden), batch first where the layout says so."""
    for tensor in filter(None, (_used(builder, node, 1), _used(builder, node, 2))):
        last = [builder.reshaped(name, (1, cell.hidden), node, "slice", "_last") for name in names]
        joined = last[0]
        if cell.directions == 2:
            name = builder.unique(f"{names[0]}_last_concat")
            joined = builder.add(name, "concat", tuple(last), (2, cell.hidden), node)
        layer = builder.reshaped(joined, (cell.directions, cell.hidden), node, suffix="_state")
        axis = 0 if cell.batch_first else 1
        builder.values[tensor] = Value(layer, builder.full(tensor, node), axis)


CONVERTERS: dict[str, Converter] = {"LSTM": _lstm}
