"""Is a steady state that is skipped what would have been simulated, cycle by cycle: where it is known
by hand, on random chips with long operations, and where something keeps it from being steady?
"""

import os
import random
from dataclasses import replace

import pytest
from core_chips import core_chip
from small_chips import DRAIN, READ, read, trace_of

from archsim.chip import load_architecture
from archsim.chip.place import place
from archsim.schemes import load_scheme
from archsim.soc.compiled.cores.loop import run_core_events
from archsim.soc.compiled.cores.machine import CompiledCoreMachine
from archsim.soc.compiled.tables import header_of
from archsim.soc.cores.core_machine import CoreMachine
from archsim.soc.engine import PlacedTrace
from archsim.studies.engines import core_cases, facts_of
from archsim.trace import build_trace
from workloads import load_network

SEED = int(os.environ.get("ARCHSIM_SEED", "1"))
# 32 values of 8 bits: 4 flits and a head, through an input buffer that writes and reads it
VALUES = 32
FIRST = 3 + 5 + 2


def work(trace, chip, images=1):
    return PlacedTrace(trace, chip, place(trace.matrices, chip), images)


def compiled(asked, skips=True):
    machine = CompiledCoreMachine(*asked)
    machine.skips = skips
    return machine


def facts(machine):
    return {
        **facts_of(machine),
        "links": [
            (link.name, link.busy, link.packets, link.flits, link.waited, link.blocked)
            for link in machine.links()
        ],
        "queues": [(server.waited, server.queue_max) for server in machine.all_servers()],
        "tiles": [(lane.free_at, lane.busy, lane.jobs) for lane in machine.lanes.values()],
    }


def skipped(asked, by_simpy=False):
    """Steps that were skipped; what is told is that of a run of every step."""
    skipping = compiled(asked)
    every = CoreMachine(asked) if by_simpy else compiled(asked, skips=False)
    assert facts(skipping) == facts(every)
    return skipping.skipped_steps


def test_a_million_reads_take_a_million_times_a_read():
    # inputs come every 5 cycles and reads take 16: the tile waits for the first alone
    steps = 1_000_000
    machine = compiled(work(trace_of(read("a", steps, input_elements=VALUES)), core_chip()))
    machine.run()
    assert machine.end == FIRST + steps * READ + DRAIN
    assert machine.skipped_steps > 0.999 * steps
    (lane,) = machine.lanes.values()
    assert (lane.busy, lane.jobs) == (steps * READ, steps)
    assert lane.stalls == {"input": FIRST}


def test_a_million_messages_set_the_pace_of_a_slow_network():
    # 34 flits of 8 bits a message, one behind the other; the tile waits for 18 cycles each time
    steps = 1_000_000
    chip = core_chip(network__flit_bits=8, core__port_bits=8)
    trace = trace_of(read("a", steps, input_elements=VALUES))
    machine = compiled(work(trace, chip))
    machine.run()
    assert machine.skipped_steps > 0.999 * steps
    few = compiled(work(trace_of(read("a", 10, input_elements=VALUES)), chip))
    few.run()
    more = steps - 10
    assert machine.end == few.end + 34 * more
    (sent,) = (link for link in machine.network.links if link.name == "buffer>0")
    assert sent.flits == 34 * steps
    waits = [lane.stalls["input"] for m in (few, machine) for lane in m.lanes.values()]
    assert waits[1] - waits[0] == (34 - READ) * more


def test_what_is_shorter_than_a_transient_is_simulated():
    machine = compiled(work(trace_of(read("a", 15, input_elements=VALUES)), core_chip()))
    machine.run()
    assert machine.skipped_steps == 0


@pytest.mark.parametrize("phase", ["inference", "training"])
def test_a_network_is_skipped_as_simpy_runs_it(phase):
    rule = load_scheme("sgd") if phase == "training" else None
    trace = build_trace(load_network("lenet1"), rule, phase, 1)
    assert skipped(work(trace, load_architecture("cores40")), by_simpy=True) > 300


@pytest.mark.parametrize(
    "settings",
    [
        {"off_chip.preload_input": False, "off_chip.refresh_share": 0.046},
        {"execution.mode": "pipelined"},
        {"execution.mode": "pipelined", "controller.in_flight": 1},
        {"placement.copies.conv1": 3},
        {"network.slots": 1, "network.packet_flits": 3, "network.flit_bits": 16},
        {"network.slots": 5, "network.packet_flits": 2, "network.hop_cycles": 9},
        {"buffer.capacity_kib": 0.5, "network.topology": "ring"},
        {"package.chips": 2, "core.tiles": 1},
        {"controller.prefetch": True, "controller.issue_cycles": 64},
    ],
    ids=lambda settings: ", ".join(settings),
)
def test_settings_of_a_chip_change_no_skipped_cycle(settings):
    chip = load_architecture("cores40", settings)
    asked = work(build_trace(load_network("lenet1")), chip, images=2)
    steps = skipped(asked, by_simpy=True)
    assert steps or settings.get("execution.mode") == "pipelined"


@pytest.mark.parametrize(("retries", "steady"), [(0.25, True), (0.3, False)])
def test_reads_that_are_repeated_now_and_then_are_steady_where_their_fraction_comes_back(
    retries, steady
):
    # 0.25: every fourth read is repeated. 0.3, which no sum of binary fractions hits, drifts.
    operation = read("a", 400, input_elements=VALUES)
    activity = replace(operation.activity, retries=retries)
    asked = work(trace_of(replace(operation, activity=activity)), core_chip())
    assert (skipped(asked, by_simpy=True) > 0) == steady


def longer(case, times):
    """The work of a random chip whose operations have so many times their steps."""
    asked = case.work()

    def of(operations):
        return tuple(replace(op, steps=times * op.steps, rows_out=1) for op in operations)

    trace = replace(
        asked.trace,
        image_operations=of(asked.trace.image_operations),
        batch_operations=of(asked.trace.batch_operations),
    )
    return asked._replace(trace=trace)


def test_random_chips_skip_what_would_have_been_simulated():
    works = [longer(case, 12) for case in core_cases(6, SEED)]
    assert sum(map(skipped, works)) > 100


def test_a_random_chip_skips_what_simpy_simulates():
    works = [longer(case, 6) for case in core_cases(2, SEED)]
    assert sum(skipped(asked, by_simpy=True) for asked in works)


@pytest.mark.study
def test_five_hundred_random_chips_skip_what_would_have_been_simulated():
    assert sum(skipped(longer(case, 20)) for case in core_cases(500, SEED)) > 10_000


def training_step(**settings):
    trace = build_trace(load_network("mlp_128"), load_scheme("sgd"), "training", 1)
    named = {key.replace("__", "."): value for key, value in settings.items()}
    return work(trace, load_architecture("cores40", named))


def steps_without_writes(asked):
    operations = asked.trace.image_operations + asked.trace.batch_operations
    return sum(op.steps for op in operations if op.kind != "write")


def test_writes_are_skipped_though_some_take_a_cycle_more():
    # a row of w1 crosses a narrow link in 136 cycles, and its write takes 44.86: no period holds all
    # writes, and none is waited for
    asked = training_step(network__flit_bits=8, core__port_bits=8)
    (first,) = (op for op in asked.trace.batch_operations if op.name == "w1.write")
    assert 44 < compiled(asked).plan_of(first).write_cycles < 45
    assert skipped(asked, by_simpy=True) > steps_without_writes(asked)


def steps_with_write(asked, *names):
    """Steps of all that is no write, and of these writes."""
    operations = asked.trace.image_operations + asked.trace.batch_operations
    return sum(op.steps for op in operations if op.kind != "write" or op.name in names)


@pytest.mark.parametrize("bits", [24, 25])
def test_writes_that_rows_wait_for_now_and_then_are_simulated(bits):
    # over 24 bits a row comes every 46 cycles, and a write of 45 with what is behind it takes as long
    asked = training_step(network__flit_bits=bits, core__port_bits=bits)
    assert skipped(asked) < steps_with_write(asked, "w2.write", "w3.write")


@pytest.mark.parametrize("bits", [23, 256])
def test_writes_that_all_rows_wait_for_are_skipped(bits):
    # over 256 bits the next row is there long before a write of 44.86 cycles is over; over 23 it is
    # not, but comes as many cycles after each
    asked = training_step(network__flit_bits=bits, core__port_bits=bits)
    assert skipped(asked, by_simpy=True) > steps_with_write(asked, "w2.write", "w3.write")


def test_a_thousand_writes_that_rows_wait_for_take_as_long_as_their_writes():
    # all rows but the first are there in time: a thousand more end a thousand writes later
    one = written(200, skips=False)
    all_rows = written(1200)
    assert all_rows.skipped_steps > 900
    few = one.lanes["w1"]
    many = all_rows.lanes["w1"]
    cycles = (many.busy - few.busy) // few.tiles
    assert cycles == pytest.approx(1000 * WRITE_CYCLES, abs=1)
    assert all_rows.end - one.end == cycles


WRITE_CYCLES = 44.859


def rows_to_write(rows):
    """The machine for the writes of one layer of a training step, so many rows of it."""
    asked = training_step(network__flit_bits=256, core__port_bits=256)
    (write,) = (op for op in asked.trace.batch_operations if op.name == "w1.write")
    alone = replace(
        asked.trace, image_operations=(), batch_operations=(replace(write, steps=rows, rows_out=1),)
    )
    return compiled(asked._replace(trace=alone))


def written(rows, skips=True):
    """The same, run to its end."""
    machine = rows_to_write(rows)
    machine.skips = skips
    machine.run()
    return machine


def test_rows_between_which_one_did_not_come_to_rest_are_simulated():
    # as if no row but the one at hand had: what passes between two is not known then
    machine = rows_to_write(1200)
    filler = machine._filler()
    tables = filler.tables()
    header = header_of(tables)
    while run_core_events(header, 1):
        tables["STEADY"]["silences"] = 0
    machine.read(filler, tables)
    assert machine.skipped_steps == 0
    assert machine.end == written(1200).end


@pytest.mark.study
def test_rows_of_random_networks_on_chip_are_written_as_if_each_were_simulated():
    draw = random.Random(SEED)
    bits = [8, 16, *range(20, 33), 48, 64, 128, 256]
    for _ in range(100):
        chosen = {
            "network__flit_bits": draw.choice(bits),
            "core__port_bits": draw.choice(bits),
            "network__outstanding": draw.choice([1, 2, 4, 8]),
            "network__hop_cycles": draw.choice([1, 2, 5, 11]),
            "network__topology": draw.choice(["mesh", "ring", "bus", "h_tree"]),
            "core__tiles": draw.choice([1, 2, 8, 16]),
            "clock_mhz": draw.choice([100, 400, 1000, 3000]),
        }
        skipped(training_step(**chosen))
