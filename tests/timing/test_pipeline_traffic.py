"""Do queues, wires and the bus hold a pipeline up for exactly as long as they are full?"""

import pytest
from small_chips import DRAIN, READ, quiet_chip, read, run, trace_of

from archsim.soc import operation_run
from archsim.soc.queues import Queue


def stalls(machine, layer):
    return machine.lanes[layer].stalls


def test_latency_delays_and_does_not_slow():
    chip = quiet_chip(read__overlap=True, interconnect__hop_cycles=100)
    machine, jobs = run(trace_of(read("a", 10)), chip)
    assert jobs.begins("a") == [8 * i for i in range(10)]
    # the last job begins at 72, is sampled and converted after 16 cycles and 100 cycles under way
    assert machine.end == 72 + 16 + 100 + DRAIN


def test_a_one_bit_bus_makes_the_computed_stall():
    steps = 6
    elements = 20
    chip = quiet_chip(interconnect__width_bits=1)
    machine, jobs = run(trace_of(read("a", steps, input_elements=elements)), chip)
    transfer = elements * 8
    assert jobs.begins("a") == [transfer * (i + 1) for i in range(steps)]
    assert stalls(machine, "a") == {"input": transfer + (steps - 1) * (transfer - READ)}
    assert machine.wiring.down["interconnect"].busy == steps * transfer


def test_a_shared_bus_carries_both_ways():
    # 8 columns x 9 bits out and 1 x 8 bits in share a bus of one bit: 80 cycles a step once the
    # pipeline is full
    chip = quiet_chip(interconnect__width_bits=1, interconnect__kind="bus")
    machine, _ = run(trace_of(read("a", 9, input_elements=1)), chip)
    assert machine.wiring.down["interconnect"].busy == 9 * (8 + 72)
    assert machine.wiring.down["interconnect"] is machine.wiring.up["interconnect"]
    tree, _ = run(
        trace_of(read("a", 9, input_elements=1)),
        quiet_chip(interconnect__width_bits=1, interconnect__kind="h_tree"),
    )
    assert tree.wiring.up["interconnect"].busy == 9 * 72
    assert tree.end == 8 + READ + 9 * 72 < machine.end


class Watched(Queue):
    """A queue that keeps its greatest length."""

    longest = 0

    def put(self, item):
        event = super().put(item)
        type(self).longest = max(type(self).longest, len(self.items))
        return event

    def _admit(self, event=None):
        super()._admit(event)
        type(self).longest = max(type(self).longest, len(self.items))


@pytest.mark.parametrize("room", [1, 2, 5])
def test_a_slow_drain_fills_the_queue_and_stops_the_tile(room, monkeypatch):
    monkeypatch.setattr(operation_run, "Queue", Watched)
    Watched.longest = 0
    steps = 20
    work = 100
    chip = quiet_chip(buffer__tile_queue=room, vector_unit__lanes=1)
    # 8 more scale the converter's codes
    machine, jobs = run(trace_of(read("a", steps, vector_work={"add": work - 8})), chip)
    assert Watched.longest == room
    # the first result is under work at once, `room` more wait; a tile then waits for the drain to
    # take the next one
    left = []
    end = 0
    for job in range(steps):
        ready = end + READ
        end = max(ready, READ + work * (job - room)) if job > room else ready
        left.append(end - ready)
    assert stalls(machine, "a") == {"output": sum(left)}
    assert sum(left) > 10 * (work - READ)
    assert machine.end == READ + steps * work


@pytest.mark.parametrize("wires", [1, 16, 17, 100])
def test_wires_give_a_tile_no_room(wires):
    # results wait before the wires: with longer ones the tile stops and starts in the same cycles,
    # and all ends so much later
    work = trace_of(read("a", 20, vector_work={"add": 92}))
    (short, before), (long, after) = (
        run(work, quiet_chip(vector_unit__lanes=1, interconnect__hop_cycles=cycles))
        for cycles in (0, wires)
    )
    assert after.begins("a") == before.begins("a")
    assert stalls(long, "a") == stalls(short, "a")
    assert stalls(short, "a")["output"] > 0
    assert long.end == short.end + wires


def test_results_leave_before_inputs_enter():
    # three layers pour inputs on the bus; with priorities a result of `a` waits for one transfer at
    # most
    others = [read(name, 40, input_elements=400) for name in "bcd"]
    ends = {}
    for arbitration in ("fifo", "drain_first"):
        chip = quiet_chip(
            interconnect__kind="bus",
            interconnect__width_bits=64,
            interconnect__arbitration=arbitration,
        )
        machine, _ = run(trace_of(read("a", 40), *others), chip)
        ends[arbitration] = next(end for layer, *_, end in machine.spans if layer == "a")
    assert ends["drain_first"] < 0.5 * ends["fifo"]
