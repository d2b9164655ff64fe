"""`archsim train` and `archsim data` as a user types them: what they print, write and refuse; once
with the real training core.
"""

import csv
import json
import math
import time

import pytest

import archsim
from archsim.run.recorded_trace import load_trace
from archsim.run.result import Result
from archsim.run.result_schema import check_document
from archsim.schemes import load_scheme
from archsim.trace import Activity
from archsim.training import loop
from archsim.training.setup import settings_of

CONV, FC = 10 * 16, 145 * 10  # weights of digits_cnn, biases included


@pytest.fixture
def core(monkeypatch):
    """The training core replaced by one that only notes what it was asked; change `core.answer` to
    change what it gives.
    """

    class Core:
        asked = {}

        def answer(self, result):
            return result

    made = Core()

    def train(network, data, settings, **options):
        made.asked = {"network": network, "data": data, "settings": settings, **options}
        if options["progress"]:
            options["progress"](
                {
                    "epoch": 1,
                    "epochs": settings.epochs,
                    "images": 5,
                    "images_per_epoch": 100,
                    "running_error_percent": 50.0,
                    "images_per_second": 10.0,
                }
            )
        layers = [layer.name for layer in network.array_layers]
        phases = ("forward", "backward", "update")
        activities, first = (
            {
                (name, phase): Activity("measured", train_length=length)
                for name in layers
                for phase in phases
            }
            for length in (2.0, 6.0)
        )
        history = [
            {
                "epoch": n + 1,
                "train_error_percent": 9.0 / (n + 1),
                "test_error_percent": 8.0 / (n + 1),
                "train_loss": 1.0,
                "test_loss": 1.0,
                "images_per_second": 2000.0,
                "seconds": 1.0,
            }
            for n in range(settings.epochs)
        ]
        writes = {
            name: {"mean": 4.0, "maximum": 9, "histogram": {"edges": [0, 4], "counts": [3, 7]}}
            for name in ["", *layers]
        }
        return made.answer(
            loop.TrainingResult(
                settings,
                network.name,
                data.name,
                history,
                activities=activities,
                activity_history=[first] + [activities] * (settings.epochs - 1),
                writes=writes,
                images=settings.epochs * len(data.train_labels),
                seconds=1.0,
                finished=True,
            )
        )

    monkeypatch.setattr(loop, "train", train)
    return made


def test_a_real_training_end_to_end(call, tmp_path):
    code, out, err = call(
        "train", "digits_cnn", "--epochs", "2", "--seed", "3", "--out", "run", "--json", "--quiet"
    )
    document = check_document(json.loads(out), "stdout")
    assert code == 0 and err == "" and document["activity"] == "measured" and document["seed"] == 3
    assert [row["epoch"] for row in document["epochs"]] == [1, 2] and 80 < document[
        "accuracy_percent"
    ] <= 100
    assert document["accuracy_percent"] == 100 - document["epochs"][-1]["test_error_percent"]
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert {
        "result.json",
        "report.html",
        "history.csv",
        "writes.csv",
        "errors.svg",
        "errors.png",
        "activity.md",
        "activity.csv",
        "measured.json",
        "checkpoint.json",
    } <= names
    # every pulse that the silicon is charged for is a pulse that a device received
    trace = load_trace(document["activity_file"])
    images = document["training"]["images"]
    assert images == 2 * 1437
    for operation in trace.image_operations:
        if operation.kind == "pulse_update":
            writes = document["training"]["writes"][operation.layer]
            assert operation.activity.coincidences * operation.steps * images == pytest.approx(
                writes["mean"], rel=1e-6
            )
            assert 0 < writes["mean"] <= writes["maximum"]
    mean = (
        CONV * document["training"]["writes"]["conv1"]["mean"]
        + FC * document["training"]["writes"]["fc"]["mean"]
    ) / (CONV + FC)
    assert document["writes_per_device"] == pytest.approx(mean)
    # the trace executed by itself costs the same
    alone = archsim.simulate(trace, "rpu", images=document["images"])
    assert alone.cycles == document["cycles"] and alone.energy_j == pytest.approx(
        document["energy_j"], rel=1e-12
    )
    assert document["training"]["energy_j"] == pytest.approx(
        document["energy_per_image_j"] * images
    )
    # going on with a finished training trains nothing and says the same
    code, out, _ = call(
        "train",
        "digits_cnn",
        "--epochs",
        "2",
        "--seed",
        "3",
        "--out",
        "run",
        "--resume",
        "--json",
        "--quiet",
    )
    again = json.loads(out)
    assert (
        code == 0
        and again["epochs"] == document["epochs"]
        and again["energy_j"] == document["energy_j"]
    )


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


def test_the_physics_of_a_chip_becomes_that_of_its_training():
    common = {
        "epochs": 1,
        "batch": 1,
        "seed": 0,
        "device": None,
        "changes": {"learning_rate": 0.02},
    }
    quiet = archsim.load_architecture(
        "rpu",
        {
            "physics.noise_management": "false",
            "physics.read_noise": "0.01",
            "weights.replicas": "4",
        },
    )
    settings, notes = settings_of(quiet, load_scheme("rpu"), **common)
    assert (settings.read.noise_management, settings.read.bound_management) == ("off", "forward")
    assert settings.read.output_noise == 0.01 and settings.devices_per_weight == 4 and notes == []
    settings, notes = settings_of(archsim.load_architecture("cim40"), load_scheme("rpu"), **common)
    assert settings.read.output_bound == 12.0 and "states no read noise" in notes[0]
    baseline = load_scheme("sgd", {"weights_in": "memory"})
    settings, notes = settings_of(archsim.load_architecture("cim40"), baseline, **common)
    # rounded as the vector unit rounds, so no rule of the core
    assert (settings.rule, settings.device) == ("sgd", "auto") and "digital baseline" in notes[0]
    settings, _ = settings_of(archsim.load_architecture("wu2023"), load_scheme("sgd"), **common)
    assert (settings.rule, settings.device) == ("sgd", "bulk_rram_2bit")  # the device of the chip


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

    original = archsim.train.__globals__["build_trace"]
    monkeypatch.setitem(archsim.train.__globals__, "build_trace", slow)
    assert "compiling the kernels" in call("train", "digits_cnn", "--epochs", "1")[2]
    assert call("train", "digits_cnn", "--epochs", "1", "--quiet")[2] == ""
    monkeypatch.setattr("archsim.cli.train.SILENT_SECONDS", 60.0)
    assert "compiling" not in call("train", "digits_cnn", "--epochs", "1")[2]


def test_the_folder_is_a_result(call, core, tmp_path):
    code, _, err = call("train", "digits_cnn", "--epochs", "4", "--out", "run")
    assert code == 0, err
    result = Result.load(tmp_path / "run")
    assert result.accuracy_percent == 98.0 and result.training["images"] == 4 * 1437
    assert result.training["energy_j"] == pytest.approx(result.energy_per_image_j * 4 * 1437)
    assert result.training["seconds"] == pytest.approx(result.latency_per_image_s * 4 * 1437)
    updates = [
        op
        for op in load_trace(tmp_path / "run" / "measured.json").image_operations
        if op.kind == "pulse_update"
    ]
    assert [op.activity.train_length for op in updates] == [3.0, 3.0]  # the mean of all epochs
    rows = list(csv.DictReader((tmp_path / "run" / "history.csv").open()))
    assert [float(row["test_error_percent"]) for row in rows] == [
        8.0,
        4.0,
        pytest.approx(8 / 3),
        2.0,
    ]
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
        result.finished, result.reason = False, "interrupted"
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
        result.activity_history, result.history = [], []
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


BAD_LINES = [
    ("train", "NETWORK"),
    ("train lenet2", "did you mean 'lenet1'"),
    ("train lenet1", "built-in networks for such images: digits_cnn"),
    ("train digits_cnn --data mnits", "did you mean 'mnist'"),
    ("train digits_cnn --data nothing.npz", "no such file"),
    ("train digits_cnn --scheme rpuu", "did you mean 'rpu'"),
    (
        "train digits_cnn --scheme sgd --set scheme.weights_in=memory --device idealized",
        "no device law",
    ),
    ("train digits_cnn --arch rpv", "did you mean 'rpu'"),
    ("train digits_cnn --epochs 0", "allowed: 1 to"),
    ("train digits_cnn --epochs 2.5", "not a whole number"),
    ("train digits_cnn --batch 0", "allowed: 1 to"),
    ("train digits_cnn --images 99999", "1 to 1437"),
    ("train digits_cnn --seed -1", "allowed: 0 to"),
    ("train digits_cnn --node 3", "7 to 180"),
    ("train digits_cnn --early-stop 0", "allowed: 1 to"),
    ("train digits_cnn --set training.learning_rat=1", "did you mean 'learning_rate'"),
    ("train digits_cnn --set training.learning_rate=-1", "training.learning_rate"),
    ("train digits_cnn --set training.learning_rate=nan", "training.learning_rate"),
    ("train digits_cnn --set training.read.input_bitz=5", "did you mean 'input_bits'"),
    ("train digits_cnn --set training.read.input_bits=99", "training.read.input_bits"),
    ("train digits_cnn --set tile.rowz=3", "did you mean 'rows'"),
    ("train digits_cnn --set read.transposed=false", "read.transposed"),
    ("train digits_cnn --set scheme.update_managment=true", "did you mean 'update_management'"),
    ("train digits_cnn --set training", "field.path=value"),
    ("train digits_cnn --resume", "--out"),
    ("train digits_cnn --out file", "not a folder"),
    ("train digits_cnn --out old", "holds a training already"),
    ("train digits_cnn --epoch 3", "did you mean '--epochs'"),
    ("data", "fetch"),
    ("data get mnist", "fetch"),
    ("data fetch mnits", "did you mean 'mnist'"),
    ("show dataset mnits", "did you mean 'mnist'"),
    ("show dataset digits --toml", "only an architecture"),
]


@pytest.mark.parametrize("line, message", BAD_LINES, ids=[line for line, _ in BAD_LINES])
def test_a_bad_line_gives_one_message_and_trains_nothing(call, core, tmp_path, line, message):
    (tmp_path / "file").write_text("")
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "checkpoint.json").write_text("{}")
    code, out, err = call(*line.split())
    assert (code, out) == (2, "") and message in err and err.count("\n") == 1
    assert core.asked == {} and {path.name for path in tmp_path.iterdir()} == {"file", "old"}


def test_data_sets_are_listed_shown_and_fetched(call):
    assert "digits" in call("list", "datasets")[1]
    shown = json.loads(call("show", "dataset", "digits", "--json")[1])
    assert (shown["image_shape"], shown["train_images"], shown["classes"], shown["here"]) == (
        [1, 8, 8],
        1437,
        10,
        True,
    )
    assert "CC BY 4.0" in call("show", "dataset", "digits")[1]
    code, out, err = call("data", "fetch", "digits", "--json")
    assert code == 0 and json.loads(out)["files"][0].endswith("digits.npz") and "checked" in err


def test_a_set_that_is_not_here_is_shown_all_the_same(call, monkeypatch, tmp_path):
    monkeypatch.setenv("ARCHSIM_CACHE", str(tmp_path / "empty"))
    monkeypatch.delenv("ARCHSIM_DATA", raising=False)
    shown = json.loads(call("show", "dataset", "mnist", "--json")[1])
    assert (
        shown["train_images"] == 60000
        and shown["files"] is None
        and "archsim data fetch mnist" in shown["notes"][0]
    )
