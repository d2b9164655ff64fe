"""Does whoever goes on with stored results notice that an input of the same name is another one
now?

Every kind of input is changed in its content, never in its name, and the result is that of a fresh
run, or a refusal that names it.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import archsim
from archsim.schemes import list_schemes, own_file
from archsim.schemes.base import SCHEMES
from archsim.schemes.own_file import load_scheme_file
from archsim.schemes.source import scheme_digest
from archsim.training.inputs import data_digest, device_record
from workloads.datasets import load_dataset

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "manhattan.py"
DEVICE = """
[mine]
law = "constant_step"
title = "mine"
source = "my own measurement"
place = "here"
confidence = "assumed"
parameters = { pulse_step = 0.01, pulse_noise = 0.1 }
"""


def as_before_but(path, old, new):
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


@pytest.fixture
def inputs(tmp_path, monkeypatch):
    """One file of every kind of input, in the current folder."""
    monkeypatch.chdir(tmp_path)
    list_schemes()
    before = dict(SCHEMES)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "dev.toml").write_text(DEVICE)
    (tmp_path / "net.toml").write_text(
        Path(archsim.__file__).parents[1].joinpath("workloads/networks/digits_cnn.toml").read_text()
    )
    (tmp_path / "chip.toml").write_text(
        Path(archsim.__file__).parent.joinpath("chip/files/cim40.toml").read_text()
    )
    (tmp_path / "rule_parts.py").write_text("ZONE = 0.5\n")
    (tmp_path / "rule.py").write_text(
        EXAMPLE.read_text()
        .replace("= 0.5\n", "= rule_parts.ZONE\n", 1)
        .replace("import numpy as np\n", "import numpy as np\nimport rule_parts\n", 1)
        .replace('"manhattan"', '"own_rule"', 1)
    )
    digits = load_dataset("digits").first(train=60, test=20)
    write_data(tmp_path / "data.npz", digits.train_labels)
    yield tmp_path
    SCHEMES.clear()
    SCHEMES.update(before)
    sys.modules.pop("rule_parts", None)
    own_file._loaded.clear()


def write_data(path, labels):
    digits = load_dataset("digits").first(train=60, test=20)
    np.savez(
        path,
        train_images=digits.train_images,
        train_labels=labels,
        test_images=digits.test_images,
        test_labels=digits.test_labels,
    )


def other_labels(folder):
    write_data(folder / "data.npz", np.roll(load_dataset("digits").first(train=60).train_labels, 1))


def other_module(folder, zone=1.5):
    """Edit what the rule imports, and begin a new session: in one session a module that was
    imported stays as it is.
    """
    (folder / "rule_parts.py").write_text(f"ZONE = {zone}\n")
    new_session()


def new_session():
    sys.modules.pop("rule_parts", None)
    own_file._loaded.clear()


CHANGES = {
    "device": lambda folder: as_before_but(
        folder / "dev.toml", "pulse_noise = 0.1", "pulse_noise = 0.9"
    ),
    "scheme": lambda folder: as_before_but(
        folder / "rule.py", "DECISION = {", "DECISION = {}\nDECISION = {"
    ),
    "what the scheme imports": lambda folder: other_module(folder),
    "data": other_labels,
    "chip": lambda folder: as_before_but(folder / "chip.toml", "rows = 128", "rows = 64"),
    "network": lambda folder: as_before_but(folder / "net.toml", "channels = 16", "channels = 8"),
}
NAMES = {"what the scheme imports": "scheme"}


def changes(*by_default):
    """Every kind of change; but for these it is a longer study, as each costs trainings of its own."""
    return pytest.mark.parametrize(
        "changed",
        [
            pytest.param(kind, marks=() if kind in by_default else pytest.mark.study)
            for kind in CHANGES
        ],
    )


TRAIN = (
    "train",
    "net.toml",
    "--arch",
    "chip.toml",
    "--set",
    "read.transposed=true",
    "--scheme",
    "rule.py",
    "--device",
    "dev.toml",
    "--data",
    "data.npz",
    "--epochs",
    "1",
    "--batch",
    "2",
    "--seed",
    "1",
    "--json",
    "--quiet",
)


def test_a_training_refuses_to_go_on_with_another_input(call, inputs):
    assert call(*TRAIN, "--out", "run")[0] == 0
    before = (inputs / "run" / "checkpoint.json").read_bytes()
    kept = {path: path.read_bytes() for path in inputs.iterdir() if path.is_file()}
    for kind, change in CHANGES.items():
        change(inputs)
        code, out, err = call(*TRAIN, "--epochs", "2", "--out", "run", "--resume")
        assert code == 2 and out == "", (kind, err)
        assert (
            f"changed since the checkpoint was made: {NAMES.get(kind, kind)}" in err
            and "another folder" in err
        ), (kind, err)
        assert (inputs / "run" / "checkpoint.json").read_bytes() == before, kind
        for path, content in kept.items():
            path.write_bytes(content)
        new_session()
    assert call(*TRAIN, "--epochs", "2", "--out", "run", "--resume")[0] == 0  # all is as it was


def test_a_result_holds_its_device_whole(call, inputs):
    document = json.loads(call(*TRAIN)[1])
    held = document["training"]["inputs"]
    assert (
        held["device"]["law"] == "constant_step"
        and held["device"]["parameters"]["pulse_step"] == 0.01
    )
    assert held["device"]["source"] == "my own measurement"
    assert held["device"] == device_record("dev.toml") and set(held) == {
        "archsim",
        "network",
        "chip",
        "scheme",
        "device",
        "data",
    }
    (inputs / "renamed.toml").write_text(DEVICE)
    assert device_record("renamed.toml") == held["device"]  # the same device under another name


def compared(**options):
    schemes = ["sgd", "rpu:device=dev.toml", load_scheme_file("rule.py")]
    chip = archsim.load_architecture("chip.toml", {"read.transposed": True})
    comparison = archsim.compare("net.toml", schemes, chip, "data.npz", **options)
    return comparison, [
        {key: value for key, value in row.items() if key != "images_per_second"}
        for row in comparison.rows
    ]


@changes("device", "scheme")
def test_a_comparison_works_out_anew_what_has_changed_and_says_so(inputs, changed):
    compared(folder="both")
    again, _ = compared(folder="both", resume=True)
    assert again.notes == []
    times = (inputs / "both" / "sgd" / "result.json").stat().st_mtime_ns
    CHANGES[changed](inputs)
    comparison, rows = compared(folder="both", resume=True)
    named = NAMES.get(changed, changed)
    labels = ["sgd", "rpu:device=dev.toml", "own_rule"]
    touched = {"device": labels[1:2], "scheme": labels[2:]}.get(named, labels)
    assert comparison.notes == [
        f"{label}: worked out anew, as changed since: {named}" for label in touched
    ]
    assert ((inputs / "both" / "sgd" / "result.json").stat().st_mtime_ns == times) == (
        "sgd" not in touched
    )
    assert rows == compared()[1]


def test_the_command_says_what_was_worked_out_anew(call, in_this_process, inputs):
    line = (
        "compare",
        "net.toml",
        "--set",
        "read.transposed=true",
        "--data",
        "data.npz",
        "--schemes",
        "rpu:device=dev.toml",
        "--jobs",
        "1",
        "--batch",
        "2",
        "--out",
        "one",
    )
    assert call(*line)[0] == 0
    CHANGES["device"](inputs)
    code, _, err = call(*line, "--resume")
    assert (
        code == 0 and "note: rpu:device=dev.toml: worked out anew, as changed since: device" in err
    )


SPACE = {
    "schema": 1,
    "name": "kept",
    "network": "net.toml",
    "architecture": "chip.toml",
    "scheme": "own_rule",
    "phase": "training",
    "device": "dev.toml",
    "settings": {"read.transposed": True},
    "axes": {"read.adc_bits": [7, 8]},
    "objectives": {"area_mm2": "minimise"},
    "rungs": [
        {"kind": "price"},
        {"kind": "training", "points": 1, "data": "data.npz", "epochs": 1, "seed": 1},
    ],
}


def explored(**options):
    load_scheme_file("rule.py")
    sweep = archsim.explore(SPACE, **options)
    metrics = ("area_mm2", "energy_per_image_j", "cycles", "accuracy_percent", "writes_per_device")
    return sweep, [[row.get(name) for name in metrics] for row in sweep.rows()]


@changes("data", "what the scheme imports")
def test_a_sweep_works_out_anew_what_has_changed_and_says_so(inputs, changed):
    explored(out="sweep")
    again, _ = explored(out="sweep", resume=True)
    assert again.counts["new"] == 0 and again.notes == []
    CHANGES[changed](inputs)
    sweep, rows = explored(out="sweep", resume=True)
    word = {"chip": "architecture", "what the scheme imports": "scheme"}.get(changed, changed)
    assert [note.split()[0] for note in sweep.notes] == [word] and "worked out anew" in sweep.notes[
        0
    ]
    assert sweep.counts["new"] > 0
    assert rows == explored()[1]  # a fresh one
    assert explored(out="sweep", resume=True)[0].counts["new"] == 0


def test_what_is_kept_of_a_sweep_holds_its_device_whole(inputs):
    explored(out="sweep")
    heads = [
        json.loads(line)
        for line in (inputs / "sweep" / "points.jsonl").read_text().splitlines()
        if line.startswith("{")
    ]
    assert heads[0]["inputs"]["device dev.toml"] == device_record("dev.toml")
    assert heads[0]["inputs"]["data data.npz"] == data_digest(load_dataset("data.npz"))


def test_a_source_is_that_of_what_runs(inputs):
    """The digest of a rule follows its file and what it imports, not its path; a class of a cell is
    known by its code.
    """
    first = scheme_digest(SCHEMES[load_scheme_file("rule.py")])
    (inputs / "rule_parts.py").write_text("ZONE = 2.5\n")
    assert (
        scheme_digest(SCHEMES[load_scheme_file("rule.py")]) == first
    )  # what runs is still the old one
    other_module(inputs, 2.5)
    second = scheme_digest(SCHEMES[load_scheme_file("rule.py")])
    assert second != first
    assert scheme_digest(SCHEMES["rpu"]).startswith("archsim ")
    cells = []
    for number in (1, 1, 2):
        space = {"__name__": "__main__"}
        text = (
            "class Own:\n    def words(self):\n        return helped()\ndef helped():\n    return "
            f"{number}.0\n"
        )
        exec(compile(text, "<cell>", "exec"), space)
        cells.append(scheme_digest(space["Own"]))
    assert cells[0] == cells[1] != cells[2]
