"""The busy-until server is a SimPy resource, event for event; the priority server lets the right
one go first.
"""

import random

import simpy

from archsim.soc.server import Server
from archsim.soc.streams import reserve, stream
from tests.members import every


def random_requests(seed):
    generator = random.Random(seed)
    return sorted(
        ((generator.randrange(60), generator.randrange(1, 12)) for _ in range(40)),
        key=lambda request: request[0],
    )


def starts_of_resource(requests, capacity):
    env = simpy.Environment()
    resource = simpy.Resource(env, capacity)
    starts = []

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
    server = Server(env, "server", "bus", ports)
    starts = []

    def clients():
        for arrival, duration in requests:
            yield env.timeout(arrival - env.now)
            starts.append(server.earliest())
            assert server.take(env.now, duration) == (starts[-1], starts[-1] + duration)

    env.process(clients())
    env.run()
    return server, starts


@every("capacity", [1, 2, 3])
@every("seed", range(20))
def test_a_server_is_a_simpy_resource(capacity, seed):
    requests = random_requests(seed)
    expected = starts_of_resource(requests, capacity)
    server, starts = run_server(requests, capacity)
    assert starts == expected
    assert server.requests == len(requests)
    assert server.busy == sum(duration for _, duration in requests)
    assert server.waited == sum(start - arrival for start, (arrival, _) in zip(expected, requests))
    # how many wait at each arrival, counted from the resource's own starts
    waiting = [
        sum(start > arrival for start in expected[: index + 1])
        for index, (arrival, _) in enumerate(requests)
    ]
    assert server.queue_max == max(waiting)


def test_a_server_is_blocked_until_its_port_is_free_and_no_longer():
    server, starts = run_server([(0, 10), (9, 1), (11, 1), (20, 1)], 1)
    assert starts == [0, 10, 11, 20]
    assert (server.busy, server.waited, server.queue_max) == (13, 1, 1)


def test_streams_start_together_and_last_as_long_as_the_slowest():
    env = simpy.Environment()
    port, bus, memory = (Server(env, name, "bus") for name in ("port", "bus", "memory"))
    port.take(0, 7)
    assert reserve((memory, port, bus), (0, 2, 3)) == 7 + 3
    assert (bus.free_at, port.free_at, memory.free_at) == ([10], [9], [0])
    assert reserve((memory,), (0,)) == 0
    assert memory.requests == 0


def test_what_is_ahead_in_a_stream_does_not_wait_for_what_is_behind():
    env = simpy.Environment()
    port = Server(env, "port", "buffer")
    bus = Server(env, "bus", "bus")
    bus.take(0, 7)
    # the port reads at once; its two words wait in the job's register until the bus takes them
    assert reserve((port, bus), (2, 3)) == 7 + 3
    assert (port.free_at, bus.free_at) == ([2], [10])


def test_later_requests_use_the_cycles_before_data_arrive():
    env = simpy.Environment()
    memory = Server(env, "memory", "off_chip")
    bus = Server(env, "bus", "bus")
    pieces = []
    bus.watchers.append(lambda _, port, asked, start, end: pieces.append((asked, start, end)))
    memory.take(0, 20)
    assert reserve((memory, bus), (5, 4)) == 25  # the bus is booked from 20 to 24
    assert reserve((bus,), (6,)) == 6
    assert reserve((bus,), (18,)) == 28  # cycles 6 to 20 and, after what was booked, 24 to 28
    assert pieces == [(20, 20, 24), (0, 0, 6), (0, 6, 20), (20, 24, 28)]
    assert (bus.busy, bus.requests, bus.waited, bus.queue_max) == (28, 3, 10, 1)


@every("ports", [1, 2, 3])
@every("seed", range(20))
def test_a_server_never_idles_while_a_request_is_ready(seed, ports):
    """Requests whose data come later than they are made, against a calendar that is searched cycle
    by cycle.
    """
    generator = random.Random(seed)
    env = simpy.Environment()
    server = Server(env, "server", "bus", ports)
    taken = [set() for _ in range(ports)]
    booked = []
    server.watchers.append(lambda _, port, asked, start, end: booked.append((port, start, end)))

    def clients():
        for arrival, duration in random_requests(seed):
            yield env.timeout(arrival - env.now)
            ready = env.now + generator.choice([0, 0, 0, 3, 25])
            booked.clear()
            first, end = server.take(ready, duration)
            free = [
                [cycle for cycle in range(ready, 1000) if cycle not in cycles][:duration]
                for cycles in taken
            ]
            port = booked[0][0]
            assert [cycle for _, start, stop in booked for cycle in range(start, stop)] == free[
                port
            ]
            assert (first, end) == (free[port][0], free[port][-1] + 1)
            assert end == min(cycles[-1] for cycles in free) + 1
            taken[port].update(free[port])

    env.process(clients())
    env.run()
    assert server.busy == sum(map(len, taken))


def test_wires_delay_a_stream_and_do_not_slow_it():
    env = simpy.Environment()
    bus = Server(env, "bus", "bus")
    unit = Server(env, "unit", "vector_unit")
    ends = []

    def client():
        for _ in range(3):
            left, done = stream((bus, unit), (2, 5), wires=100)
            assert left == env.now + 2
            yield env.timeout(done - env.now)
            ends.append((env.now, unit.free_at[0]))

    env.process(client())
    env.run()
    # the next job begins as if there were no wires, and every result is there 100 cycles later
    assert ends == [(5, 105), (10, 110), (15, 115)]
    assert bus.free_at == [12]
