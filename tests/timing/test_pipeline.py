"""Gates of the pipeline, each tight: an operation starts in the very cycle in which what it waits
for is there.
"""

import random

import pytest
from small_chips import DRAIN, READ, quiet_chip, read, run, trace_of

from archsim.soc import operation_run
from archsim.soc.queues import Queue
from archsim.trace import Activity, Operation, RowWindow


def stalls(machine, layer):
    return machine.lanes[layer].stalls


def test_reads_follow_each_other_without_a_gap():
    machine, jobs = run(trace_of(read("a", 5)), quiet_chip())
    assert jobs.begins("a") == [READ * i for i in range(5)]
    assert machine.end == 5 * READ + DRAIN
    assert stalls(machine, "a") == {}


def test_a_consumer_starts_when_its_rows_are_finished():
    first = read("a", 24, steps_per_row=4, rows_out=6)
    # 3 rows of 4 steps for its first row, one more for each further one
    second = read(
        "b", 8, steps_per_row=2, rows_out=4, window=RowWindow(3, 1, 0), after=("a.forward",)
    )
    machine, jobs = run(trace_of(first, second), quiet_chip())
    ready = [4 * rows * READ + DRAIN for rows in (3, 3, 4, 4, 5, 5, 6, 6)]
    assert jobs.begins("b")[::2] == ready[::2]
    assert jobs.begins("b")[1::2] == [cycle + READ for cycle in ready[1::2]]
    assert stalls(machine, "b") == {"dependency": 12 * READ + DRAIN + 3 * (4 - 2) * READ}


@pytest.mark.parametrize("seed", range(12))
def test_row_gates_of_random_windows(seed):
    generator = random.Random(seed)
    height = generator.randrange(4, 12)
    width = generator.randrange(1, 6)
    kernel = generator.randrange(1, 4)
    stride = generator.randrange(1, 4)
    padding = generator.randrange(0, kernel)
    rows_out = (height + 2 * padding - kernel) // stride + 1
    out_width = generator.randrange(1, 4)
    first = read("a", height * width, steps_per_row=width, rows_out=height)
    second = read(
        "b",
        rows_out * out_width,
        steps_per_row=out_width,
        rows_out=rows_out,
        window=RowWindow(kernel, stride, padding),
        after=("a.forward",),
    )
    _, jobs = run(trace_of(first, second), quiet_chip())
    expected, free = [], 0
    for step in range(second.steps):
        last_row = min(height - 1, step // out_width * stride + kernel - 1 - padding)
        free = max(free, (last_row + 1) * width * READ + DRAIN)
        expected.append(free)
        free += READ
    assert jobs.begins("b") == expected


def test_pooled_rows_are_finished_later():
    # 8 rows of 2 steps pooled by two to 4 rows: the consumer's row needs 2 x 2 steps
    first = read("a", 16, steps_per_row=2, rows_out=4, pools=((RowWindow(2, 2, 0), 4),))
    second = read(
        "b", 4, steps_per_row=1, rows_out=4, window=RowWindow(1, 1, 0), after=("a.forward",)
    )
    _, jobs = run(trace_of(first, second), quiet_chip())
    assert jobs.begins("b") == [4 * READ * (row + 1) + DRAIN for row in range(4)]


def test_a_job_of_several_steps_waits_for_the_rows_of_its_last():
    # two copies on one tile take steps 0 and 1, 2 and 3, ...: step 3 is the first of row 1
    first = read("a", 8, steps_per_row=2, rows_out=4)
    second = read(
        "b", 6, steps_per_row=3, rows_out=2, window=RowWindow(2, 2, 0), after=("a.forward",)
    )
    _, jobs = run(trace_of(first, second), quiet_chip(placement__copies={"b": 2}))
    rows = [2 * READ * needed + DRAIN for needed in (2, 4)]
    assert jobs.begins("b") == [rows[0], rows[1], rows[1] + READ]


def test_what_has_no_rows_waits_for_the_end():
    machine, jobs = run(
        trace_of(read("a", 7, steps_per_row=7, rows_out=1), read("b", 1, after=("a.forward",))),
        quiet_chip(),
    )
    assert jobs.begins("b") == [7 * READ + DRAIN]
    assert machine.end == 8 * READ + 2 * DRAIN


def test_latency_delays_and_does_not_slow():
    chip = quiet_chip(read__overlap=True, interconnect__hop_cycles=100)
    machine, jobs = run(trace_of(read("a", 10)), chip)
    assert jobs.begins("a") == [8 * i for i in range(10)]
    # the last job begins at 72, is sampled and converted after 16 cycles and 100 cycles under way
    assert machine.end == 72 + 16 + 100 + DRAIN


def test_a_one_bit_bus_makes_the_computed_stall():
    steps, elements = 6, 20
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
    steps, work = 20, 100
    chip = quiet_chip(buffer__tile_queue=room, vector_unit__lanes=1)
    machine, jobs = run(
        trace_of(read("a", steps, vector_work={"add": work - 8})), chip
    )  # 8 more scale the converter's codes
    assert Watched.longest == room
    # the first result is under work at once, `room` more wait; a tile then waits for the drain to
    # take the next one
    left, end = [], 0
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


def test_copies_work_side_by_side():
    chip = quiet_chip(
        placement__copies={"a": 3}, tile__rows=16, tile__columns=32, read__columns_per_adc=2
    )
    machine, jobs = run(trace_of(read("a", 9), rows=16, columns=16), chip)
    assert sorted(jobs.begins("a")) == [0, 0, 0, 10, 10, 10, 20, 20, 20]
    assert machine.end == 30 + 3 * DRAIN  # three results at a time, one after the other
    # two small copies on one tile take two steps a job
    chip = quiet_chip(placement__copies={"a": 2})
    machine, jobs = run(trace_of(read("a", 9)), chip)
    assert jobs.begins("a") == [READ * i for i in range(5)]


def test_steps_in_sequence_wait_for_their_own_result():
    work = 30
    chip = quiet_chip(vector_unit__lanes=1, interconnect__hop_cycles=3)
    machine, jobs = run(
        trace_of(read("a", 4, sequential=True, vector_work={"lookup": work - 8})), chip
    )
    assert jobs.begins("a") == [(READ + 3 + work) * i for i in range(4)]
    # a copy cannot help what is sequential
    copied, _ = run(
        trace_of(read("a", 4, sequential=True, vector_work={"lookup": work - 8})),
        quiet_chip(vector_unit__lanes=1, interconnect__hop_cycles=3, placement__copies={"a": 4}),
    )
    assert copied.end == machine.end


def test_images_keep_their_order_on_a_tile():
    _, jobs = run(
        trace_of(read("a", 3), read("b", 3, after=("a.forward",))), quiet_chip(), images=4
    )
    for layer in ("a", "b"):
        mine = [
            (begin, image) for name, image, _, begin, _ in jobs.seen if name == f"{layer}.forward"
        ]
        assert [image for _, image in sorted(mine)] == [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3


def test_images_overlap_in_a_pipeline_and_not_layer_by_layer():
    operations = (read("a", 10), read("b", 10, after=("a.forward",)))
    pipelined, _ = run(trace_of(*operations), quiet_chip(), images=5)
    one_by_one, _ = run(
        trace_of(*operations), quiet_chip(execution__mode="layer_by_layer"), images=5
    )
    assert pipelined.end == (5 + 1) * 10 * READ + 2 * DRAIN
    assert one_by_one.end == 2 * 5 * (10 * READ + DRAIN)


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_no_more_operations_are_in_flight_than_allowed(limit):
    machine, jobs = run(
        trace_of(read("a", 10), read("b", 10, after=("a.forward",))),
        quiet_chip(controller__in_flight=limit),
        images=6,
    )
    spans = [(start, end) for *_, start, end in machine.spans]
    assert max(sum(start <= cycle < end for start, end in spans) for cycle, _ in spans) == limit
    if limit == 1:
        assert machine.end == 6 * 2 * (10 * READ + DRAIN)


def test_mean_retries_come_out_whole_over_images():
    # 0.3 more reads a vector: one in 10/3, also where every image has a single vector
    operation = read("a", 1, activity=Activity(retries=0.3))
    for mode in ("pipelined", "layer_by_layer"):
        machine, jobs = run(trace_of(operation), quiet_chip(execution__mode=mode), images=100)
        assert machine.totals["a.forward", 1.0].extra_reads in (29, 30)
        assert machine.lanes["a"].busy == READ * (
            100 + machine.totals["a.forward", 1.0].extra_reads
        )
        assert sum(end - begin for *_, begin, end in jobs.seen) == machine.lanes["a"].busy


def test_the_controller_fetches_ahead_or_makes_the_tiles_wait():
    operations = (read("a", 2), read("b", 2, after=("a.forward",)))
    for prefetch, waits in ((True, [10, 0]), (False, [10, 10])):
        chip = quiet_chip(
            execution__mode="layer_by_layer",
            controller__issue_cycles=10,
            controller__prefetch=prefetch,
        )
        machine, _ = run(trace_of(*operations), chip)
        assert [stalls(machine, layer).get("instruction", 0) for layer in ("a", "b")] == waits
        assert machine.end == 4 * READ + 2 * DRAIN + sum(waits)
    # an issue longer than the operation before it is not hidden in full
    chip = quiet_chip(execution__mode="layer_by_layer", controller__issue_cycles=50)
    machine, _ = run(trace_of(*operations), chip)
    assert machine.end == 2 * 50 + 2 * READ + DRAIN
    assert stalls(machine, "b") == {"instruction": 50 - 2 * READ - DRAIN}


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


def test_packed_layers_take_turns_on_their_tile():
    chip = quiet_chip(placement__pack=True)
    machine, jobs = run(trace_of(read("a", 5), read("b", 5)), chip)
    assert machine.placement.tiles == 1
    spans = sorted((begin, end) for *_, begin, end in jobs.seen)
    assert all(end <= begin for (_, end), (begin, _) in zip(spans, spans[1:]))
    assert machine.end == 10 * READ + DRAIN


def test_training_waits_for_errors_and_a_batch_for_its_images():
    forward = read("a", 4)
    backward = Operation("a.backward", "a", "backward", "read_transposed", 4, after=("a.forward",))
    update = Operation(
        "a.update", "a", "update", "pulse_update", 4, after=("a.backward", "a.forward")
    )
    optimiser = Operation("a.optimiser", "a", "update", "digital", 1, vector_work={"add": 10})
    trace = trace_of(
        forward,
        backward,
        update,
        batch_operations=(optimiser,),
        phase="training",
        scheme="rpu",
        batch=3,
    )
    machine, jobs = run(trace, quiet_chip(vector_unit__lanes=1), images=6)
    at = {(name, image): (start, end) for _, name, _, image, start, end in machine.spans}
    first_job = {}
    for name, image, _, begin, _ in jobs.seen:
        first_job.setdefault((name, image), begin)
    for image in range(6):
        assert first_job["a.backward", image] >= at["a.forward", image][1]
        assert first_job["a.update", image] >= at["a.backward", image][1]
    assert at["a.optimiser", 2][0] == max(at["a.update", image][1] for image in range(3))
    assert first_job["a.forward", 3] == at["a.optimiser", 2][1]
