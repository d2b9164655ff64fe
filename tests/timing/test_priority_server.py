"""Does the priority server let the right one go first, and lose no cycle?"""

import random

import simpy

from archsim.soc.priority_server import PriorityServer
from archsim.soc.server import Server
from archsim.soc.streams import stream_vectors
from tests.members import every


def random_requests(seed):
    generator = random.Random(seed)
    return sorted(
        ((generator.randrange(60), generator.randrange(1, 12)) for _ in range(40)),
        key=lambda request: request[0],
    )


def run_priority(requests):
    """Start of each (arrival, duration, priority) and the server."""
    env = simpy.Environment()
    server = PriorityServer(env, "bus", "bus")
    starts = {}
    server.watchers.append(
        lambda _, port, asked, start, end: starts.setdefault((asked, end - start), start)
    )

    def client(arrival, duration, priority):
        yield env.timeout(arrival)
        yield from server.hold((), (), (duration,), priority)

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
    bus = PriorityServer(env, "bus", "bus")
    port = Server(env, "port", "buffer")
    given_back = []
    ended = []

    def client():
        left, done = yield from bus.hold((), (port,), (3, 8), 0)
        given_back.append((left, env.now))
        ended.append(done)

    env.process(client())
    env.process(client())
    env.run()
    # the bus is given back after 3 cycles, so only the port makes the second one wait
    assert ended == [8, 16]
    assert given_back == [(3, 3), (6, 6)]


def test_a_priority_server_waits_for_what_comes_from_the_one_ahead():
    env = simpy.Environment()
    bus = PriorityServer(env, "bus", "bus")
    port = Server(env, "port", "buffer")
    unused = Server(env, "off chip", "off_chip")
    ends = []

    def client():
        port.take(0, 5)  # somebody else's
        left, done = yield from bus.hold((unused, port), (), (0, 8, 3), 1)
        ends.append((left, done))

    env.process(client())
    env.run()
    # the port begins at 5 and ends at 13; the bus moves its words from 5 on, 3 cycles of its own
    assert ends == [(8, 13)]
    assert (port.requests, bus.requests, unused.requests) == (2, 1, 0)


def test_words_after_the_first_vector_give_way_to_an_older_operation_and_come_back():
    env = simpy.Environment()
    port = Server(env, "port", "buffer")
    seen = []
    port.watchers.append(lambda _, port, asked, start, end: seen.append((start, end)))
    ends = []

    def packed():  # 3 vectors of 4 words; the first keeps its cycles
        done, rest = stream_vectors((port,), (12,), 3, age=2)
        assert (done, [words.end for words in rest]) == (4, [12])
        for words in rest:
            while words.end > env.now:
                yield env.timeout(words.end - env.now)
            words.close()
        ends.append(env.now)

    def at(cycle, duration, age, expected):
        yield env.timeout(cycle)
        assert port.take(cycle, duration, age) == expected

    env.process(packed())
    # the older one waits for the rest of the first vector, then takes 2 words that were promised to
    # the second
    env.process(at(3, 2, 1, (4, 6)))
    # in the middle of a vector it waits for nothing
    env.process(at(8, 3, 0, (8, 11)))
    # one that is younger still, or has no age, comes after what is booked: 12 + 2 + 3
    env.process(at(9, 1, 3, (17, 18)))
    env.process(at(10, 1, None, (18, 19)))
    env.run()
    assert ends == [17]
    assert sorted(seen) == [(0, 4), (4, 6), (6, 8), (8, 11), (11, 17), (17, 18), (18, 19)]
    assert (port.busy, port.yielding) == (12 + 2 + 3 + 1 + 1, [])
    # waited: 1 for the first vector, 2 and 3 by those who gave way, 8 each behind all of them
    assert port.waited == 1 + 2 + 3 + 8 + 8


@every("ports", [1, 2])
@every("seed", range(10))
def test_no_order_of_giving_way_loses_a_cycle(seed, ports):
    """Jobs of several vectors and single ones of random ages: every cycle is booked once, and no
    port idles while words wait.
    """
    generator = random.Random(seed)
    env = simpy.Environment()
    server = Server(env, "server", "bus", ports)
    pieces = []
    jobs = []
    server.watchers.append(lambda _, port, asked, start, end: pieces.append((port, start, end)))

    def job(arrival, words, age):
        yield env.timeout(arrival)
        if words % 3:
            first, end = server.take(env.now, words, age)
            jobs.append((arrival, end))
            return
        done, (rest,) = stream_vectors((server,), (words,), 3, age)
        yield env.timeout(done - env.now)
        while rest.end > env.now:
            yield env.timeout(rest.end - env.now)
        rest.close()
        jobs.append((arrival, env.now))

    requests = [
        (arrival, words * 3 if generator.random() < 0.5 else words, generator.randrange(6))
        for arrival, words in random_requests(seed)
    ]
    for request in requests:
        env.process(job(*request))
    env.run()
    booked = [(port, cycle) for port, start, end in pieces for cycle in range(start, end)]
    assert len(booked) == len(set(booked)) == server.busy == sum(words for _, words, _ in requests)
    if ports == 1:
        taken = {cycle for _, cycle in booked}
        for arrival, end in jobs:
            assert taken.issuperset(range(arrival, end)), "idle while a job waits"


def test_words_that_give_way_begin_no_sooner_than_they_were_asked_for():
    port = Server(simpy.Environment(), "port", "buffer")
    younger = port.take_yielding(10, 6, age=2)
    older = port.take_yielding(5, 3, age=1)
    assert (older.pieces, younger.pieces) == ([(0, 5, 8)], [(0, 10, 16)])
    # what is asked for in the middle is served there, the rest behind it
    oldest = port.take_yielding(12, 2, age=0)
    assert (oldest.pieces, younger.pieces) == ([(0, 12, 14)], [(0, 10, 12), (0, 14, 18)])
