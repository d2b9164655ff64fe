"""Is a point of a sweep, which takes short cuts, the chip and the numbers of a run?"""

import pytest

import archsim
from archsim.chip import load_architecture
from archsim.exploration.space.design import chip_of
from archsim.exploration.work.metrics import PRICED, TIMED, read_metric
from archsim.exploration.work.timing import time_point

WORDS = {
    "network": "mlp",
    "architecture": "cim40",
    "scheme": None,
    "phase": "inference",
    "batch": 1,
    "images": 2,
    "device": None,
}
SETTINGS = [
    {},
    {"clock_mhz": 125.0, "node_nm": 28.0},
    {"tile.rows": 64, "read.adc_bits": 6},
    {"components.adc.count": 2.0, "vector_unit.lanes": 4},
    # sections that the file leaves out
    {"placement.copies.fc1": 2, "execution.mode": "pipelined"},
    {"physics.read_voltage_v": 0.25},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_a_chip_of_which_only_a_part_is_checked_anew_is_the_whole_chip(settings):
    quick = chip_of("cim40", settings)
    whole = load_architecture("cim40", settings)
    assert quick == whole
    # what nobody set stays unset: a file that is written from it says no more
    assert quick.model_dump(exclude_unset=True) == whole.model_dump(exclude_unset=True)
    assert quick.origin == "cim40"


@pytest.mark.parametrize("settings", SETTINGS[1:4], ids=str)
def test_a_timed_point_has_the_numbers_of_a_run(settings):
    run = archsim.simulate("mlp", load_architecture("cim40", settings), images=2).document
    metrics = (*PRICED, *TIMED, "operations", "latency_s", "by_component.adc.energy_j")
    numbers, kept = time_point(WORDS | settings, metrics)
    assert numbers == [read_metric(run, name) for name in metrics]
    assert kept["run"]["cycles"] == run["cycles"]
    reads = [row["count"] for row in run["ledger"] if row["component"] == "array"]
    assert [count for part, _, count in kept["run"]["ledger"] if part == "array"] == [sum(reads)]


def test_numbers_that_only_the_document_has_come_from_it():
    metrics = ("by_component.adc.busy_fraction", "by_phase.forward.cycles", "stalls.input")
    numbers, _ = time_point(WORDS, metrics)
    run = archsim.simulate("mlp", "cim40", images=2).document
    assert numbers == [read_metric(run, name) for name in metrics]
    assert None not in numbers
