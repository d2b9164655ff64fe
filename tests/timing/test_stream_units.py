"""Units of an update rule off the tiles: their counts follow the block, the activity and the clock,
and their cycles take time.
"""

import dataclasses
import json

import pytest

import archsim
from archsim.chip.plan.memory_map import MemoryMap
from archsim.chip.plan.operation_plan import plan
from archsim.run.recorded_trace import load_trace
from archsim.schemes import load_scheme
from archsim.trace import build_trace, save_trace
from hwlib import InputError, price
from tests.near import near
from workloads import load_network


def stream_operation(**settings):
    trace = build_trace(
        load_network("digits_cnn"), load_scheme("cbram_sc", settings), "training", 2
    )
    return trace, next(
        op for op in trace.image_operations if op.kind == "stream" and op.layer == "fc"
    )


def test_places_bits_and_cycles_of_a_block():
    # 145 inputs x 10 errors on a block of 64 x 4: 3 x 3 places of 16 cycles
    trace, operation = stream_operation(stream_source="lfsr", inputs_parallel=64, errors_parallel=4)
    assert operation.unit_work["stream_converter.bit"] == {"step": 16 * (145 * 3 + 10 * 3)}
    assert operation.unit_work["number_generator.number"] == {"step": 2 * 16 * 9}
    assert operation.unit_work["stream_multiplier.bit"] == {"step": 16 * 1450}
    chip = archsim.load_architecture("rpu_512")
    planned = plan(operation, None, chip, MemoryMap.of(trace, chip))
    assert planned.down["bitstream"] == 9 * 16
    half = dataclasses.replace(
        operation, activity=dataclasses.replace(operation.activity, coincidences=0.1)
    )
    assert plan(half, None, chip, MemoryMap.of(trace, chip)).once[
        "stream_counter", "count"
    ] == near(145.0)


def test_device_pulses_take_their_nanoseconds_at_any_clock():
    trace, operation = stream_operation(pulse_ns=100.0, sense_ns=5.0)
    for clock in (50.0, 400.0):
        chip = archsim.load_architecture("rpu_512", {"clock_mhz": clock})
        cycles = plan(operation, None, chip, MemoryMap.of(trace, chip)).down["bitstream"]
        assert cycles == pytest.approx(3 * 16 * (1 + 205.0 * clock * 1e-3), abs=1)


def test_longer_streams_take_longer_and_cost_more():
    runs = [
        archsim.simulate(
            "digits_cnn",
            "rpu_512",
            scheme=load_scheme("cbram_sc", {"length": length}),
            phase="training",
            batch=2,
        )
        for length in (8, 64)
    ]
    assert runs[1].cycles > 2 * runs[0].cycles
    assert (
        runs[1].by_component["stream_source"]["energy_j"]
        > 6 * runs[0].by_component["stream_source"]["energy_j"]
    )
    generator = next(row for row in runs[0].resources if row["name"] == "bitstream_generator")
    assert generator["busy_cycles"] > 0


def test_a_device_switches_dearer_than_it_is_pulsed_and_longer_pulses_cost_more():
    short, long = (price("cbram_generator", {"pulse_ns": pulse}).energy for pulse in (10.0, 1000.0))
    assert long["switch"].value > 10 * short["switch"].value
    shortest = price("cbram_generator", {"pulse_ns": 2.5}).energy["switch"]
    assert shortest.low < 0.17e-12 < shortest.high


@pytest.mark.parametrize(
    ("work", "words"),
    [
        ({"counter": {"step": 1}}, "role.action"),
        ({"a.b": {"sleep": 1}}, "field of the activity"),
        ({"a.b": {"step": -1}}, "not a number in range"),
    ],
)
def test_broken_unit_work_in_a_trace_file_is_named(work, words, tmp_path):
    trace, _ = stream_operation()
    document = json.loads(save_trace(trace, tmp_path / "good.json").read_text())
    index = next(
        index for index, item in enumerate(document["image_operations"]) if item["kind"] == "stream"
    )
    document["image_operations"][index]["unit_work"] = work
    (tmp_path / "bad.json").write_text(json.dumps(document))
    with pytest.raises(InputError) as error:
        load_trace(tmp_path / "bad.json")
    assert (
        words in error.value.message
        and f"image_operations[{index}].unit_work" in error.value.message
    )


def test_two_parts_of_an_error_take_a_second_cycle_converters_and_gates_but_no_second_generator():
    chip = archsim.load_architecture("rpu_512")
    network = load_network("digits_cnn")
    images = {}
    for parts in ("separate", "difference"):
        scheme = load_scheme("dsc", {"error_parts": parts})
        images[parts] = (
            scheme.parts(chip),
            {op.name: op for op in build_trace(network, scheme, "training").image_operations},
        )
    two, twice = images["separate"]
    one, once = images["difference"]
    counts = {role: (two[role]["count"], one[role]["count"]) for role in one}
    assert counts == {
        "stream_multiplier": (4096, 2048),
        "stream_counter": (2048, 2048),
        "number_generator": (2, 2),
        "stream_converter": (128, 96),
    }
    assert sorted(set(twice) - set(once)) == ["conv1.backward_second", "fc.backward_second"]
    assert twice["fc.backward_second"].after == ("fc.backward",) and twice[
        "conv1.backward"
    ].after == ("fc.backward_second",)
    # 145 inputs in three groups and 10 errors; products of the fc layer and its number generators
    work = twice["fc.update"].unit_work
    plain = once["fc.update"].unit_work
    assert work["stream_converter.bit"]["step"] - plain["stream_converter.bit"]["step"] == 10 * 3
    assert (
        work["stream_multiplier.bit"]["step"]
        == 2 * plain["stream_multiplier.bit"]["step"]
        == 2 * 1450
    )
    assert work["number_generator.number"] == plain["number_generator.number"]
    # one part is the difference of softmax and target; two parts are these themselves
    assert (
        once["fc.backward"].vector_work["add"] == 10
        and "add" not in twice["fc.backward"].vector_work
    )
