"""More of a resource never makes a run slower by more than one job, and more wires never quicker:
random chips, one setting at a time.
"""

from typing import NamedTuple

import pytest

from archsim.studies.random_chips import draw, one_job, run
from workloads import load_network

# From less to more; a chip with more of it has the same work, but for what `Rung.extra` holds.
LADDERS = {
    "interconnect.hop_cycles": [40, 7, 3, 2, 1, 0],
    "buffer.ports": [1, 2, 3, 8],
    "buffer.width_bits": [8, 16, 64, 256],
    "buffer.tile_queue": [1, 2, 4, 16],
    "interconnect.width_bits": [8, 16, 64, 256],
    "vector_unit.lanes": [1, 4, 16, 64],
    "off_chip.bits_per_cycle": [2, 8, 32, 128],
    "controller.in_flight": [1, 2, 4, 64],
    "copies": [1, 2, 3, 4],
    # what does not fit passes the channel as well as the ports
    "buffer.capacity_kib": [1.0, 4.0, 16.0, 64.0],
}


class Rung(NamedTuple):
    """A run with one value of the setting, in cycles."""

    value: object
    cycles: int
    job: int  # the longest one
    extra: int  # of work that more of the setting may bring


def extra_work(name, machine):
    """Cycles of what more of a setting brings more of."""
    if name == "copies":
        # In a training every copy is programmed as well, and a row ends with the slowest of more
        # devices.
        return machine.phase_cycles.cycles.get("update", 0)
    if name == "controller.in_flight":
        # More images are alive at a time, and what the buffer does not hold goes off chip.
        return sum(channel.busy for channel in machine.wiring.servers["off_chip"])
    return 0


def climb(seed, number, name):
    """The run of every rung."""
    chip = draw(seed, number)
    changed = {"execution.mode": "pipelined" if number % 2 else "layer_by_layer"}
    field = name
    if name == "copies":
        field = f"placement.copies.{load_network(chip.network).array_layers[0].name}"
    for value in LADDERS[name]:
        machine = run(chip, {**changed, field: value})
        yield Rung(value, machine.end, one_job(machine), extra_work(name, machine))


def steps_down(seed, number, name):
    """The rungs on which more was slower by more than a job or by 3 %, as (share of the run that
    it was slower by, words). A run of less than ten jobs is all beginning and end: there a job is
    the bound.
    """
    rungs = list(climb(seed, number, name))
    slower = []
    for before, after in zip(rungs, rungs[1:]):
        job = max(before.job, after.job)
        work = max(0, after.extra - before.extra)
        longer = after.cycles - before.cycles
        bound = job if before.cycles < 10 * job else min(job, 0.03 * before.cycles)
        told = (
            f"{name} {before.value} -> {after.value}: {after.cycles} cycles, {before.cycles} "
            f"before, a job takes {job}, more work {work}\n  {draw(seed, number)}"
        )
        if longer > work + bound:
            slower.append(((longer - work) / before.cycles, told))
        elif longer > bound:
            print(f"for its work: {told}")
    return slower


@pytest.mark.parametrize("name", LADDERS)
@pytest.mark.parametrize("number", [1, 9, 12, 17])
def test_more_is_never_slower(name, number):
    assert steps_down(3, number, name) == []


@pytest.mark.study
@pytest.mark.parametrize("name", LADDERS)
def test_more_is_never_slower_on_many_chips(name):
    # Servers take what comes first: more operations in flight may come in an order that leaves the
    # busiest one idle for a moment. On one chip in a hundred, and not for long.
    slower = [step for number in range(200) for step in steps_down(5, number, name)]
    for share, told in slower:
        print(f"{share:.2%}: {told}")
    assert len(slower) <= 2 and all(share <= 0.03 for share, _ in slower)


@pytest.mark.parametrize("number", range(6))
def test_more_wires_delay_and_never_quicken(number):
    # one wire cycle more or less: nothing but the way of the last results, whatever queues there
    # are on it
    chip = draw(7, number)
    few, many = (run(chip, {"interconnect.hop_cycles": cycles}) for cycles in (4, 5))
    assert many.end >= few.end - one_job(few)
