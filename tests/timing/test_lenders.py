"""Arrays without periphery of their own: what is on the chip, what is counted, and who waits for
whom.
"""

import math
from dataclasses import replace

import pytest
from small_chips import DRAIN, READ, Jobs, quiet_chip

from archsim.chip.place import place
from archsim.chip.plan.memory_map import MemoryMap
from archsim.chip.plan.operation_plan import plan
from archsim.soc.machine import EventMachine
from archsim.trace import Activity, LayerMatrix, Operation, Trace
from archsim.trace.operation import PERIPHERY, READ_CHAIN
from tests.near import near
from tests.timing.lent_arrays import FAST, OWN

FULL = Activity(input_density=1.0, bit_density=1.0, magnitude=1.0)
WEIGHTS = LayerMatrix("a", 8, 8)
REFERENCE = LayerMatrix(
    "a.reference",
    8,
    8,
    lender="a.fast",
    borrowed=tuple(
        r for r in PERIPHERY if r not in ("word_line_driver", "bit_line_driver", "level_shifter")
    ),
)


def operation(name, array=None, steps=1, **fields):
    return Operation(name, "a", "forward", "read", steps, array=array, activity=FULL, **fields)


def planned(op, *matrices, **settings):
    chip = quiet_chip(**settings)
    return plan(
        op,
        place(matrices, chip),
        chip,
        MemoryMap.of(Trace("test", None, "inference", 1, matrices, (op,)), chip),
    )


def jobs(matrices, *operations, **settings):
    """The finished machine, and (begin, end) of the tile jobs by operation."""
    chip = quiet_chip(**settings)
    seen = Jobs()
    machine = EventMachine(
        Trace("test", None, "inference", 1, matrices, operations),
        chip,
        place(matrices, chip),
        1,
        observers=(seen,),
    )
    machine.run()
    spans = {}
    for name, _, _, begin, end in seen.seen:
        spans.setdefault(name, []).append((begin, end))
    return machine, spans


@pytest.mark.parametrize("first, second", [(None, "a.fast"), ("a.fast", None)])
def test_a_read_waits_for_converters_that_another_array_uses(first, second):
    steps = operation("first", first, 3), operation("second", second)
    _, own = jobs((WEIGHTS, OWN), *steps)
    _, shared = jobs((WEIGHTS, FAST), *steps)
    start = own["first"][0][0]
    assert own["second"] == [(start, start + READ)]  # at once
    assert shared["first"][0] == (start, start + READ) and shared["second"][0][0] in (
        start + READ,
        start + 2 * READ,
        start + 3 * READ,
    )
    spans = sorted(shared["first"] + shared["second"])
    assert all(later[0] == earlier[1] for earlier, later in zip(spans, spans[1:])), (
        "never two at a time, never an idle cycle between"
    )


def test_a_pulsed_update_of_the_fast_array_does_not_wait_for_the_weights():
    update = Operation(
        "pulses", "a", "update", "pulse_update", 1, array="a.fast", random=False, activity=FULL
    )
    machine, spans = jobs((WEIGHTS, FAST), operation("reads", steps=3), update)
    assert spans["pulses"][0][0] == spans["reads"][0][0] and machine.plans["pulses", 1.0].held == {}


def test_a_reference_takes_its_partners_converters_which_are_the_weights():
    one = planned(operation("alone", "a.fast"), WEIGHTS, FAST, REFERENCE)
    two = planned(operation("beside", "a.fast", against="a.reference"), WEIGHTS, FAST, REFERENCE)
    assert one.held == {"a": 1} and two.held == {"a": 1, "a.reference": 1}
    for role, action, times in (
        ("word_line_driver", "drive", 2),
        ("array", "read", 2),
        ("dac", "convert", 1),
    ):
        assert two.step[role, action] == times * one.step[role, action]
    assert two.job == one.job and two.timing == one.timing
    # sequencers and clocks of the fast array and of the weights, none of the reference
    assert two.job["tile_control", "cycle"] == 2 * READ == two.job["tile_clock", "cycle"]


def test_more_tiles_than_their_lender_has_take_turns():
    wide = LayerMatrix("a.fast", 8, 64 * 4, lender="a", borrowed=READ_CHAIN)
    alone = planned(operation("read", "a.fast"), WEIGHTS, replace(wide, lender=None, borrowed=()))
    turns = planned(operation("read", "a.fast"), WEIGHTS, wide)
    assert (alone.timing.interval, turns.timing.interval) == (
        READ,
        4 * READ,
    ) and turns.timing.latency == 4 * READ
    machine, spans = jobs((WEIGHTS, wide), operation("read", "a.fast", 2))
    assert [end - begin for begin, end in spans["read"]] == [4 * READ] * 2
    assert machine.end == spans["read"][-1][1] + DRAIN
    overlapped = planned(operation("read", "a.fast"), WEIGHTS, wide, read__overlap=True)
    assert (overlapped.timing.interval, overlapped.timing.latency) == (4 * 8, 4 * 8 + 8)


def test_blind_writes_read_nothing_and_take_the_pulses_alone():
    def write(verify):
        return Operation(
            "write",
            "a",
            "update",
            "write",
            4,
            activity=Activity(write_pulses=3.0, verify_reads=verify),
        )

    matrices = (WEIGHTS,)
    settings = {"write__pulse_cycles": 10, "write__verify_cycles": 2}
    blind, once, twice = (
        planned(write(verify), *matrices, **settings) for verify in (0.0, 1.0, 2.0)
    )
    # blind pulses are three for each device; with verify the last of 16 devices needs 8.7 where the
    # mean is 3
    slowest = sum((-1) ** (j + 1) * math.comb(16, j) / (1 - (2 / 3) ** j) for j in range(1, 17))
    assert blind.write_cycles == 30
    assert (once.write_cycles, twice.write_cycles) == near((12 * slowest, 14 * slowest))
    for role, action in (
        ("adc", "convert"),
        ("array", "read"),
        ("front_end", "sample"),
        ("column_mux", "select"),
    ):
        assert (role, action) not in blind.step and twice.step[role, action] == 2 * once.step[
            role, action
        ] == 2 * 3 * 16
    assert blind.step["array", "write"] == once.step["array", "write"] == 3 * 16
    ends = {verify: jobs(matrices, write(verify), **settings)[1]["write"] for verify in (0.0, 1.0)}
    assert [end - begin for begin, end in ends[0.0]] == [30] * 4
    # a fraction of a cycle is carried over to the next row
    rows = [
        math.floor(12 * slowest * (row + 1)) - math.floor(12 * slowest * row) for row in range(4)
    ]
    assert [end - begin for begin, end in ends[1.0]] == rows


def test_a_fraction_of_a_cycle_is_carried_from_image_to_image():
    write = Operation(
        "write",
        "a",
        "update",
        "write",
        1,
        activity=Activity(devices_written=0.005, write_pulses=1.0),
    )
    chip = quiet_chip(write__pulse_cycles=2, write__verify_cycles=0)
    seen = Jobs()
    machine = EventMachine(
        Trace("test", None, "inference", 1, (WEIGHTS,), (write,)),
        chip,
        place((WEIGHTS,), chip),
        13,
        observers=(seen,),
    )
    machine.run()
    # two cycles if any of the 16 devices of the row is written
    assert (
        machine.plans["write", 1.0].write_cycles
        == near(2 * (1 - 0.995**16))
        == pytest.approx(0.154, abs=0.001)
    )
    assert [run for _, run, _, _, _ in seen.seen] == [6, 12]  # 7 x 0.154 > 1, 13 x 0.154 > 2
