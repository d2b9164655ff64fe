"""What does a fit say to a file that is not a measurement?"""

import pytest

from archsim.cli.main import main
from archsim.devices.electrical import cell_parameters, check_electrical
from archsim.devices.fit.measured import read_measured
from archsim.devices.presets import read_presets
from hwlib.errors import InputError

HEAD = "device,cycle,direction,pulse,conductance_us\n"
UP = "0,0,up,0,1\n0,0,up,1,2\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("# source = a lab\n", "no head"),
        (HEAD, "no run of up pulses"),
        (HEAD + "0,0,down,0,2\n0,0,down,1,1\n", "no run of up pulses"),
        (HEAD + "0,0,upp,0,1\n", "did you mean 'up'?"),
        (HEAD + "0,0,up,1,1\n0,0,up,2,2\n", "before the first pulse"),
        (HEAD + "0,0,up,0,1\n", "two readings"),
        (HEAD + "0,0,up,0,1\n0,0,up,0,2\n", "do not rise"),
        (HEAD + "0,0,up,0,0\n0,0,up,1,2\n", "above 0"),
        (HEAD + "0,0,up,0,nan\n0,0,up,1,2\n", "finite"),
        (HEAD + "0,0,up,0.5,1\n0,0,up,1,2\n", "whole"),
        (HEAD + "0,0,up,0,1\n0,0,up,1e9,2\n", "too many pulses"),
        (HEAD + "0,0,up,0\n", "cells"),
        (HEAD + "0,0,hold,0,1\n", "time_s"),
        (HEAD.replace("cycle", "cycel") + UP, "did you mean 'cycle'?"),
        (HEAD.replace("direction,", "") + "0,0,0,1\n", "direction"),
        ("direction,pulse\nup,0\n", "one column holds the conductance"),
        ("# puls_width_ns = 5\n" + HEAD + UP, "did you mean 'pulse_width_ns'?"),
        ("# pulse_width_ns = -5\n" + HEAD + UP, "above 0"),
        ("# pulse_width_ns = 5\n# pulse_width_ns = 6\n" + HEAD + UP, "twice"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path, capsys, text, words):
    path = tmp_path / "m.csv"
    path.write_text(text)
    assert main(["fit", str(path)]) == 2
    message = capsys.readouterr().err
    assert words in message and "m.csv" in message


def test_a_run_begins_where_the_one_before_ended(tmp_path):
    (tmp_path / "m.csv").write_text(HEAD + UP + "0,0,down,1,1.5\n0,0,down,2,1\n")
    down = read_measured(tmp_path / "m.csv").runs[1]
    assert list(down.pulses) == [0, 1, 2] and list(down.conductance_us) == [2, 1.5, 1]


def test_resistances_are_conductances(tmp_path):
    (tmp_path / "m.csv").write_text("direction,pulse,resistance_ohm\nup,0,1e6\nup,1,5e5\n")
    assert list(read_measured(tmp_path / "m.csv").runs[0].conductance_us) == [1, 2]


def test_a_conductance_that_never_changes_is_refused(tmp_path, capsys):
    (tmp_path / "m.csv").write_text(HEAD + "0,0,up,0,1\n0,0,up,1,1\n")
    assert main(["fit", str(tmp_path / "m.csv"), "--law", "soft_bounds"]) == 2
    assert "never changes" in capsys.readouterr().err


@pytest.mark.parametrize("option", [["--law", "soft_bound"], ["--set", "puls_step=1"]])
def test_unknown_words_are_refused_with_the_nearest(tmp_path, capsys, option):
    (tmp_path / "m.csv").write_text(HEAD + UP)
    assert main(["fit", str(tmp_path / "m.csv"), *option]) == 2
    assert "did you mean" in capsys.readouterr().err


def test_electrical_values_are_checked(tmp_path):
    with pytest.raises(InputError, match="did you mean 'read_voltage_v'"):
        check_electrical({"read_voltage": 1.0}, "x")
    with pytest.raises(InputError, match="not below"):
        check_electrical({"lowest_conductance_us": 5.0, "highest_conductance_us": 5.0}, "x")
    with pytest.raises(InputError, match="out of range"):
        check_electrical({"pulse_width_ns": 0.0}, "x")


@pytest.mark.parametrize("end", ["lowest_conductance_us", "highest_conductance_us"])
def test_one_end_of_a_window_of_conductances_is_refused_for_it_moves_nothing(end):
    assert cell_parameters({end: 5.0}) == {}
    with pytest.raises(InputError, match=f"x: one end of the window .*; got '{end}'"):
        check_electrical({end: 5.0}, "x")


def test_a_measurement_of_a_device_file_is_checked(tmp_path):
    lines = ['[d]\nlaw = "soft_bounds"\ntitle = "t"\nsource = "s"\nplace = "p"']
    lines.append('confidence = "measured"\n[d.parameters]\n[d.measured.up]')
    (tmp_path / "d.toml").write_text("\n".join([*lines, "pulses = [0, 1]", "low = [0]"]))
    with pytest.raises(InputError, match="wrong fields"):
        read_presets(tmp_path / "d.toml")
