"""Does a packet take the cycles of the network that arithmetic by hand gives: hops, shared links, full
buffers, several targets, several chips?
"""

import pytest

from archsim.chip.network.bus import bus
from archsim.chip.network.h_tree import h_tree
from archsim.chip.network.mesh import mesh
from archsim.chip.network.package import package
from archsim.chip.network.ring import ring
from archsim.chip.network.routes import tree
from archsim.chip.network.speed import Speed
from archsim.soc.clock import Clock
from archsim.soc.network.network import NetworkOnChip

# 32 bits a flit, one cycle a hop; a packet of three words has four flits with its head
SPEED = Speed(flit_bits=32, port_bits=32, hop_cycles=1, packet_flits=32, slots=1)
WORDS = 96


def network(layout, **changes):
    return NetworkOnChip(Clock(), layout, SPEED._replace(**changes))


def send(net, source, *targets, bits=WORDS):
    """The list that gets the cycle of arrival."""
    arrivals = []
    net.send(tree(net.layout, source, targets), bits, arrivals.append)
    return arrivals


def link(net, name):
    return next(link for link in net.links if link.name == name)


def test_a_neighbour_is_two_routers_and_the_flits_away():
    # two routers of 2 cycles, then 4 flits
    net = network(mesh(9), hop_cycles=2)
    arrived = send(net, 0, 1)
    net.env.run()
    assert arrived == [2 * 2 + 4]


def test_a_head_passes_while_the_rest_follows():
    # 5 routers from corner to corner; store and forward would take 5 x 4 and more
    net = network(mesh(9))
    arrived = send(net, 0, 8)
    net.env.run()
    assert arrived == [5 + 4]


def test_long_messages_are_packets_with_a_head_each():
    # 6 words in packets of 4 flits: 3 + 3 words, 8 flits; with two slots nothing holds them up
    net = network(mesh(9), packet_flits=4, slots=2)
    arrived = send(net, 0, 1, bits=6 * 32)
    net.env.run()
    assert arrived == [2 + 8] and link(net, "0>1").flits == 8


def test_a_narrow_port_is_slower_than_the_link_behind_it():
    # 4 flits of 32 bits through a port of 16: 8 cycles in; the last is at router 0 at 9, through
    # the link (asked at 1, done when the last has come) at 9, at router 1 at 10, out at 10
    net = network(mesh(9), port_bits=16)
    arrived = send(net, 0, 1)
    net.env.run()
    assert arrived == [2 + 8] and link(net, "0>1").busy == 8


def test_two_flows_on_one_link_take_turns():
    # 1 > 2 asks for the link at 1, has it from 1 to 5 and is out at 6; 0 > 2 asks at 2, has it from
    # 5 to 9 and is out at 10
    net = network(mesh(9), slots=2)
    far, near = send(net, 0, 2), send(net, 1, 2)
    net.env.run()
    assert (near, far) == ([2 + 4], [10])
    assert link(net, "1>2").waited == 3 and link(net, "1>2").blocked == 0


def test_a_packet_that_comes_as_the_link_falls_free_stands_in_no_queue():
    # 0 > 1 has the link from 1 to 5; the next leaves its core at 4 and asks for the link at 5
    net = network(mesh(9), slots=2)
    send(net, 0, 1)
    net.env.timeout(4).callbacks.append(lambda _: send(net, 0, 1))
    net.env.run()
    assert (link(net, "0>1").packets, link(net, "0>1").free_at) == (2, 9)
    assert (link(net, "0>1").queue_max, link(net, "0>1").waited) == (0, 0)


def test_a_taken_way_out_holds_packets_up_through_the_routers():
    # A packet of 20 flits takes the way out of core 2 from 2 to 22. Three packets of 4 come from
    # core 0: the first waits behind 1>2, the second behind 0>1, the third in front of it.
    #            in     0>1     1>2     out
    # first     0- 4   1- 5    2- 6   22-26
    # second    5- 9   6-10   26-30   27-31
    # third    10-14  30-34   31-35   32-36
    net = network(mesh(9))
    long = send(net, 5, 2, bits=19 * 32)
    arrived = [send(net, 0, 2) for _ in range(3)]
    net.env.run()
    assert long == [22] and arrived == [[26], [31], [36]]
    assert link(net, "1>2").blocked == 26 - 7  # the second, which finds the link free
    assert link(net, "0>1").blocked == 30 - 11


def test_more_slots_take_in_what_waits():
    net = network(mesh(9), slots=3)
    send(net, 5, 2, bits=19 * 32)
    arrived = [send(net, 0, 2) for _ in range(3)]
    net.env.run()
    assert arrived == [[26], [30], [34]]  # side by side in front of the way out
    assert link(net, "0>1").blocked == 0


def test_a_multicast_passes_each_link_once():
    # in at 0, 0>1 at 1, 1>2 at 2, out to 2 and 2>5 at 3, 5>8 at 4, out to 8 from 5 to 9
    net = network(mesh(9))
    arrived = send(net, 0, 2, 6, 8)
    net.env.run()
    assert arrived == [9]
    used = {link.name: link.flits for link in net.links if link.flits}
    assert used == dict.fromkeys(
        ("core 0>0", "0>1", "1>2", "2>5", "5>8", "0>3", "3>6", "2>core 2", "6>core 6", "8>core 8"),
        4,
    )


def test_a_branch_that_waits_does_not_stop_the_others():
    # the way out of 2 is taken from 2 to 22; the branch to 8 goes on
    net = network(mesh(9))
    send(net, 5, 2, bits=19 * 32)
    both = send(net, 0, 2, 1)
    alone = []
    net.send(tree(net.layout, 0, (2, 1)), 0, alone.append)
    net.env.run()
    assert both == [26] and alone == [0]
    assert link(net, "1>core 1").free_at == 2 + 4


def test_a_slot_is_free_when_the_packet_has_left_on_all_ways():
    # The way out of 2 is taken till 22, the slot behind 1>2 by a packet that waits for it till 26:
    # the second packet leaves router 1 for core 1 at once, for core 2 from 26 to 30. Only then may
    # the third, which was at router 0 at 11, pass 0>1: 30-34, out to core 1 from 31 to 35.
    net = network(mesh(9))
    send(net, 5, 2, bits=19 * 32)
    arrived = [send(net, 0, 2), send(net, 0, 1, 2), send(net, 0, 1)]
    net.env.run()
    assert arrived == [[26], [31], [35]]


def test_two_chips_are_a_link_of_the_package_apart():
    # core 1 of the first chip: in 0-4, 1>0 1-5, then 4 flits of 32 bits over a link of 16 from 2 to
    # 10, 6 cycles under way with the router behind it: the last word is out at 16
    layout = package(mesh, 2, 4)
    net = network(layout, package_bits=16, package_cycles=5)
    arrived = send(net, 1, 4)
    net.env.run()
    assert arrived == [16]
    assert link(net, "0>4").kind == "package" and link(net, "0>4").busy == 8


def test_a_ring_goes_the_shorter_way():
    net = network(ring(8))
    arrived = [send(net, 6, 1), send(net, 2, 5)]
    net.env.run()
    assert arrived == [[4 + 4], [4 + 4]]  # 6 7 0 1, and 2 3 4 5
    assert link(net, "7>0").flits == 4 and link(net, "5>4").flits == 0


def test_a_tree_climbs_to_the_router_above_both():
    net = network(h_tree(8))
    arrived = [send(net, 0, 1), send(net, 4, 7)]
    net.env.run()
    assert arrived == [[1 + 4], [3 + 4]]  # one router for two neighbours; up, over, down


def test_a_bus_carries_one_packet_at_a_time():
    # a hop of the medium, then 4 flits; the second one waits for the first
    net = network(bus(4), slots=2)
    arrived = [send(net, 0, 1, 2), send(net, 3, 1)]
    net.env.run()
    assert arrived == [[1 + 4], [1 + 4 + 4]]
    assert link(net, "bus").flits == 8


@pytest.mark.parametrize("layout", [mesh(12), ring(9), h_tree(11), bus(5)])
def test_all_to_all_arrives_with_one_slot_behind_every_link(layout):
    net = network(layout, packet_flits=4)
    cores = range(len(layout.routers.homes))
    arrived = [send(net, one, *(set(cores) - {one}), bits=320) for one in cores for _ in range(2)]
    net.env.run()
    assert all(len(cycles) == 1 for cycles in arrived)
    carried = sum(link.flits for link in net.links if link.kind == "eject")
    assert carried == 2 * len(cores) * (len(cores) - 1) * sum(net.speed.packets(320))
