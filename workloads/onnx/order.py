"""The nodes of an ONNX graph in topological order, and the path from its inputs to its outputs."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, NamedTuple

from hwlib.errors import InputError
from workloads.onnx.node import printable, tensors_read

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto


def nodes_in_order(graph: GraphProto, where: str) -> list[NodeProto]:
    """Nodes in topological order, also within the file's graph. Raises InputError for cycles and
    for tensors made twice or never.
    """
    nodes = list(graph.node)
    given = {item.name for item in graph.initializer} | {item.name for item in graph.input}
    given |= {item.values.name for item in graph.sparse_initializer} | {""}
    producer = _producers(nodes, given, where)
    waiting: list[int] = []
    followers: dict[int, list[int]] = {}
    for index, node in enumerate(nodes):
        sources = {producer[name] for name in tensors_read(node) if name not in given}
        waiting.append(len(sources))
        for source in sources:
            followers.setdefault(source, []).append(index)
    order = [index for index, count in enumerate(waiting) if not count]
    for index in order:
        for follower in followers.get(index, ()):
            waiting[follower] -= 1
            if not waiting[follower]:
                order.append(follower)
    if len(order) < len(nodes):
        stuck = [
            f"{index} ({printable(nodes[index].op_type)})"
            for index, count in enumerate(waiting)
            if count
        ]
        raise InputError("the graph has a cycle", where=where, got="nodes " + ", ".join(stuck[:8]))
    if all(source < min(items) for source, items in followers.items()):
        return nodes
    copies = [copy.deepcopy(nodes[index]) for index in order]
    del graph.node[:]
    graph.node.extend(copies)
    return list(graph.node)


def _producers(nodes: list[NodeProto], given: set[str], where: str) -> dict[str, int]:
    """The number of the node that makes each tensor. Raises InputError for tensors made twice or
    never.
    """
    producer: dict[str, int] = {}
    for index, node in enumerate(nodes):
        for name in filter(None, node.output):
            if name in producer or name in given:
                position = f"{where}: node {index} ({printable(node.op_type)})"
                raise InputError(
                    f"its output '{printable(name)}' exists already",
                    where=position,
                    hint="every tensor is made once",
                )
            producer[name] = index
    for index, node in enumerate(nodes):
        for name in tensors_read(node):
            if name not in producer and name not in given:
                position = f"{where}: node {index} ({printable(node.op_type)})"
                raise InputError(f"its input '{printable(name)}' is never made", where=position)
    return producer


class Route(NamedTuple):
    """What lies between the inputs and outputs of a graph.

    Args:
        constants: names of the tensors that do not depend on an input's values.
        nodes: nodes on the way, in order.
        outputs: names of the outputs that depend on an input.
    """

    constants: set[str]
    nodes: list[NodeProto]
    outputs: list[str]


def find_path(graph: GraphProto, nodes: list[NodeProto], where: str) -> Route:
    """Constants, the nodes between inputs and outputs, and the outputs. Raises InputError where
    nothing lies between them.
    """
    constants = {item.name for item in graph.initializer} | {
        item.values.name for item in graph.sparse_initializer
    }
    variable = {item.name for item in graph.input} - constants
    for node in nodes:
        # The shape of a tensor is known without its values, so shape arithmetic is constant.
        fixed = node.op_type in ("Shape", "Size") or not any(
            name in variable for name in tensors_read(node)
        )
        (constants if fixed else variable).update(filter(None, node.output))
    outputs = [item.name for item in graph.output if item.name in variable]
    if not outputs:
        raise InputError("no output depends on an input", where=where)
    needed = set(outputs)
    path = []
    for node in reversed(nodes):
        if any(name in needed for name in node.output):
            path.append(node)
            needed.update(name for name in tensors_read(node) if name in variable)
    if not path:
        raise InputError("there is no node between input and output", where=where)
    return Route(constants, path[::-1], outputs)
