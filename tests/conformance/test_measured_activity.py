"""What training measured takes the place of what was assumed: operation by operation, into cycles
and counts.
"""

import csv
import dataclasses
import json
import math

import pytest

import archsim
from archsim.report.drawing.drawing import Circle
from archsim.report.plots.errors import draw_errors
from archsim.run.activity_effects import compare_activity, write_comparison
from archsim.run.recorded_trace import load_trace
from archsim.schemes import load_scheme
from archsim.studies import activity as activity_study
from archsim.trace import Activity, build_trace, save_trace, with_activity
from archsim.training.totals import mean_activities
from hwlib.errors import InputError
from workloads import load_network


def step(name="digits_cnn", scheme="rpu", batch=1):
    return build_trace(load_network(name), load_scheme(scheme), "training", batch)


def everywhere(trace, **values):
    """The assumed activity of every operation on the arrays with some values in place of the
    assumed ones.
    """
    operations = trace.image_operations + trace.batch_operations
    return {
        (op.layer, op.phase): dataclasses.replace(op.activity, **values)
        for op in operations
        if op.kind != "digital"
    }


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
    assert (
        digital == trace
    )  # the error at the first layer's output is digital work, which has no activity
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
        assert count(retried, component, action, "forward") == pytest.approx(
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
    assert count(result, "array", "update", "update") == pytest.approx(
        by_hand * chip.weights.replicas
    )
    assert count(result, "word_line_driver", "drive", "update") == pytest.approx(
        4 * 0.5 * (36 * 10 + 145)
    )
    assert count(result, "bit_line_driver", "drive", "update") == pytest.approx(
        4 * 0.125 * (36 * 16 + 10)
    )
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
        assert count(tenth, component, action, "update") == pytest.approx(
            0.1 * count(whole, component, action, "update")
        )
    halved = run(with_activity(trace, everywhere(trace, write_pulses=3.0)), "cim40")
    assert count(halved, "array", "write", "update") == pytest.approx(
        0.5 * count(whole, "array", "write", "update")
    )
    write = next(
        op
        for op in with_activity(
            trace, {("fc", "update"): Activity(devices_written=0.1)}
        ).batch_operations
        if op.kind == "write" and op.layer == "fc"
    )
    assert write.input_elements == pytest.approx(0.1 * 10)


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


# --- sums over epochs, and the comparison with the assumed activity


def test_the_mean_over_epochs_keeps_every_pulse():
    epochs = [
        {
            ("fc", "update"): Activity(
                "measured", train_length=length, row_pulses=share, coincidences=density
            )
        }
        for length, share, density in ((10.0, 0.2, 0.5), (2.0, 0.8, 0.1))
    ]
    mean = mean_activities(epochs)["fc", "update"]
    assert (
        mean.source == "measured"
        and mean.train_length == 6.0
        and mean.coincidences == pytest.approx(0.3)
    )
    assert mean.row_pulses * mean.train_length * 2 == pytest.approx(10 * 0.2 + 2 * 0.8)
    assert (
        mean_activities([{("fc", "forward"): Activity(row_pulses=0.5)}] * 2)[
            "fc", "forward"
        ].row_pulses
        == 0.5
    )


def test_equal_activity_has_no_causes():
    trace = step()
    rows = compare_activity(trace, everywhere(trace), "rpu")
    assert [row["layer"] for row in rows][-2:] == ["shared", "total"]
    assert all(
        row["causes"] == {} and row["measured_cycles"] == row["assumed_cycles"] for row in rows
    )
    assert sum(row["assumed_energy_j"] for row in rows[:-1]) == pytest.approx(
        rows[-1]["assumed_energy_j"], rel=1e-9
    )


def test_the_cause_of_a_difference_is_named():
    trace = step()
    activities = everywhere(trace) | {
        ("conv1", "update"): Activity(train_length=1.0),
        ("fc", "forward"): Activity(retries=0.5),
    }
    rows = {
        (row["layer"], row["phase"]): row
        for row in compare_activity(trace, activities, "rpu", images=2)
    }
    conv = rows["conv1", "update"]
    fc = rows["fc", "forward"]
    whole = rows["total", ""]
    assert list(conv["causes"]) == ["train_length"] and conv["quantities"]["train_length"] == [
        10,
        1.0,
    ]
    assert conv["causes"]["train_length"][0] == pytest.approx(
        conv["measured_cycles"] / conv["assumed_cycles"] - 1
    )
    assert list(fc["causes"]) == ["retries"] and fc["measured_cycles"] > fc["assumed_cycles"]
    assert (
        list(whole["causes"])[0] == "train_length"
        and whole["measured_energy_j"] < whole["assumed_energy_j"]
    )
    assert rows["fc", "update"]["causes"] == {}


def test_the_table_of_the_comparison(tmp_path):
    trace = step()
    rows = compare_activity(trace, {("conv1", "update"): Activity(train_length=1.0)}, "rpu")
    write_comparison(rows, tmp_path, "A title")
    text = (tmp_path / "activity.md").read_text()
    assert (
        "# A title" in text
        and "train length 10 → 1 (" in text
        and text.count("\n| ") == len(rows) + 1
    )
    lines = list(csv.DictReader((tmp_path / "activity.csv").open()))
    assert [float(line["measured_energy_j"]) for line in lines] == [
        row["measured_energy_j"] for row in rows
    ]
    assert json.loads(lines[0]["causes"]) == rows[0]["causes"]


def test_the_runs_of_a_study(tmp_path, capsys):
    (tmp_path / "study.toml").write_text(
        'title = "a study"\nnetwork = "digits_cnn"\ndata = "digits"\n[[row]]\nname = "fp"\ntitle = '
        '"float"\npublished_text = "-"\n'
        'settings = { rule = "float" }\n[[row]]\nname = "pulses"\ntitle = "with '
        'pulses"\npublished_text = "-"\nseeds = [1, 2]\n'
    )
    assert (
        activity_study.main([str(tmp_path)]) == 2
        and "run the study first" in capsys.readouterr().err
    )
    (tmp_path / "history").mkdir()
    measured = {
        f"{layer}.{phase}": dataclasses.asdict(Activity("measured", train_length=1.0))
        for layer in ("conv1", "fc")
        for phase in ("forward", "backward", "update")
    }
    (tmp_path / "history" / "pulses-2.json").write_text(json.dumps({"activities": measured}))
    assert activity_study.main([str(tmp_path)]) == 0
    assert "with pulses (pulses-2), last epoch, chip rpu" in (tmp_path / "activity.md").read_text()
    assert {line["run"] for line in csv.DictReader((tmp_path / "activity.csv").open())} == {
        "pulses-2"
    }
    (tmp_path / "history" / "pulses-2.json").write_text('{"activities": 3}')
    assert activity_study.main([str(tmp_path)]) == 2 and "pulses-2.json" in capsys.readouterr().err


def test_the_curves_of_a_training():
    rows = [
        {
            "epoch": n,
            "train_error_percent": 40.0 / n,
            "test_error_percent": 30.0 / n if n < 4 else 0.0,
        }
        for n in range(1, 5)
    ]
    drawing = draw_errors({"rpu": rows, "sgd": rows[:1]}, 500)
    dots = [mark for mark in drawing.marks if isinstance(mark, Circle)]
    assert len(dots) == 4 + 2 and [dot.x for dot in dots[:4]] == sorted(dot.x for dot in dots[:4])
    assert dots[0].y < dots[1].y < dots[2].y <= dots[3].y  # an error of zero lies on the lower edge
    gaps = [second.y - first.y for first, second in zip(dots, dots[1:3])]
    assert gaps[0] / gaps[1] == pytest.approx(math.log(2) / math.log(1.5))  # logarithmic
    assert all(0 <= mark.x <= 500 and 0 <= mark.y <= drawing.height for mark in dots)
    assert draw_errors({"rpu": []}) is None
