"""Can packets on a network between cores ever wait for each other in a circle, and is every way whole,
short and the same each time?
"""

from dataclasses import replace
from itertools import pairwise, permutations

import pytest

from archsim.chip.network import route_table
from archsim.chip.network.bus import bus
from archsim.chip.network.h_tree import h_tree
from archsim.chip.network.layout import Hop
from archsim.chip.network.mesh import mesh
from archsim.chip.network.package import package
from archsim.chip.network.ring import ring
from archsim.chip.network.route_table import ROW
from archsim.chip.network.routes import TOPOLOGIES, branches_of, passed, tree
from archsim.chip.network.speed import Speed

LAYOUTS = {
    **{
        f"{name} of {n}": layout(n, (0, 0))
        for name, layout in TOPOLOGIES.items()
        for n in (1, 2, 7, 16)
    },
    "three meshes": package(mesh, 3, 6, (1,), gateway=2),
    "three rings": package(ring, 3, 7, (), gateway=3),
    "two trees": package(h_tree, 2, 8, gateway=3),
}
each = pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)


def waits_of(layout):
    """Which channels a packet in a channel may wait for."""
    waits = {}
    for source, target in permutations(range(len(layout.terminals)), 2):
        for here, there in pairwise(layout.path(source, target)):
            waits.setdefault(here, set()).add(there)
    return waits


def has_circle(waits):
    """Whether somebody waits for himself: what is left when all that wait for nobody have gone."""
    left = {channel: set(others) for channel, others in waits.items()}
    while free := [channel for channel, others in left.items() if not others & left.keys()]:
        for channel in free:
            del left[channel]
    return bool(left)


@each
def test_no_packets_wait_for_each_other_in_a_circle(layout):
    assert not has_circle(waits_of(layout))


def test_a_ring_of_one_class_would_wait_for_itself():
    layout = ring(7)
    plain = layout.routers.path
    one_class = replace(
        layout,
        routers=layout.routers._replace(
            path=lambda a, b: [Hop(step.source, step.target, 0) for step in plain(a, b)]
        ),
    )
    assert has_circle(waits_of(one_class)) and not has_circle(waits_of(layout))


def test_arrivals_of_a_chip_have_slots_of_their_own():
    # On a ring packets to the gateway pass channels behind those that packets from it pass.
    layout = package(ring, 2, 8, gateway=3)
    plain = layout.routers.path
    shared = replace(
        layout,
        routers=layout.routers._replace(
            path=lambda a, b: [step._replace(buffers=step.buffers % 2) for step in plain(a, b)]
        ),
    )
    assert has_circle(waits_of(shared)) and not has_circle(waits_of(layout))


@each
def test_a_way_begins_at_its_source_and_ends_at_its_target(layout):
    for source, target in permutations(range(len(layout.terminals)), 2):
        first, *middle, last = [channel.link for channel in layout.path(source, target)]
        assert (first, last) == (layout.inject[source], layout.eject[target])
        pairs = [
            pair for link in middle for pair, number in layout.between.items() if number == link
        ]
        here = layout.terminals[source]
        for start, end in pairs:
            assert start == here
            here = end
        assert here == layout.terminals[target]
        assert all(
            channel.buffers < layout.routers.classes for channel in layout.path(source, target)
        )


@each
def test_the_last_step_of_a_path_is_known_without_it(layout):
    routers = layout.routers
    for source, target in permutations(range(len(routers.positions)), 2):
        last = routers.path(source, target)[-1]
        assert routers.back(source, target) == (last.source, last.buffers) and last.target == target


@each
def test_a_tree_has_every_link_once_and_every_target(layout):
    everybody = range(1, len(layout.terminals))
    branches = list(branches_of(tree(layout, 0, everybody)))
    links = [branch.channel.link for branch in branches]
    assert len(set(links)) == len(links)
    assert sorted(b.target for b in branches if b.target is not None) == list(everybody)


def branches_by_level(root):
    """Branches as rows, those that lead on from one beside each other."""
    rows = []
    level = [root]
    following = 1
    for branch in level:
        rows.append((*branch.channel, following, len(branch.onward)))
        following += len(branch.onward)
        level += branch.onward
    return rows


@each
def test_a_route_in_rows_is_its_tree(layout):
    terminals = range(len(layout.terminals))
    for source in terminals:
        others = [target for target in terminals if target != source]
        for targets in (tuple(others), tuple(others[:1]), tuple(others[::-2])):
            if not targets:
                continue
            root = tree(layout, source, targets)
            route = layout.routes.route(source, targets)
            rows = route.rows.tolist()
            assert list(zip(*(rows[k::ROW] for k in range(ROW)))) == branches_by_level(root)
            assert route.leaves == len(targets) and route.passed == passed(layout, root)
            assert layout.routes.route(source, targets) is route


def test_routes_are_made_anew_where_too_many_are_kept(monkeypatch):
    monkeypatch.setattr(route_table, "ROUTES_KEPT", 3)
    layout = mesh(9)
    for source, target in permutations(range(9), 2):
        route = layout.routes.route(source, (target,))
        assert route.passed == passed(layout, tree(layout, source, (target,)))
        assert layout.routes.pitches(source, (target,)) == route.passed.pitches


@pytest.mark.parametrize("bits", [0, 1, 31, 32, 33, 96, 97, 1000])
def test_packets_are_counted_without_a_list_of_them(bits):
    speed = Speed(flit_bits=32, port_bits=32, hop_cycles=1, packet_flits=4, slots=1)
    packets = speed.packets(bits)
    assert speed.packet_count(bits) == len(packets) and speed.flits(bits) == sum(packets)
    assert speed.count_and_last(bits) == (len(packets), packets[-1] if packets else 0)


@each
def test_the_length_of_a_tree_is_known_without_it(layout):
    terminals = range(len(layout.terminals))
    for source in terminals:
        for first in terminals:
            targets = [target for target in terminals[first::2] if target != source]
            if targets:
                whole = passed(layout, tree(layout, source, targets)).pitches
                assert layout.routes.pitches(source, targets) == whole


def test_a_mesh_goes_along_its_row_first():
    names = [mesh(9).links[channel.link].name for channel in mesh(9).path(0, 8)]
    assert names == ["core 0>0", "0>1", "1>2", "2>5", "5>8", "8>core 8"]


def test_lengths_are_in_pitches_of_a_core():
    # a mesh of 9: four steps of one pitch, five routers
    layout = mesh(9)
    assert passed(layout, tree(layout, 0, (8,))) == (5, 4.0, 0)
    # both corners: the row is shared
    assert passed(layout, tree(layout, 0, (2, 8))) == (5, 4.0, 0)
    # two rows of four: the last lies beside the first
    layout = ring(8)
    assert {link.pitches for link in layout.links if link.kind == "wire"} == {1.0}
    # a floor of 4 x 2: from the middle to the middle of a half is one pitch, then half a pitch...
    layout = h_tree(8)
    assert passed(layout, tree(layout, 0, (7,))) == (5, 2 * (1.0 + 0.5), 0)
    # the bus: one and a half sides of a square of 16
    assert passed(bus(16), tree(bus(16), 3, (1, 2))) == (0, 6.0, 0)
    # chips of 4: core 3 is two steps from the gateway, core 4 sits at that of the second chip
    layout = package(mesh, 2, 4)
    assert passed(layout, tree(layout, 3, (4,))) == (4, 2.0, 1)
