"""The queue between processes is a SimPy store, event for event and in the same order within a
cycle.
"""

import random

import simpy

from archsim.soc.queues import OutputQueue, Queue
from tests.members import every


class Store:
    """`simpy.Store` behind the same face."""

    def __init__(self, env, capacity):
        self.store = simpy.Store(env, capacity)

    def take(self):
        event = self.store.get()
        if event.triggered:
            return event.value
        return (yield event)

    def put(self, item):
        event = self.store.put(item)
        if not event.triggered:
            yield event


class Ours:
    """`Queue` behind the same face."""

    def __init__(self, env, capacity):
        self.queue = Queue(env, capacity)

    def take(self):
        return self.queue.take() if self.queue.items else (yield self.queue.coming())

    def put(self, item):
        event = self.queue.put(item)
        if event is not None:
            yield event


def history(kind, seed, capacity, givers):
    """Who does what when, in order: several givers, one taker, often in the same cycle."""
    generator = random.Random(seed)
    env = simpy.Environment()
    queue = kind(env, capacity)
    done = []
    pauses = {
        who: [generator.choice([0, 0, 1, 1, 2, 5]) for _ in range(30)] for who in range(givers)
    }
    waits = [generator.choice([0, 0, 1, 1, 3]) for _ in range(30 * givers)]

    def giver(who):
        for index, pause in enumerate(pauses[who]):
            if pause:
                yield env.timeout(pause)
            yield from queue.put((who, index))
            done.append((env.now, "in", who, index))

    def taker():
        for wait in waits:
            item = yield from queue.take()
            done.append((env.now, "out", *item))
            if wait:
                yield env.timeout(wait)

    def clock():  # others act in every cycle, between the two
        for _ in range(400):
            done.append((env.now, "tick"))
            yield env.timeout(1)

    env.process(clock())
    for who in range(givers):
        env.process(giver(who))
    env.process(taker())
    env.run()
    assert sum(entry[1] == "out" for entry in done) == 30 * givers
    return done


@every("capacity, givers", [(1, 1), (1, 3), (2, 1), (3, 2), (8, 4)])
@every("seed", range(8))
def test_a_queue_is_a_simpy_store(capacity, givers, seed):
    assert history(Ours, seed, capacity, givers) == history(Store, seed, capacity, givers)


def test_a_result_that_leaves_early_keeps_its_place_until_it_is_released():
    env = simpy.Environment()
    queue = OutputQueue(env, 1)
    assert queue.put("first") is None
    queue.until = 5
    blocked = queue.put("second")
    assert queue.take() == "first"
    env.run(until=3)
    assert queue.kept and not blocked.triggered and not queue.items
    queue.release()
    assert blocked.triggered and list(queue.items) == ["second"]
    env.run(until=6)
    # from cycle `until` on the one before is done: nothing is kept
    assert queue.take() == "second" and not queue.kept and queue.capacity == 1
