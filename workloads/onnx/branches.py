"""Branches of an ONNX graph whose condition follows from the file: the nodes of the one that is
taken stand in place of the `If`.

Exporters write such branches where a size decides how it goes on: an axis that is dropped only where
it is of length one, a state that is given or not. Once shapes are known, so are these conditions.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from hwlib.errors import InputError
from workloads.onnx.constants import LARGEST_FOLDED, Constants
from workloads.onnx.graph import Graph
from workloads.onnx.model import take_out, tensors_of
from workloads.onnx.node import graphs_of

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto


def choose_branches(graph: Graph) -> bool:
    """Put the nodes of a branch in place of each `If` whose condition is known; the graph is followed
    anew. Returns whether there were any.

    What is decided at run time stays an `If`, which is refused where it lies on the path.
    """
    asked = [node for node in graph.nodes if may_be_chosen(graph, node)]
    if not asked:
        return False
    constants = Constants(graph, LARGEST_FOLDED)
    chosen = {
        id(node): branch
        for node in asked
        if (branch := _branch(graph, node, constants)) is not None
    }
    if not chosen:
        return False
    taken = {item.name for item in [*graph.model.graph.input, *graph.model.graph.initializer]}
    taken.update(name for node in graph.nodes for name in node.output)
    numbers: list[int] = []
    nodes: list[NodeProto] = []
    for number, node in enumerate(graph.nodes):
        branch = chosen.get(id(node))
        inside = [node] if branch is None else _nodes_of(graph, node, branch, taken)
        nodes += inside
        # Errors name the place of the `If`, which the file has.
        numbers += [graph.numbers.get(id(node), number)] * len(inside)
    proto = graph.model.graph
    copies = [copy.deepcopy(node) for node in nodes]
    del proto.node[:]
    proto.node.extend(copies)
    graph.follow()
    graph.numbers = {id(node): number for node, number in zip(graph.nodes, numbers)}
    return True


def may_be_chosen(graph: Graph, node: NodeProto) -> bool:
    """Whether the branch of a node may be known once shapes are: no input's values decide it."""
    own = node.op_type == "If" and node.domain in ("", "ai.onnx")
    return own and bool(node.input) and node.input[0] in graph.constants


def _branch(graph: Graph, node: NodeProto, constants: Constants) -> GraphProto | None:
    """The branch that is taken; None where that is not known."""
    try:
        condition = constants.of(node.input[0])
    except InputError:
        return None
    if condition.size != 1:
        return None
    wanted = "then_branch" if condition.reshape(-1)[0] else "else_branch"
    branches = [item.g for item in node.attribute if item.name == wanted and item.HasField("g")]
    # Of another number of outputs it is no branch of this node.
    fits = len(branches) == 1 and len(branches[0].output) == len(node.output)
    return branches[0] if fits and not branches[0].sparse_initializer else None


def _nodes_of(
    graph: Graph, node: NodeProto, branch: GraphProto, taken: set[str]
) -> list[NodeProto]:
    """The branch's nodes, under other names where theirs are `taken`; its tensors go to the graph's."""
    from onnx import helper

    made = [name for inner in branch.node for name in inner.output if name]
    names: dict[str, str] = {}
    ends = []
    for inside, outside in zip(branch.output, node.output):
        if inside.name in made and inside.name not in names:
            names[inside.name] = outside
        else:  # from around the branch, a stored tensor, or one that is given out twice
            ends.append((inside.name, outside))
    for name in [*made, *(item.name for item in branch.initializer)]:
        if name not in names:
            names[name] = _free_name(name, node.output[0], taken)
    identities = [
        helper.make_node("Identity", [names.get(inside, inside)], [outside])
        for inside, outside in ends
    ]
    body = copy.deepcopy(branch)
    _rename(body, names)
    graph.stored |= take_out(tensors_of(body), Path(graph.where))
    graph.model.graph.initializer.extend(body.initializer)
    return [*body.node, *identities]


def _free_name(name: str, prefix: str, taken: set[str]) -> str:
    while name in taken:
        name = f"{prefix}.{name}"
    taken.add(name)
    return name


def _rename(graph: GraphProto, names: Mapping[str, str]) -> None:
    """Give tensors of a graph, and of the graphs in it, other names, in place."""
    for item in [*graph.initializer, *graph.output]:
        item.name = names.get(item.name, item.name)
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
        for inner in graphs_of(node):
            _rename(inner, names)
