"""What is done side by side ends with the slowest: expected largest counts against exact sums, and
the row that they make longer.
"""

import math
from itertools import product

import numpy as np
import pytest
from small_chips import quiet_chip, run

from archsim.chip.place import place
from archsim.chip.plan.memory_map import MemoryMap
from archsim.chip.plan.operation_plan import plan
from archsim.chip.plan.slowest import slowest_pulses, slowest_repeats, slowest_row
from archsim.trace import Activity, LayerMatrix, Operation, Trace
from tests.near import near


def test_a_row_of_128_devices_of_four_pulses_takes_nineteen():
    assert slowest_pulses(128, 1.0, 4.0) == pytest.approx(19.39, abs=0.01)


@pytest.mark.parametrize(("devices", "mean"), [(1, 4.0), (2, 1.5), (5, 8.0), (9, 30.0)])
def test_the_series_is_the_closed_form(devices, mean):
    # the largest of n geometric counts by inclusion and exclusion (Eisenberg 2008, equation 1)
    q = 1 - 1 / mean
    exact = sum((-1) ** (j + 1) * math.comb(devices, j) / (1 - q**j) for j in range(1, devices + 1))
    assert slowest_pulses(devices, 1.0, mean) == near(exact, rel=1e-9)


def test_devices_that_are_not_written_count_no_pulse():
    # three devices, each written with probability 0.3: the mean over which of them are
    share = 0.3
    mean = 5.0
    exact = sum(
        math.prod(share if on else 1 - share for on in chosen)
        * (slowest_pulses(sum(chosen), 1.0, mean) if any(chosen) else 0)
        for chosen in product((0, 1), repeat=3)
    )
    assert slowest_pulses(3, share, mean) == near(exact, rel=1e-9)
    # blind: a known number, if any
    assert slowest_pulses(3, share, 5.0, verified=False) == near(5 * (1 - 0.7**3))
    assert slowest_pulses(16, 1.0, 1.0) == 1.0 and slowest_pulses(10**6, 1e-9, 4.0) == near(
        4e-3, rel=0.01
    )


def test_more_devices_never_end_sooner_and_one_takes_the_mean():
    for share, mean in ((1.0, 4.0), (0.05, 2.0), (0.5, 1.0), (1.0, 1.01), (1.0, 3000.0)):
        counts = [slowest_pulses(n, share, mean) for n in (1, 2, 10, 1000, 10**6)]
        assert counts == sorted(counts)
        assert counts[0] == near(share * mean, rel=1e-6)


@pytest.mark.parametrize(
    ("rows", "devices", "share", "mean"),
    [(1, 64, 1.0, 8.0), (4, 64, 1.0, 8.0), (16, 64, 0.3, 8.0), (6, 16, 1.0, 4.0)],
)
def test_the_slowest_of_rows_one_device_at_a_time(rows, devices, share, mean):
    draws = np.random.default_rng(5)
    counts = draws.geometric(1 / mean, (4000, rows, devices)) * (
        draws.random((4000, rows, devices)) < share
    )
    assert slowest_row(rows, devices, share, mean) == near(counts.sum(2).max(1).mean(), rel=0.04)
    # a known number of each
    assert slowest_row(rows, devices, 1.0, mean, verified=False) == devices * mean


def test_vectors_that_are_read_at_once_are_repeated_as_often_as_the_worst():
    # repeats of 0.5 on the mean: each further one has the chance 1/3
    exact = sum(1 - (1 - 3.0**-k) ** 4 for k in range(1, 60))
    assert slowest_repeats(4, 0.5) == near(exact, rel=1e-9)
    assert slowest_repeats(1, 0.5) == 0.5 and slowest_repeats(4, 0.0) == 0.0


def planned(matrix, operation, **settings):
    chip = quiet_chip(write__pulse_cycles=10, write__verify_cycles=2, **settings)
    trace = Trace("test", "sgd", "training", 1, (matrix,), (operation,))
    return trace, chip, plan(operation, place((matrix,), chip), chip, MemoryMap.of(trace, chip))


def write(steps, **activity):
    return Operation("write", "a", "update", "write", steps, activity=Activity(**activity))


def test_a_programmed_row_ends_with_its_slowest_device_and_pays_for_the_mean():
    # 64 weights are 128 devices of a row (differential); 32 rows, each 19.4 pulses of 12 cycles
    matrix = LayerMatrix("a", 32, 64)
    trace, chip, programming = planned(
        matrix, write(32, write_pulses=4.0), tile__rows=64, tile__columns=128
    )
    assert (
        programming.write_cycles == near(12 * slowest_pulses(128, 1.0, 4.0))
        and 232 < programming.write_cycles < 234
    )
    assert (
        programming.step["array", "write"] == 4 * 128
        and programming.step["adc", "convert"] == 4 * 128
    )
    machine, _ = run(trace, chip)
    assert machine.end == pytest.approx(32 * programming.write_cycles, abs=2)


def test_all_tiles_that_program_a_row_at_once_wait_for_the_slowest():
    # two tiles side by side hold a row, and two more another one at the same time: a row of the
    # matrix takes half of their time
    matrix = LayerMatrix("a", 128, 64)
    _, _, programming = planned(
        matrix, write(128, write_pulses=4.0), tile__rows=64, tile__columns=64
    )
    assert programming.write_cycles == near(12 * slowest_pulses(2 * 128, 1.0, 4.0) / 2)
    _, _, one_by_one = planned(
        matrix,
        write(128, write_pulses=4.0),
        tile__rows=64,
        tile__columns=64,
        write__parallel="device",
    )
    assert one_by_one.write_cycles == near(12 * slowest_row(4, 64, 1.0, 4.0) / 2)
    assert 64 * 4 * 12 / 2 < one_by_one.write_cycles < 1.2 * 64 * 4 * 12 / 2
