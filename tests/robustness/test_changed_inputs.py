"""Does whoever goes on with stored results notice that an input of the same name is another one
now?

Every kind of input is changed in its content, never in its name, and the result is that of a fresh
run, or a refusal that names it.
"""

import json

import pytest

import archsim
from archsim.schemes.own_file import load_scheme_file
from archsim.training.inputs import data_digest, device_record
from tests.robustness.exchanged_inputs import CHANGES, NAMES
from workloads.datasets import load_dataset


def changes(*by_default):
    """Every kind of change; but for these it is a longer study, as each costs trainings of its own."""
    return pytest.mark.parametrize(
        "changed",
        [
            pytest.param(kind, marks=() if kind in by_default else pytest.mark.study)
            for kind in CHANGES
        ],
    )


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
        "--arch",
        "cim40",
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
