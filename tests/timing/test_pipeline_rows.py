"""Does a consumer start in the very cycle in which the rows that it waits for are finished?"""

import random

from small_chips import DRAIN, READ, quiet_chip, read, run, trace_of

from archsim.trace import RowWindow
from tests.members import every


def stalls(machine, layer):
    return machine.lanes[layer].stalls


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


@every("seed", range(12))
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
    expected = []
    free = 0
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
