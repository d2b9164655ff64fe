"""The busy-until server is a SimPy resource, event for event; the priority server lets the right one go first."""

import random

import pytest
import simpy

from archsim.soc.server import PriorityServer, Server, reserve


def random_requests(seed):
    generator = random.Random(seed)
    return sorted(((generator.randrange(60), generator.randrange(1, 12)) for _ in range(40)), key=lambda request: request[0])


def starts_of_resource(requests, capacity):
    env = simpy.Environment()
    resource, starts = simpy.Resource(env, capacity), []

    def client(index, arrival, duration):
        yield env.timeout(arrival)
        with resource.request() as request:
            yield request
            starts.append((index, env.now))
            yield env.timeout(duration)

    for index, request in enumerate(requests):
        env.process(client(index, *request))
    env.run()
    return [start for _, start in sorted(starts)]


def run_server(requests, ports):
    env = simpy.Environment()
    server, starts = Server(env, "server", "bus", ports), []

    def clients():
        for arrival, duration in requests:
            yield env.timeout(arrival - env.now)
            starts.append(server.earliest())
            server.occupy(starts[-1], duration)

    env.process(clients())
    env.run()
    return server, starts


@pytest.mark.parametrize("capacity", [1, 2, 3])
@pytest.mark.parametrize("seed", range(20))
def test_a_server_is_a_simpy_resource(capacity, seed):
    requests = random_requests(seed)
    expected = starts_of_resource(requests, capacity)
    server, starts = run_server(requests, capacity)
    assert starts == expected
    assert server.requests == len(requests)
    assert server.busy == sum(duration for _, duration in requests)
    assert server.waited == sum(start - arrival for start, (arrival, _) in zip(expected, requests))
    # how many wait at each arrival, counted from the resource's own starts
    waiting = [sum(start > arrival for start in expected[:index + 1]) for index, (arrival, _) in enumerate(requests)]
    assert server.queue_max == max(waiting)


def test_a_server_is_blocked_until_its_port_is_free_and_no_longer():
    server, starts = run_server([(0, 10), (9, 1), (11, 1), (20, 1)], 1)
    assert starts == [0, 10, 11, 20]
    assert (server.busy, server.waited, server.queue_max) == (13, 1, 1)


def test_streams_start_together_and_last_as_long_as_the_slowest():
    env = simpy.Environment()
    bus, port, memory = (Server(env, name, "bus") for name in ("bus", "port", "memory"))
    port.occupy(0, 7)
    assert reserve((bus, port, memory), (3, 2, 0)) == 7 + 3
    assert (bus.free_at, port.free_at, memory.free_at) == ([10], [9], [0])
    assert reserve((memory,), (0,)) == 0
    assert memory.requests == 0


def run_priority(requests):
    """Start of each (arrival, duration, priority) and the server."""
    env = simpy.Environment()
    server, starts = PriorityServer(env, "bus", "bus"), {}
    server.watchers.append(lambda _, port, asked, start, end: starts.setdefault((asked, end - start), start))

    def client(arrival, duration, priority):
        yield env.timeout(arrival)
        yield from server.hold((), (duration,), priority)

    for request in requests:
        env.process(client(*request))
    env.run()
    return [starts[arrival, duration] for arrival, duration, _ in requests], server


def test_results_go_before_inputs_and_equals_in_order_of_arrival():
    requests = [(0, 10, 1), (1, 5, 1), (2, 4, 0), (3, 3, 1), (4, 2, 0)]
    starts, server = run_priority(requests)
    assert starts == [0, 16, 10, 21, 14]
    assert (server.busy, server.requests, server.queue_max) == (24, 5, 4)
    assert server.waited == sum(start - arrival for start, (arrival, _, _) in zip(starts, requests))


def test_a_priority_server_streams_through_the_others():
    env = simpy.Environment()
    bus, port = PriorityServer(env, "bus", "bus"), Server(env, "port", "buffer")
    ended = []

    def client():
        yield from bus.hold((port,), (3, 8), 0)
        ended.append(env.now)

    env.process(client())
    env.process(client())
    env.run()
    # the bus is given back after 3 cycles, so only the port makes the second one wait
    assert ended == [8, 16]
