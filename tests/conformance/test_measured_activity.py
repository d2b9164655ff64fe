"""What training measured takes the place of what was assumed: operation by operation, into cycles
and counts.
"""

import dataclasses

import pytest

import archsim
from archsim.run.recorded_trace import load_trace
from archsim.trace import Activity, save_trace, with_activity
from hwlib.errors import InputError
from tests.conformance.measured_steps import everywhere, step
from tests.near import near


def run(trace, chip="rpu"):
    return archsim.simulate(trace, chip)


def count(result, component, action, phase):
    return sum(
        row["count"]
        for row in result.ledger
        if (row["component"], row["action"], row["phase"]) == (component, action, phase)
    )


def test_assumed_defaults_as_measured_change_no_number():
    trace = step()
    assumed = run(trace)
    measured = run(with_activity(trace, everywhere(trace)))
    assert (assumed.activity, measured.activity) == ("assumed", "measured")
    assert measured.cycles == assumed.cycles and measured.energy_j == assumed.energy_j
    assert not any("activity is assumed" in note for note in measured.notes)


def test_only_the_named_layer_and_phase_change():
    trace = step()
    changed = with_activity(trace, {("conv1", "forward"): Activity(retries=2.0)})
    different = [
        op.name for op, old in zip(changed.image_operations, trace.image_operations) if op != old
    ]
    assert different == ["conv1.forward"] and changed.activity == "assumed"
    digital = with_activity(trace, {("conv1", "backward"): Activity(retries=2.0)})
    # the error at the first layer's output is digital work, which has no activity
    assert digital == trace
    assert changed.image_operations[0].activity == Activity("measured", retries=2.0)


def test_retries_take_cycles_and_conversions_as_often_as_they_happened():
    trace = step()
    plain = run(trace)
    retried = run(with_activity(trace, {("conv1", "forward"): Activity(retries=1.0)}))
    for component, action in (("adc", "convert"), ("array", "read")):
        one_layer = sum(
            row["count"]
            for row in plain.ledger
            if (row["component"], row["action"], row["layer"], row["phase"])
            == (component, action, "conv1", "forward")
        )
        assert count(retried, component, action, "forward") == near(
            count(plain, component, action, "forward") + one_layer
        )
    assert retried.by_phase["forward"]["cycles"] > plain.by_phase["forward"]["cycles"]


def test_train_lengths_and_pulses_set_the_update():
    trace = step()
    weights = {"conv1": 10 * 16, "fc": 145 * 10}
    values = {
        (layer, "update"): Activity(
            train_length=4.0, row_pulses=0.5, column_pulses=0.125, coincidences=0.25
        )
        for layer in weights
    }
    result = run(with_activity(trace, values))
    chip = archsim.load_architecture("rpu")
    by_hand = 36 * 0.25 * weights["conv1"] + 0.25 * weights["fc"]
    assert count(result, "array", "update", "update") == near(by_hand * chip.weights.replicas)
    assert count(result, "word_line_driver", "drive", "update") == near(4 * 0.5 * (36 * 10 + 145))
    assert count(result, "bit_line_driver", "drive", "update") == near(4 * 0.125 * (36 * 16 + 10))
    longer = run(
        with_activity(
            trace,
            {key: dataclasses.replace(value, train_length=8.0) for key, value in values.items()},
        )
    )
    assert longer.by_phase["update"]["cycles"] > result.by_phase["update"]["cycles"]


def test_devices_written_and_their_pulses_set_the_writes():
    trace = step(scheme="sgd")
    whole = run(with_activity(trace, everywhere(trace, write_pulses=6.0)), "cim40")
    tenth = run(
        with_activity(trace, everywhere(trace, devices_written=0.1, write_pulses=6.0)), "cim40"
    )
    for component, action in (("array", "write"), ("write_driver", "pulse")):
        assert count(tenth, component, action, "update") == near(
            0.1 * count(whole, component, action, "update")
        )
    halved = run(with_activity(trace, everywhere(trace, write_pulses=3.0)), "cim40")
    assert count(halved, "array", "write", "update") == near(
        0.5 * count(whole, "array", "write", "update")
    )
    write = next(
        op
        for op in with_activity(
            trace, {("fc", "update"): Activity(devices_written=0.1)}
        ).batch_operations
        if op.kind == "write" and op.layer == "fc"
    )
    assert write.input_elements == near(0.1 * 10)


def test_a_measured_trace_survives_its_file(tmp_path):
    trace = step()
    measured = with_activity(
        trace, everywhere(trace, input_density=0.3, retries=0.125, train_length=2.5)
    )
    path = save_trace(measured, tmp_path / "measured.json")
    assert load_trace(path) == measured
    assert archsim.simulate(load_trace(path), "rpu").to_dict() == run(measured).to_dict()


@pytest.mark.parametrize(
    "key, values, message",
    [
        (("conv2", "forward"), {}, "did you mean 'conv1'"),
        (("conv1", "forwards"), {}, "did you mean 'forward'"),
        (("conv1", "forward"), {"input_density": 1.5}, "input_density"),
        (("conv1", "forward"), {"retries": -0.5}, "retries"),
        (("conv1", "update"), {"train_length": float("nan")}, "train_length"),
        (("conv1", "update"), {"coincidences": float("inf")}, "coincidences"),
    ],
)
def test_impossible_activity_is_refused(key, values, message):
    with pytest.raises(InputError, match=message):
        with_activity(step(), {key: Activity(**values)})
