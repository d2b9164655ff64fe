"""Gates of the pipeline, each tight: an operation starts in the very cycle in which what it waits
for is there.
"""

import pytest
from small_chips import DRAIN, READ, quiet_chip, read, run, trace_of

from archsim.trace import Activity, Operation


def stalls(machine, layer):
    return machine.lanes[layer].stalls


def test_reads_follow_each_other_without_a_gap():
    machine, jobs = run(trace_of(read("a", 5)), quiet_chip())
    assert jobs.begins("a") == [READ * i for i in range(5)]
    assert machine.end == 5 * READ + DRAIN
    assert stalls(machine, "a") == {}


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
