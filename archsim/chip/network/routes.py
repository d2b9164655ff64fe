"""Topologies by name, and the tree of links that a packet to several targets passes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from archsim.chip.network.bus import bus
from archsim.chip.network.h_tree import h_tree
from archsim.chip.network.layout import Channel, NetworkLayout
from archsim.chip.network.mesh import mesh
from archsim.chip.network.ring import ring
from archsim.chip.network.route_table import Passed

TOPOLOGIES: dict[str, Callable[[int, Sequence[int]], NetworkLayout]] = {
    "mesh": mesh,
    "ring": ring,
    "h_tree": h_tree,
    "bus": bus,
}


class Branch(NamedTuple):
    """A channel that a packet passes, and where it goes from there; `target` is the terminal in
    which it ends, None on the way."""

    channel: Channel
    onward: tuple[Branch, ...]
    target: int | None


def tree(layout: NetworkLayout, source: int, targets: Iterable[int]) -> Branch:
    """The channels from a terminal to others, each once.

    The ways of one source part and never meet again, since each is decided by where the packet is
    and where it goes: they are a tree.

    Args:
        layout: with its terminals.
        source: the terminal that sends.
        targets: those that receive, at least one.

    Returns:
        the way in, with all that follows.
    """
    paths = {target: layout.path(source, target) for target in dict.fromkeys(targets)}
    return _branch(paths, 0)


def _branch(paths: dict[int, tuple[Channel, ...]], depth: int) -> Branch:
    """The branch that all these paths share at a depth."""
    channel = next(iter(paths.values()))[depth]
    # A way ends in the link to its terminal, which no other way passes.
    ended = [target for target, path in paths.items() if len(path) == depth + 1]
    if ended:
        return Branch(channel, (), ended[0])
    parts: dict[Channel, dict[int, tuple[Channel, ...]]] = {}
    for target, path in paths.items():
        parts.setdefault(path[depth + 1], {})[target] = path
    return Branch(channel, tuple(_branch(part, depth + 1) for part in parts.values()), None)


def branches_of(root: Branch) -> Iterable[Branch]:
    """A branch and all behind it."""
    yield root
    for branch in root.onward:
        yield from branches_of(branch)


def passed(layout: NetworkLayout, root: Branch) -> Passed:
    """What a bit passes on a tree: each link of it once, and every router that one of them enters.

    Args:
        layout: whose links they are.
        root: of the tree.

    Returns:
        sums over its links.
    """
    links = [layout.links[branch.channel.link] for branch in branches_of(root)]
    return Passed(
        sum(link.enters is not None for link in links),
        sum(link.pitches for link in links),
        sum(link.kind == "package" for link in links),
    )
