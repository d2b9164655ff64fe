"""ONNX recurrent layers: one array layer a direction, with the small layers that put its outputs in
ONNX's shapes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hwlib.errors import InputError
from workloads.onnx.builder import Builder, Converter
from workloads.onnx.node import Attributes
from workloads.onnx.reader import Value
from workloads.onnx.sharing import WeightKey, WeightSource

if TYPE_CHECKING:
    from onnx import NodeProto

_INPUTS = 8
# Numbers of inputs, the same for all three, behind the data, W and R.
_BIAS = 3
_LENGTHS = 4
_START = 5
_START_CELL = 6
_PEEPHOLES = 7
_GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
_FUNCTIONS = {"LSTM": ("sigmoid", "tanh", "tanh"), "GRU": ("sigmoid", "tanh"), "RNN": ("tanh",)}


class RecurrentCell(NamedTuple):
    """A recurrent node.

    Args:
        kind: its name in ONNX.
        steps: time steps of its input.
        features: length of its input vector.
        hidden: length of its state.
        directions: 1, or 2 where it is bidirectional.
        batch_first: whether its layout has the batch before the steps.
        bias: whether it has biases.
    """

    kind: str
    steps: int
    features: int
    hidden: int
    directions: int
    batch_first: bool
    bias: bool


def _recurrent(builder: Builder, node: NodeProto) -> None:
    given = [*node.input, *[""] * (_INPUTS - len(node.input))]
    value = builder.source(given[0], node)
    cell = _cell(builder, node, given, value)
    if given[_BIAS]:
        builder.weight_shape(given[_BIAS], node)
    _notes(builder, node, given, cell)
    source = builder.reshaped(value.layer, (cell.steps, cell.features), node, suffix="_steps")
    names = []
    for direction in range(cell.directions):
        suffix = ("_forward", "_reverse")[direction] if cell.directions == 2 else ""
        names.append(_direction(builder, node, given, cell, source, direction, suffix))
    _states(builder, node, names, cell)
    _last_states(builder, node, names, cell)


def _direction(
    builder: Builder,
    node: NodeProto,
    given: list[str],
    cell: RecurrentCell,
    source: str,
    direction: int,
    suffix: str,
) -> str:
    """The array layer of one direction; of a GRU with the one before it, which brings the features
    to the gates.
    """
    operator = cell.kind.lower()
    name = builder.name_for(node, operator, given[1], suffix)
    # The bias is inside the gates, so that only cells with the same one are the same.
    weight, *others = (builder.origins.of(tensor) for tensor in given[1:4])
    rest = (*others, direction)
    if cell.kind == "GRU":
        gates = builder.unique(f"{name}_gates")
        sharing = builder.shared(gates, WeightKey("gru gates", weight, rest))
        builder.weights[gates] = WeightSource(node, direction)
        source = builder.add(
            gates,
            "linear",
            (source,),
            (cell.steps, 3 * cell.hidden),
            node,
            bias=cell.bias,
            shares=sharing.shares,
            transposed=sharing.transposed,
        )
    sharing = builder.shared(name, WeightKey(operator, weight, rest))
    builder.weights[name] = WeightSource(node, direction, part=1)
    backwards = direction == 1 or Attributes(node).text("direction", "") == "reverse"
    return builder.add(
        name,
        operator,
        (source,),
        (cell.steps, cell.hidden),
        node,
        hidden=cell.hidden,
        bias=cell.bias,
        settings=(("reverse", True),) if backwards else (),
        shares=sharing.shares,
        transposed=sharing.transposed,
    )


def _notes(builder: Builder, node: NodeProto, given: list[str], cell: RecurrentCell) -> None:
    """What is taken otherwise than the node says: priced, but not computed."""
    kind = cell.kind

    def differs(text: str) -> None:
        builder.note(text)
        builder.refuse_values(node, text)

    fields = Attributes(node)
    if kind == "LSTM" and given[_PEEPHOLES]:
        differs("LSTM peepholes are not counted")
    starts = (_START, _START_CELL) if kind == "LSTM" else (_START,)
    if any(given[index] and not builder.constant(given[index]) for index in starts):
        differs(f"{kind} start states that the network is given are taken as zero")
    elif not all(_is_zero(builder, given[index]) for index in starts):
        builder.refuse_values(node, "start states other than zero are not modelled")
    if given[_LENGTHS] and not _is_whole(builder, given[_LENGTHS], cell):
        differs(f"{kind} sequences are taken as long as the input, whatever their lengths")
    if kind == "GRU" and not fields.flag("linear_before_reset"):
        differs(
            "GRU with linear_before_reset=0 is counted as with 1: its candidate needs a second read"
            " of a third of the columns a step, which is not counted"
        )
    for name, is_on in (("clip", "clip" in fields), ("input_forget", fields.flag("input_forget"))):
        if is_on:
            builder.refuse_values(node, f"the attribute {name} is not modelled")
    named = [name.lower() for name in fields.texts("activations")]
    usual = [*_FUNCTIONS[kind]] * cell.directions
    if named and named != usual:
        differs(f"{kind} activations {', '.join(named)} are counted as {', '.join(usual)}")


def _is_zero(builder: Builder, tensor: str) -> bool:
    """Whether a start state is left out or all zero, as far as the file tells."""
    if not tensor:
        return True
    try:
        return not builder.constants.of(tensor).any()
    except InputError:
        return False


def _is_whole(builder: Builder, tensor: str, cell: RecurrentCell) -> bool:
    """Whether sequences are as long as the input."""
    try:
        return builder.constant(tensor) and bool((builder.constants.of(tensor) == cell.steps).all())
    except InputError:
        return False


def _cell(builder: Builder, node: NodeProto, given: list[str], value: Value) -> RecurrentCell:
    """The node's sizes. Raises InputError where weights, input and batch do not fit."""
    fields = Attributes(node)
    kind = node.op_type
    gates = _GATES[kind]
    weight = builder.weight_shape(given[1], node)
    recurrent = builder.weight_shape(given[2], node)
    directions = 2 if fields.text("direction", "forward") == "bidirectional" else 1
    if (
        len(weight) != 3
        or len(recurrent) != 3
        or weight[0] != directions
        or weight[1] % gates
        or recurrent[1:] != (weight[1], weight[1] // gates)
    ):
        lines = "hidden" if gates == 1 else f"{gates} hidden"
        hint = f"W is (directions, {lines}, input), R is (directions, {lines}, hidden)"
        raise builder.fault(node, f"the {kind}'s weights do not fit", hint, (weight, recurrent))
    if len(value.full) != 3 or value.full[2] != weight[2]:
        raise builder.fault(
            node,
            f"the {kind}'s input does not fit its weights",
            got=f"input {value.full}, weights {weight}",
        )
    batch_first = fields.flag("layout")
    batch, steps = value.full[:2] if batch_first else (value.full[1], value.full[0])
    if batch != builder.graph.batch:
        hint = "export with the batch as the first axis, or layout 0"
        raise builder.fault(node, f"the {kind}'s batch is not the network's", hint, value.full)
    bias = given[_BIAS] != ""
    return RecurrentCell(kind, steps, weight[2], weight[1] // gates, directions, batch_first, bias)


def _used(builder: Builder, node: NodeProto, index: int) -> str:
    """The name of an output that somebody reads, else \"\"."""
    name = node.output[index] if len(node.output) > index else ""
    return name if builder.graph.uses[name] else ""


def _states(builder: Builder, node: NodeProto, names: list[str], cell: RecurrentCell) -> None:
    """Y: (steps, directions, batch, hidden), batch first where the layout says so."""
    tensor = _used(builder, node, 0)
    if not tensor:
        return
    joined = names[0]
    if cell.directions == 2:
        output = (cell.steps, 2 * cell.hidden)
        name = builder.unique(f"{names[0]}_concat")
        beside = (("axis", 1),)
        joined = builder.add(name, "concat", tuple(names), output, node, settings=beside)
    each = (cell.directions, cell.hidden)
    shape = (cell.steps, *each) if cell.steps > 1 else each
    layer = builder.reshaped(joined, shape, node, suffix="_states")
    axis = 0 if cell.batch_first else 2
    builder.values[tensor] = Value(layer, builder.full(tensor, node), axis)


def _last_states(builder: Builder, node: NodeProto, names: list[str], cell: RecurrentCell) -> None:
    """Y_h and, of an LSTM, Y_c: (directions, batch, hidden), batch first where the layout says so."""
    if _used(builder, node, 2):
        builder.refuse_values(node, "only the state h of its last step is kept, not the cell's")
    for tensor in filter(None, (_used(builder, node, 1), _used(builder, node, 2))):
        last = [_last(builder, node, name, cell) for name in names]
        joined = last[0]
        if cell.directions == 2:
            name = builder.unique(f"{names[0]}_last_concat")
            joined = builder.add(name, "concat", tuple(last), (2, cell.hidden), node)
        layer = builder.reshaped(joined, (cell.directions, cell.hidden), node, suffix="_state")
        axis = 0 if cell.batch_first else 1
        builder.values[tensor] = Value(layer, builder.full(tensor, node), axis)


def _last(builder: Builder, node: NodeProto, name: str, cell: RecurrentCell) -> str:
    """The state after the last step that a layer reads: of one in reverse, of the first."""
    first = 0 if builder.layers[name].setting("reverse") else cell.steps - 1
    span = (("axis", 0), ("start", first), ("stop", first + 1))
    return builder.reshaped(name, (1, cell.hidden), node, "slice", "_last", settings=span)


CONVERTERS: dict[str, Converter] = {kind: _recurrent for kind in _GATES}
