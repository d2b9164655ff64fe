"""Operations of update rules with further arrays: single lines, a reference array beside, pulses
without generators, some images only.
"""

from dataclasses import replace

import pytest
from small_chips import READ, quiet_chip, read, run, trace_of

import archsim
from archsim.chip import load_architecture
from archsim.chip.place import place
from archsim.chip.plan.memory_map import MemoryMap
from archsim.chip.plan.operation_plan import plan
from archsim.schemes import load_scheme
from archsim.trace import Activity, LayerMatrix, Operation, Trace, build_trace
from tests.near import near
from workloads import load_network

FULL = Activity(
    input_density=1.0,
    bit_density=1.0,
    magnitude=1.0,
    row_pulses=1.0,
    column_pulses=0.5,
    coincidences=0.25,
    train_length=4.0,
)


def planned(operation, rows=300, columns=40, chip="rpu", **settings):
    """The plan of one operation on a layer of rows x columns; settings as field__path=value."""
    chip = load_architecture(
        chip, {key.replace("__", "."): value for key, value in settings.items()}
    )
    matrices = tuple(
        LayerMatrix(name, rows, columns, bias=True) for name in ("a", "a.fast", "a.reference")
    )
    trace = Trace("test", "rpu", "training", 1, matrices, (operation,))
    return plan(operation, place(matrices, chip), chip, MemoryMap.of(trace, chip))


def test_a_line_is_driven_and_all_columns_are_read():
    whole = planned(read("a", 1, activity=FULL))
    line = planned(read("a", 1, activity=FULL, lines=1))
    assert (
        whole.step["array", "read"] / line.step["array", "read"]
        == 301
        == whole.step["dac", "convert"] / line.step["dac", "convert"]
    )
    assert line.job["adc", "convert"] == whole.job["adc", "convert"] and line.timing == whole.timing


def test_a_line_of_a_split_layer_lies_on_one_tile():
    whole, line = (
        planned(read("a", 1, activity=FULL, lines=n), tile__rows=64, tile__columns=64)
        for n in (0, 1)
    )
    assert (whole.tile_operations, line.tile_operations) == (5, 1)
    assert line.job["adc", "convert"] == near(whole.job["adc", "convert"] / 5)
    assert (
        line.once.get(("vector_unit", "add"), 0) == 0 and whole.once["vector_unit", "add"] == 4 * 40
    )


def test_a_reference_array_is_driven_too_and_subtracted_before_conversion():
    alone, beside = (
        planned(read("a", 1, array="a.fast", against=against, activity=FULL))
        for against in (None, "a.reference")
    )
    for key in (("array", "read"), ("dac", "convert"), ("word_line_driver", "drive")):
        assert beside.step[key] == 2 * alone.step[key]
    tiles = {("tile_control", "cycle"): 2, ("tile_clock", "cycle"): 2}  # both tiles run
    assert (
        beside.job == {key: count * tiles.get(key, 1) for key, count in alone.job.items()}
        and beside.timing == alone.timing
    )


def test_pulses_on_one_line_need_no_generator_where_they_are_not_random():
    pulses = Operation("a.transfer", "a", "update", "pulse_update", 1, lines=1, activity=FULL)
    drawn = planned(pulses)
    set_ = planned(replace(pulses, random=False))
    assert (
        drawn.step["bitstream_generator", "bit"] == 4 * (1 + 40)
        and ("bitstream_generator", "bit") not in set_.step
    )
    assert set_.step["array", "update"] == 0.25 * 40 and set_.step["word_line_driver", "drive"] == 4


def test_a_bias_row_is_programmed_with_the_others():
    write = Operation(
        "a.write",
        "a",
        "update",
        "write",
        300,
        activity=Activity(devices_written=1.0, write_pulses=1.0),
    )
    with_row = planned(write)
    without = planned(write, weights__bias="digital")
    assert (
        300 * with_row.step["array", "write"] == near(301 * 40)
        and 300 * without.step["array", "write"] == 300 * 40
    )


@pytest.mark.parametrize("images, done", [(1, 1), (3, 1), (4, 2), (6, 2), (7, 3)])
def test_every_third_image(images, done):
    trace = trace_of(read("a", 4), read("b", 1, every=3))
    machine, jobs = run(trace, quiet_chip(), images)
    assert len(jobs.begins("a")) == 4 * images and len(jobs.begins("b")) == done
    assert READ * 4 * images <= machine.end
    counts = [
        archsim.simulate(
            replace(trace, input_elements=1), quiet_chip(), images=images, timing=timing
        ).ledger
        for timing in (True, False)
    ]
    reads = [
        sum(row["count"] for row in ledger if row["layer"] == "b" and row["component"] == "adc")
        for ledger in counts
    ]
    assert reads[0] == near(reads[1]) and reads[0] > 0


@pytest.mark.parametrize("version, kinds", [("chopped", {"fast", "reference"}), ("agad", {"fast"})])
def test_tiki_taka_places_its_arrays_and_updates_in_order(version, kinds):
    trace = build_trace(
        load_network("digits_cnn"), load_scheme("tiki_taka", {"version": version}), "training"
    )
    assert {m.layer.split(".")[1] for m in trace.matrices if "." in m.layer} == kinds
    update = [op for op in trace.image_operations if op.layer == "conv1" and op.phase == "update"]
    assert [(op.kind, op.matrix_name, op.steps) for op in update] == [
        ("pulse_update", "conv1.fast", 36),
        ("read", "conv1.fast", 18),
        ("pulse_update", "conv1", 18),
    ]
    assert [
        op.every for op in trace.image_operations if op.layer == "fc" and op.phase == "update"
    ] == [1, 2, 2]
    assert all(before.name in op.after for before, op in zip(update, update[1:])), (
        "a line is pulsed, then read, then transferred"
    )


def test_zero_shift_reads_every_layer_against_its_reference():
    trace = build_trace(load_network("digits_cnn"), load_scheme("zero_shift"), "training")
    against = {op.name: op.against for op in trace.image_operations if op.kind.startswith("read")}
    assert against == {
        "conv1.forward": "conv1.reference",
        "fc.forward": "fc.reference",
        "fc.backward": "fc.reference",
    }
    steps = [(op.name, op.steps) for op in trace.setup_operations if op.kind == "pulse_update"]
    assert steps == [("conv1.symmetry", 4000), ("fc.symmetry", 4000)]
