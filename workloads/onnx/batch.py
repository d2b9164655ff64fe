"""Which axis of an ONNX input is the batch: what the file tells, and what has to be assumed.

An ONNX file has no word for it. The names of symbolic dimensions tell it, and operators whose
definition fixes the place of the batch (a convolution, an LSTM with its layout, a Flatten); their
demand is followed back to the input. Else it is assumed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archsim.operators.base import AXES_KEPT, BATCH_FIRST
from archsim.operators.vocabulary import FUNCTIONS
from hwlib.errors import InputError
from workloads.onnx.graph import Graph
from workloads.onnx.node import Attributes, printable

if TYPE_CHECKING:
    from onnx import TensorShapeProto

    Dimensions = Sequence[TensorShapeProto.Dimension]

NO_BATCH = "none"
OPTION = "--batch-axis"
_BATCH_NAME = re.compile(
    # Short names have to be whole: "n" within "channels" means nothing.
    r"^(n|b|bs|bsz|nb|num_?(images|samples)|images|samples)$|batch",
    re.IGNORECASE,
)
_STEP_NAME = re.compile(r"^(t|s|l)$|seq|time|step|len|token|frame|word|position", re.IGNORECASE)
_FIRST_AXIS, _KEEPS_AXES = (
    frozenset(
        kind
        for function in FUNCTIONS.values()
        for kind, axes in function.onnx.items()
        if axes == wanted
    )
    for wanted in (BATCH_FIRST, AXES_KEPT)
)


@dataclass(frozen=True, slots=True)
class BatchAxis:
    """The batch axis of an input (None: it has none) and how it is known; `assumed` where nothing
    tells it for certain.
    """

    axis: int | None
    reason: str
    assumed: bool = False


def check_batch_axis(value: object, where: str) -> int | None | str:
    """A batch axis as it was given: a whole number, "none", or None where it is to be found. Raises
    InputError.
    """
    if value is None:
        return None
    if value == NO_BATCH:
        return NO_BATCH
    # Counted from the front, since -1 would be another axis for each input of the network.
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 64:
        raise InputError("the batch axis is a number from 0 on, or 'none'", where=where, got=value)
    return value


def batch_axis(
    dims: Dimensions, demanded: tuple[int, str] | None, given: int | str | None
) -> BatchAxis:
    """The batch axis of an input with the dimensions `dims` (as ONNX has them), of which a node
    demands `demanded`.
    """
    rank = len(dims)
    if given == NO_BATCH:
        return BatchAxis(None, f"{OPTION} {NO_BATCH}")
    if isinstance(given, int):
        # One option is for all inputs; one with fewer axes (a mask, a scalar) then has no batch.
        return BatchAxis(given if given < rank and rank > 1 else None, f"{OPTION} {given}")
    if rank < 2:
        return BatchAxis(None, "it has one axis")
    named = [axis for axis, dim in enumerate(dims) if _BATCH_NAME.search(dim.dim_param)]
    # Two axes with such names tell nothing, so they count as unnamed.
    if len(named) == 1:
        return BatchAxis(named[0], f"named '{printable(dims[named[0]].dim_param)}'")
    # A convolution leaves no choice, which is worth more than a length of one but less than a word
    # of the author.
    if demanded is not None and demanded[0] < rank:
        return BatchAxis(demanded[0], f"as {demanded[1]} has it")
    return _by_size(dims, rank)


def _by_size(dims: Dimensions, rank: int) -> BatchAxis:
    """Neither a name nor a node tells: the symbolic dimension, the dimension of length one, or else
    the first.
    """
    # 0 is how some exporters write an unknown length.
    symbolic = [axis for axis, dim in enumerate(dims) if dim.dim_value < 1]
    steps = [axis for axis in symbolic if _STEP_NAME.search(dims[axis].dim_param)]
    if 0 in steps:
        others = [axis for axis in symbolic if axis not in steps]
        name = printable(dims[0].dim_param)
        return BatchAxis(
            others[0] if others else 1 if rank > 2 else None,
            f"axis 0 is named '{name}'",
            assumed=not others,
        )
    # Recurrent networks are exported as (steps, batch, features) with a batch of one.
    steps_first = rank == 3 and dims[1].dim_value == 1
    if 0 in symbolic:
        # The usual export leaves the batch open and fixes the rest.
        return BatchAxis(0, "of no fixed length", assumed=steps_first)
    if dims[0].dim_value == 1:
        return BatchAxis(0, "of length 1")
    if steps_first:
        return BatchAxis(
            1, "of length 1, so that the input is (steps, batch, features)", assumed=True
        )
    return BatchAxis(0, f"of length {dims[0].dim_value}", assumed=True)


def demanded_axes(graph: Graph) -> dict[str, tuple[int, str]]:
    """For tensors on the path: the axis where a later operator must have the batch, and that
    operator in words.

    A tensor of which two operators demand different things is left out.
    """
    demands: dict[str, tuple[int, str]] = {}
    torn: set[str] = set()

    def demand(tensor: str, axis: int, reason: str) -> None:
        if tensor in graph.constants or not tensor:
            return
        # The first demand that is met is that of the latest node, whose words are told.
        if demands.setdefault(tensor, (axis, reason))[0] != axis:
            # Two operators that want different axes cancel out: nothing is known, and the user may
            # be asked.
            torn.add(tensor)

    # Backwards, as demands of later nodes pass through those before.
    for node in reversed(graph.path):
        fields = Attributes(node)
        kind = node.op_type
        name = f"{node.op_type} '{printable(node.name)}'" if node.name else f"a {node.op_type}"
        wanted = next(
            (demands[item] for item in node.output if item in demands and item not in torn), None
        )
        # These treat axis 0 alone apart from the rest, so that is where a batch must be.
        if kind in _FIRST_AXIS or kind == "Flatten" and fields.integer("axis", 1) == 1:
            demand(node.input[0], 0, name)
        elif kind in ("LSTM", "GRU", "RNN"):
            # ONNX's recurrent operators have the steps first; `layout` puts the batch there.
            axis = 0 if fields.flag("layout") else 1
            for position in (0, 5, 6):  # X and the two states that a cell may start from
                if len(node.input) > position:
                    demand(node.input[position], axis, name)
        elif (
            wanted
            and kind == "Transpose"
            and "perm" in fields
            and wanted[0] < len(fields.integers("perm"))
        ):
            demand(node.input[0], fields.integers("perm")[wanted[0]], wanted[1])
        elif wanted and kind in _KEEPS_AXES:
            for tensor in node.input:
                demand(tensor, *wanted)
    return {tensor: axis for tensor, axis in demands.items() if tensor not in torn}
