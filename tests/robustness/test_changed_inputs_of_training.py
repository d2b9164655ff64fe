"""Does a training notice that an input of the same name is another one now?"""

import json

import pytest

from archsim.schemes.base import SCHEMES
from archsim.schemes.own_file import load_scheme_file
from archsim.schemes.source import scheme_digest
from archsim.training.inputs import device_record, network_digest
from tests.robustness.exchanged_inputs import CHANGES, DEVICE, NAMES, new_session, other_module
from workloads import load_network

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


def test_a_source_is_that_of_what_runs(inputs):
    """The digest of a rule follows its file and what it imports, not its path; a class of a cell is
    known by its code.
    """
    first = scheme_digest(SCHEMES[load_scheme_file("rule.py")])
    (inputs / "rule_parts.py").write_text("ZONE = 2.5\n")
    # what runs is still the old one
    assert scheme_digest(SCHEMES[load_scheme_file("rule.py")]) == first
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


@pytest.mark.parametrize(
    ("name", "digest"), [("lenet1", "7c600a76992f5273"), ("rpu_cnn", "63d70e953e6b51d9")]
)
def test_a_network_is_known_by_what_results_of_before_hold(name, digest):
    # as stored in reports/update_schemes before networks could keep keys and values
    assert network_digest(load_network(name)) == digest
