"""More of a resource never makes a run slower by more than one job, and more wires never quicker:
random chips, one setting at a time.
"""

import pytest

from archsim.studies.random_chips import draw, one_job, run
from workloads import load_network

# From less to more; a chip with more of it has the same work and the same memory traffic.
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


def climb(seed, number, name):
    """(cycles, those of its updates, longest job, setting) of every rung."""
    chip = draw(seed, number)
    changed = {"execution.mode": "pipelined" if number % 2 else "layer_by_layer"}
    field = name
    if name == "copies":
        field = f"placement.copies.{load_network(chip.network).array_layers[0].name}"
    steps = []
    for value in LADDERS[name]:
        machine = run(chip, {**changed, field: value})
        # In a training every copy is programmed as well, which is more work, and a row ends with
        # the slowest of more devices.
        updates = machine.phase_cycles.cycles.get("update", 0) if name == "copies" else 0
        steps.append((machine.end, updates, one_job(machine), value))
    return steps


def steps_down(seed, number, name):
    """The rungs on which more was slower by more than a job or by 3 %, each with its cause's
    setting.
    """
    steps, slower = climb(seed, number, name), []
    for (quick, less, job, before), (slow, more, other, after) in zip(steps, steps[1:]):
        programming = max(0, more - less)
        longer, job = slow - quick - programming, max(job, other)
        told = (
            f"{name} {before} -> {after}: {slow} cycles, {quick} before, a job takes {job}\n  "
            f"{draw(seed, number)}"
        )
        if longer > 0 and (longer > job or longer > 0.03 * quick):
            slower.append(told)
        elif slow > quick + job:
            print(f"since every copy is programmed, for {programming} cycles more: {told}")
    return slower


@pytest.mark.parametrize("name", LADDERS)
@pytest.mark.parametrize("number", [1, 9, 12, 17])
def test_more_is_never_slower(name, number):
    assert steps_down(3, number, name) == []


@pytest.mark.study
@pytest.mark.parametrize("name", LADDERS)
def test_more_is_never_slower_on_many_chips(name):
    assert [step for number in range(200) for step in steps_down(5, number, name)] == []


@pytest.mark.parametrize("number", range(6))
def test_more_wires_delay_and_never_quicken(number):
    # one wire cycle more or less: nothing but the way of the last results, whatever queues there
    # are on it
    chip = draw(7, number)
    few, many = (run(chip, {"interconnect.hop_cycles": cycles}) for cycles in (4, 5))
    assert many.end >= few.end - one_job(few)
