"""`archsim train` and `archsim data` as a user types them: what they print, write and refuse; once
with the real training core.
"""

import csv
import json
import math
import time

import archsim
from archsim.run.recorded_trace import load_trace
from archsim.run.result import Result
from archsim.run.step_trace import step_trace
from tests.near import near


def test_the_chip_and_the_options_reach_the_core(call, core):
    code, _, err = call(
        "train",
        "digits_cnn",
        "--arch",
        "rpu_512",
        "--device",
        "idealized",
        "--epochs",
        "3",
        "--batch",
        "8",
        "--seed",
        "5",
        "--images",
        "160",
        "--set",
        "read.adc_bits=7",
        "--set",
        "training.learning_rate=0.5",
        "--set",
        "update.train_length=4",
        "--set",
        "training.read.input_bits=6",
        "--set",
        "device.pulse_step=0.002",
        "--early-stop",
        "2",
        "--quiet",
    )
    settings = core.asked["settings"]
    assert code == 0, err
    assert (
        settings.rule,
        settings.epochs,
        settings.batch,
        settings.seed,
        settings.learning_rate,
    ) == ("rpu", 3, 8, 5, 0.5)
    assert (settings.read.output_bits, settings.read.input_bits, settings.update.train_length) == (
        7,
        6,
        4,
    )
    assert (settings.read.output_noise, settings.read.output_bound) == (0.06, 12.0)
    assert (settings.device, settings.device_settings) == ("idealized", {"pulse_step": 0.002})
    assert len(core.asked["data"].train_labels) == 160 and core.asked["early_stop"] == 2


def test_what_is_printed(call, core):
    code, out, err = call("train", "digits_cnn", "--epochs", "30")
    assert code == 0 and "--out DIR keeps the measured activity" in err and "not kept" in out
    for words in (
        "99.73 %",
        "test error 0.27 % after 30 epochs",
        "mm²",
        "W",
        "J",
        "43,110 images",
        "whole training",
        "most 9",
        "gokmen2016",
        "random split",
    ):
        assert words in out, words
    lines = [
        line.split()[0]
        for line in out.splitlines()
        if line.split()[1:3:1] and line.strip()[0].isdigit()
    ]
    assert lines[0] == "1" and lines[-1] == "30" and len(lines) < 15  # a long history is shortened


def test_json_is_all_there_is_on_stdout_and_quiet_says_nothing(call, core, tmp_path):
    code, out, err = call("train", "digits_cnn", "--epochs", "1", "--json", "--quiet")
    assert code == 0 and err == "" and json.loads(out)["activity_file"] is None
    assert list(tmp_path.iterdir()) == []
    assert call("train", "digits_cnn", "--epochs", "1", "--quiet") == (0, "", "")


def test_a_long_silence_is_explained(call, core, monkeypatch):
    monkeypatch.setattr("archsim.cli.train.SILENT_SECONDS", 0.05)

    def slow(*_):
        time.sleep(0.3)
        return original(*_)

    original = step_trace.__globals__["build_trace"]
    monkeypatch.setitem(step_trace.__globals__, "build_trace", slow)
    assert "compiling the kernels" in call("train", "digits_cnn", "--epochs", "1")[2]
    assert call("train", "digits_cnn", "--epochs", "1", "--quiet")[2] == ""
    monkeypatch.setattr("archsim.cli.train.SILENT_SECONDS", 60.0)
    assert "compiling" not in call("train", "digits_cnn", "--epochs", "1")[2]


def test_the_folder_is_a_result(call, core, tmp_path):
    code, _, err = call("train", "digits_cnn", "--epochs", "4", "--out", "run")
    assert code == 0, err
    result = Result.load(tmp_path / "run")
    assert result.accuracy_percent == 98.0 and result.training["images"] == 4 * 1437
    assert result.training["energy_j"] == near(result.energy_per_image_j * 4 * 1437)
    assert result.training["seconds"] == near(result.latency_per_image_s * 4 * 1437)
    updates = [
        op
        for op in load_trace(tmp_path / "run" / "measured.json").image_operations
        if op.kind == "pulse_update"
    ]
    assert [op.activity.train_length for op in updates] == [3.0, 3.0]  # the mean of all epochs
    rows = list(csv.DictReader((tmp_path / "run" / "history.csv").open()))
    assert [float(row["test_error_percent"]) for row in rows] == [8.0, 4.0, near(8 / 3), 2.0]
    page = (tmp_path / "run" / "report.html").read_text()
    assert "98.00 %" in page and "Error over epochs" in page and "Device writes" in page
    (tmp_path / "run" / "report.html").unlink()
    assert call("report", "run")[0] == 0 and (tmp_path / "run" / "report.html").read_text() == page
    assert call("explain", "run", "energy_j.by_component.adc")[0] == 0
    damaged = json.loads((tmp_path / "run" / "result.json").read_text())
    del damaged["digest"]
    for path, value in (("epochs", "x"), ("training", []), ("writes_per_device", None)):
        (tmp_path / "run" / "result.json").write_text(json.dumps(damaged | {path: value}))
        code, _, err = call("report", "run")
        assert code == 2 and path in err


def test_an_interrupt_keeps_what_was_done(call, core, tmp_path):
    def stopped(result):
        result.finished = False
        result.reason = "interrupted"
        del result.history[2:]
        return result

    core.answer = stopped
    code, out, err = call("train", "digits_cnn", "--out", "run", "--json")
    assert (
        code == 130
        and len(json.loads(out)["epochs"]) == 2
        and "go on with --resume --out run" in err
    )
    assert (tmp_path / "run" / "report.html").exists() and (
        tmp_path / "run" / "errors.png"
    ).exists()

    def at_once(result):
        result.activities = {}
        result.activity_history = []
        result.history = []
        return stopped(result)

    core.answer = at_once
    code, out, err = call("train", "digits_cnn", "--out", "other")
    assert (code, out) == (130, "") and "interrupted" in err and not (tmp_path / "other").exists()

    def in_the_first_epoch(result):
        result.activity_history = []
        result.history = []
        return stopped(result)

    core.answer = in_the_first_epoch
    code, out, _ = call("train", "digits_cnn", "--out", "other")
    assert code == 130 and "no epoch was finished" in out
    assert (
        Result.load("other").accuracy_percent is None
        and not (tmp_path / "other" / "errors.svg").exists()
    )


def test_the_digital_baseline_has_no_devices_and_no_tiles(call, core):
    code, out, _ = call(
        "train",
        "digits_cnn",
        "--arch",
        "cim40",
        "--scheme",
        "sgd",
        "--set",
        "scheme.weights_in=memory",
        "--batch",
        "10",
        "--epochs",
        "2",
        "--images",
        "100",
        "--json",
        "--quiet",
    )
    document = json.loads(out)
    assert code == 0 and document["architecture"] == "cim40" and document["device"] is None
    assert document["writes_per_device"] == 0 and document["tiles"] == 0
    assert document["by_component"]["adc"]["area_mm2"] == 0 < document["area_mm2"]
    assert document["reference"] is False


def test_from_python(core):
    trained = archsim.train(
        "digits_cnn",
        archsim.load_architecture("rpu"),
        data="digits",
        scheme="rpu",
        epochs=2,
        seed=1,
        settings={"learning_rate": 0.02, "read.input_bits": 7},
    )
    assert (
        trained.accuracy_percent == 96.0 and trained.epochs[-1]["epoch"] == 2 and trained.finished
    )
    assert (
        trained.result.area_mm2 > 0
        and trained.result.activity == "measured"
        and trained.trace.activity == "measured"
    )
    assert (
        core.asked["settings"].learning_rate == 0.02 and core.asked["settings"].read.input_bits == 7
    )
    assert (
        math.isfinite(trained.writes_per_device) and trained.to_dict()["accuracy_percent"] == 96.0
    )
