"""Is `archsim.fit` the command, for a file and for a table in memory?"""

import csv
import json

import pandas
import pytest
from measured_devices import write_curves

import archsim
from archsim.cli.main import main
from archsim.devices.fit.measured import read_measured, read_table
from archsim.devices.presets import load_device
from tests.near import near

pytest.importorskip("scipy")
LAW = "constant_step"


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    path = tmp_path_factory.mktemp("fit") / "mine.csv"
    write_curves(path, "gokmen2016_unit", changes={"pulse_step": 0.05}, devices=4, pulses=12)
    return path


@pytest.fixture(scope="module")
def fitted(measured):
    return archsim.fit(measured, LAW)


def columns_of(path):
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    return {name: [row[name] for row in rows] for name in rows[0]}


def test_the_command_prints_and_writes_what_the_verb_gives(measured, fitted, tmp_path, capsys):
    out = tmp_path / "both"
    assert main(["fit", str(measured), "--law", LAW, "--out", str(out), "--json", "--quiet"]) == 0
    assert json.loads(capsys.readouterr().out) == fitted.to_dict()
    assert (out / "mine.toml").read_text() == fitted.toml()
    assert fitted.law == LAW and "mine" in repr(fitted) and LAW in fitted._repr_html_()


def test_a_device_file_alone_is_named_after_itself(measured, tmp_path):
    out = tmp_path / "other.toml"
    assert main(["fit", str(measured), "--law", LAW, "--out", str(out), "--quiet"]) == 0
    assert out.read_text().startswith("[other]")
    assert [path.name for path in tmp_path.iterdir()] == ["other.toml"]


def test_the_saved_device_is_read_as_one(fitted, tmp_path):
    device = load_device(str(fitted.save(tmp_path)))
    assert device.name == LAW
    assert device.pulse_step == near(fitted.parameters["pulse_step"], 1e-5)


def test_a_table_in_memory_is_the_file(measured, fitted):
    facts = read_measured(measured).facts
    frame = pandas.read_csv(measured, comment="#")
    frame.attrs = dict(facts)
    for table in (frame, columns_of(measured)):
        fit = archsim.fit(table, LAW, name="mine")
        assert fit.parameters == fitted.parameters and fit.residual == fitted.residual


def test_empty_cells_of_a_frame_are_empty_cells():
    # a row of `hold` has no pulse, which makes the column of pulses one of floats with a nan
    frame = pandas.DataFrame(
        {
            "direction": ["up", "up", "hold", "hold"],
            "pulse": [0, 1, None, None],
            "time_s": [None, None, 1.0, 10.0],
            "conductance_us": [1.0, 2.0, 2.0, 1.9],
        }
    )
    measured = read_table(frame)
    assert list(measured.runs[0].pulses) == [0, 1]
    assert list(measured.holds[0].time_s) == [1.0, 10.0]


@pytest.mark.parametrize(
    "table, words",
    [
        (3, "not a table of measured curves"),
        ({"direction": 3}, "not a column"),
        ({"direction": ["up"], "pulse": [0, 1]}, "unlike lengths"),
        ({"direction": ["up"], "puls": [0]}, "did you mean 'pulse'"),
        ({"direction": ["up\n"], "pulse": [0]}, "several lines"),
    ],
)
def test_what_is_no_measurement_is_refused(table, words):
    with pytest.raises(archsim.InputError, match=words):
        archsim.fit(table)


def test_words_that_nothing_takes_are_refused(measured):
    for options, words in (
        ({"law": "constant_steps"}, "did you mean 'constant_step'"),
        ({"law": ["auto", LAW]}, "auto tries every law"),
        ({"name": "a/b"}, "not a name of a device"),
        ({"fixed": {"pulse_step": "much"}}, "a number"),
    ):
        with pytest.raises(archsim.InputError, match=words):
            archsim.fit(measured, **options)
