"""Does a trace remember the chip that it was measured on or written for, and is another chip told?"""

import dataclasses
import json

import pytest

import archsim
from archsim.cli.main import main
from archsim.run.recorded_trace import load_trace
from archsim.schemes import load_scheme
from archsim.trace import Activity, build_trace, recorded_on, save_trace, with_activity
from hwlib.errors import InputError
from workloads import load_network


def measured(chip="rpu", settings=None, scheme="rpu"):
    """A training step whose activity was measured, on a chip."""
    trace = build_trace(load_network("mlp_100"), load_scheme(scheme), "training")
    activity = Activity(input_density=0.3, row_pulses=0.2, column_pulses=0.1, coincidences=0.2)
    layers = {
        (matrix.layer, phase): activity
        for matrix in trace.matrices
        for phase in ("forward", "backward", "update")
    }
    return recorded_on(
        with_activity(trace, layers), archsim.load_architecture(chip, settings), "gokmen2016"
    )


def run(path, capsys, *words):
    assert main(["run", str(path), "--no-timing", "--json", *words]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_trace_runs_on_the_chip_that_it_was_measured_on(tmp_path, capsys):
    path = save_trace(measured(settings={"read.adc_bits": 7}), tmp_path / "x.json")
    assert load_trace(path) == measured(settings={"read.adc_bits": 7})
    result = run(path, capsys)
    chip = archsim.load_architecture("rpu", {"read.adc_bits": 7})
    direct = archsim.simulate(load_trace(path), chip, timing=False)
    assert (
        result["architecture"] == "rpu"
        and result["settings"]["read"]["adc_bits"] == 7
        and result["area_mm2"] == direct.area_mm2
    )
    assert archsim.simulate(str(path), timing=False).area_mm2 == direct.area_mm2
    assert not any("measured on" in note for note in [*result["notes"], *direct.notes])


@pytest.mark.parametrize(
    ("words", "note"),
    [
        (
            ("--arch", "rpu_512"),
            "its activity was measured on the chip rpu, this run is on rpu_512",
        ),
        (("--arch", "rpu"), "the chip rpu with other settings: read.adc_bits (7, now 9)"),
        (
            ("--set", "read.adc_bits=8"),
            "the chip rpu with other settings: read.adc_bits (7, now 8)",
        ),
    ],
)
def test_another_chip_is_told(words, note, tmp_path, capsys):
    path = save_trace(measured(settings={"read.adc_bits": 7}), tmp_path / "x.json")
    assert any(note in text for text in run(path, capsys, *words)["notes"])


def test_old_files_are_read_with_a_note(tmp_path, capsys):
    path = save_trace(measured("rpu"), tmp_path / "x.json")
    document = json.loads(path.read_text())
    for field in ("chip", "device", "scheme_settings"):
        del document[field]
    path.write_text(json.dumps(document))
    assert load_trace(path) == dataclasses.replace(
        measured("rpu"), chip=None, device=None, scheme_settings={}
    )
    result = run(path, capsys, "--arch", "cim40", "--set", "read.transposed=true")
    assert result["architecture"] == "cim40" and any(
        "does not say on which chip" in note for note in result["notes"]
    )


def test_a_written_trace_keeps_the_chip_that_it_is_for(tmp_path, capsys):
    path = tmp_path / "x.json"
    assert main(["trace", "lenet1", "--arch", "wu2023", "--out", str(path), "--quiet"]) == 0
    assert run(path, capsys)["architecture"] == "wu2023"
    assert any(
        "written for the chip wu2023" in note
        for note in run(path, capsys, "--arch", "cim40")["notes"]
    )
    assert main(["trace", "lenet1", "--arch", "wu2032", "--out", str(path)]) == 2
    assert "did you mean 'wu2023'" in capsys.readouterr().err


def test_the_settings_of_the_scheme_are_kept(tmp_path, capsys):
    """A rule's own parts are priced with the settings that the trace was made with, not with the
    defaults of today.
    """
    prices = {}
    for optimiser in ("sgd", "adam"):
        scheme = load_scheme("cbram_sc", {"optimiser": optimiser})
        path = save_trace(
            build_trace(load_network("mlp_100"), scheme, "training", 8),
            tmp_path / f"{optimiser}.json",
        )
        direct = archsim.simulate("mlp_100", "cim40", scheme, "training", 8, timing=False)
        prices[optimiser] = run(path, capsys, "--arch", "cim40")["area_mm2"]
        assert prices[optimiser] == direct.area_mm2
    assert prices["sgd"] != prices["adam"]
    document = json.loads(path.read_text())
    document["scheme_settings"]["rnak"] = 2
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match="rnak"):
        archsim.simulate(path, "cim40", timing=False)


def test_a_recorded_chip_that_this_version_does_not_allow(tmp_path, capsys):
    from archsim.trace.chip_record import digest_of

    path = save_trace(measured(), tmp_path / "x.json")
    document = json.loads(path.read_text())
    document["chip"]["settings"]["tile"]["rowz"] = 3
    path.write_text(json.dumps(document))
    assert main(["run", str(path)]) == 2 and "digest" in capsys.readouterr().err
    document["chip"]["digest"] = digest_of(document["chip"]["settings"])
    path.write_text(json.dumps(document))
    assert main(["run", str(path)]) == 2 and "did you mean 'rows'" in capsys.readouterr().err
    assert main(["run", str(path), "--arch", "rpu", "--no-timing", "--json"]) == 0
