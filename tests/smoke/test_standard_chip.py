"""Which chip does a command take where nobody names one?"""

import inspect

import pytest

import archsim
from archsim.chip.standard import STANDARD_CHIP
from archsim.cli.main import main
from archsim.exploration import load_space
from archsim.schemes import list_schemes, load_scheme

STEP = {"phase": "training", "batch": 2, "timing": False}


def chip_of(**words):
    return archsim.simulate("mlp_100", **words).document["architecture"]


def test_inference_is_on_the_standard_chip():
    assert STANDARD_CHIP == "cores40" == chip_of(timing=False)
    assert archsim.build("mlp_100").asked.chip is None


def test_a_training_step_of_rpu_is_on_its_own_chip_and_all_others_are_on_the_standard_one():
    assert chip_of(scheme="rpu", **STEP) == "rpu"
    assert chip_of(scheme="sgd", **STEP) == STANDARD_CHIP
    own = {name for name in list_schemes() if load_scheme(name).default_chip != STANDARD_CHIP}
    assert own == {"rpu"}


def test_a_rule_that_nothing_updates_by_brings_no_chip():
    assert chip_of(scheme="rpu", timing=False) == STANDARD_CHIP


def test_a_comparison_and_a_sweep_have_one_chip_for_all():
    assert inspect.signature(archsim.compare).parameters["chip"].default == STANDARD_CHIP
    space = {
        "schema": 1,
        "network": "mlp_100",
        "axes": {"tile.rows": [64, 128]},
        "objectives": {"area_mm2": "minimise"},
    }
    assert load_space(space).fixed["architecture"] == STANDARD_CHIP


@pytest.mark.parametrize("command", ["run", "train", "compare", "infer"])
def test_the_help_names_it(command, capsys):
    assert main([command, "--help"]) == 0
    assert STANDARD_CHIP in capsys.readouterr().out


def test_the_command_takes_what_the_call_takes(capsys):
    line = ["run", "mlp_100", "--no-timing", "--csv", "--quiet"]
    assert main([*line, "--phase", "training", "--scheme", "rpu"]) == 0
    own = capsys.readouterr().out
    assert main([*line, "--phase", "training", "--scheme", "rpu", "--arch", "rpu"]) == 0
    assert own == capsys.readouterr().out
