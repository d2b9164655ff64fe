"""Constants by ONNX's own reference evaluator, where no plain function of ours makes them: what an
exporter leaves unfolded of a weight's way (a standardised weight, an interpolated table of places).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hwlib.errors import InputError
from workloads.onnx.arithmetic import Array
from workloads.onnx.node import printable
from workloads.onnx.proofs import PROVED

if TYPE_CHECKING:
    from onnx import NodeProto

    # It asks for what is evaluated here.
    from workloads.onnx.constants import Constants


def can_evaluate(constants: Constants, node: NodeProto) -> bool:
    """Whether a node is evaluated: a proved operator, all of whose outputs have a known size, so
    that nothing larger than a tensor of the network is made.
    """
    known = all(name in constants.graph.shapes for name in node.output if name)
    return node.op_type in PROVED and known


def evaluated(constants: Constants, node: NodeProto, tensor: str) -> Array:
    """One output of a node of constants.

    Args:
        constants: where its inputs come from.
        node: of ONNX's own domain; `can_evaluate` says yes to it.
        tensor: the output that is wanted.

    Returns:
        its values.

    Raises:
        InputError: where the evaluator fails.
    """
    from onnx import helper
    from onnx.reference import ReferenceEvaluator

    given = {name: constants.of(name) for name in node.input if name}
    # Without types: the evaluator takes those of the values.
    inputs = [helper.make_empty_tensor_value_info(name) for name in given]
    output = helper.make_empty_tensor_value_info(tensor)
    graph = helper.make_graph([node], "constant", inputs, [output])
    opsets = [helper.make_opsetid("", constants.graph.opset)]
    try:
        model = helper.make_model(graph, opset_imports=opsets)
        (value,) = ReferenceEvaluator(model).run([tensor], given)
    except Exception as fault:  # every operator there raises in its own way
        raise InputError(
            f"'{printable(tensor)}' cannot be computed ({printable(str(fault))})",
            where=constants.graph.position(node),
        ) from None
    return np.asarray(value)
