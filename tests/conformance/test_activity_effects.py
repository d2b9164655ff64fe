"""Is the cause of a difference between measured and assumed activity named?"""

import csv
import dataclasses
import json
import math

from archsim.report.drawing.drawing import Circle
from archsim.report.plots.errors import draw_errors
from archsim.run.activity_effects import compare_activity, write_comparison
from archsim.studies import activity as activity_study
from archsim.trace import Activity
from archsim.training.totals import mean_activities
from tests.conformance.measured_steps import everywhere, step
from tests.near import near

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
    assert mean.source == "measured" and mean.train_length == 6.0 and mean.coincidences == near(0.3)
    assert mean.row_pulses * mean.train_length * 2 == near(10 * 0.2 + 2 * 0.8)
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
    assert sum(row["assumed_energy_j"] for row in rows[:-1]) == near(
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
    assert conv["causes"]["train_length"][0] == near(
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
    assert gaps[0] / gaps[1] == near(math.log(2) / math.log(1.5))  # logarithmic
    assert all(0 <= mark.x <= 500 and 0 <= mark.y <= drawing.height for mark in dots)
    assert draw_errors({"rpu": []}) is None
