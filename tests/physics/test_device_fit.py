"""Does a fit give back the device that the curves were made of?"""

import json

import numpy as np
import pytest
from measured_devices import write_curves

from archsim.cli.main import main
from archsim.devices import LAWS, load_law
from archsim.devices.fit.ageing import fit_ageing
from archsim.devices.fit.fit import fit_device
from archsim.devices.fit.law_fit import fit_law
from archsim.devices.fit.measured import read_measured
from archsim.devices.fit.measurement import Hold
from archsim.devices.fit.search import free_parameters
from archsim.devices.presets import load_device, read_presets
from tests.near import near

pytest.importorskip("scipy")


def in_weights_of(fit, device_unit_us=5.0):
    """One unit of weight of the fit in those of the device that made the curves."""
    return fit.unit_us / device_unit_us


def test_a_soft_bounds_device_comes_back(tmp_path):
    changes = {"step_spread": 0.2, "asymmetry_spread": 0.1, "step_spread_law": "normal"}
    made = write_curves(
        tmp_path / "m.csv", "rasch2024_20_states", changes=changes, devices=30, pulses=40
    )
    fit = fit_device(read_measured(tmp_path / "m.csv"), ["soft_bounds"])
    unit = in_weights_of(fit)
    # 30 devices tell a mean step of 20 % spread to about 4 %
    assert fit.parameters["pulse_step"] * unit == near(made.pulse_step, rel=0.12)
    assert fit.parameters["pulse_noise"] == near(made.pulse_noise, rel=0.12)
    assert fit.parameters["step_spread"] == pytest.approx(0.2, abs=0.07)
    assert fit.parameters["upper_spread"] == pytest.approx(0.3, abs=0.11)
    assert fit.parameters["noise_place"] == "bracket"
    assert fit.noise.reading < 0.005


def test_constant_steps_come_back_and_are_suggested(tmp_path):
    changes = {"pulse_step": 0.08, "step_spread": 0.15, "pulse_noise": 0.4}
    made = write_curves(
        tmp_path / "m.csv", "gokmen2016_unit", changes=changes, devices=12, pulses=25
    )
    laws = ["soft_bounds", "constant_step"]
    fit = fit_device(read_measured(tmp_path / "m.csv"), laws)
    assert fit.suggested == "constant_step" == fit.chosen.law
    unit = in_weights_of(fit)
    assert fit.parameters["pulse_step"] * unit == near(0.08, rel=0.12)
    assert fit.parameters["pulse_noise"] == near(made.pulse_noise, rel=0.12)


def test_noise_of_readings_is_told_from_noise_of_pulses(tmp_path):
    changes = {"pulse_step": 0.05, "pulse_noise": 0.4, "step_spread": 0.1}
    write_curves(tmp_path / "m.csv", "gokmen2016_unit", changes=changes, reading=0.04)
    measured = read_measured(tmp_path / "m.csv")
    fit = fit_device(measured, ["constant_step"])
    unit = in_weights_of(fit)
    assert fit.noise.reading * unit == near(0.04, rel=0.15)
    assert fit.parameters["pulse_noise"] == near(0.4, rel=0.25)
    assert fit.parameters.get("write_noise", 0.0) == 0.0
    theirs = fit_device(measured, ["constant_step"], reading_noise="device")
    assert theirs.parameters["write_noise"] == near(
        fit.noise.reading / fit.parameters["pulse_step"]
    )


def test_a_pair_is_fitted_to_its_up_pulses(tmp_path):
    changes = {"pulse_step": 0.06, "step_spread": 0.1, "pulse_noise": 0.1}
    write_curves(tmp_path / "m.csv", "one_sided_soft", changes=changes, cycles=1)
    fit = fit_device(read_measured(tmp_path / "m.csv"), ["one_sided_pair"])
    assert fit.chosen.up_only
    unit = fit.unit_us / 5.0
    assert fit.parameters["pulse_step"] * unit == near(0.06, rel=0.12)
    assert any("reset instead of pulsed down" in note for note in fit.notes)


def test_a_switch_gives_back_its_probability(tmp_path):
    changes = {"upper_spread": 0.0, "lower_spread": 0.0, "upper_bound": 1.0, "lower_bound": -1.0}
    made = write_curves(
        tmp_path / "m.csv",
        "binary_switch",
        changes={**changes, "tau0_s": 5e5},
        devices=60,
        pulses=40,
        cycles=1,
    )
    fit = fit_device(read_measured(tmp_path / "m.csv"), ["binary_switch"])
    device = load_law("binary_switch")(**fit.parameters)
    assert device.probability(device.set_voltage_v) == near(
        made.probability(made.set_voltage_v), rel=0.25
    )


@pytest.mark.parametrize("law", LAWS)
def test_every_law_can_be_fitted(tmp_path, law):
    write_curves(tmp_path / "m.csv", "rasch2024_20_states", devices=2, cycles=1, pulses=6)
    fit = fit_law(read_measured(tmp_path / "m.csv"), law)
    assert np.isfinite(fit.residual) and fit.residual < 0.5
    names = {p.name for p in free_parameters(law)}
    assert names and set(fit.parameters) <= names
    load_law(law)(**fit.parameters)  # inside the ranges of the law


def test_known_parameters_keep_their_values(tmp_path):
    write_curves(tmp_path / "m.csv", "rasch2024_20_states", devices=4, cycles=1, pulses=15)
    fit = fit_device(read_measured(tmp_path / "m.csv"), ["soft_bounds"], fixed={"upper_bound": 1.5})
    assert fit.parameters["upper_bound"] == 1.5
    assert fit.parameters["step_spread"] > 0


def test_drift_and_retention_are_told_apart():
    time = np.geomspace(1, 1e5, 30)
    drifting = [Hold(str(k), 0, time, 8 * time ** -(0.05 + 0.01 * k)) for k in range(3)]
    ageing = fit_ageing(drifting)
    assert ageing.drift_exponent == near(0.06, rel=1e-6)
    assert ageing.drift_spread == near(0.01, rel=1e-3)
    decaying = [Hold("0", 0, time, 2 + 6 * np.exp(-time / 900))]
    ageing = fit_ageing(decaying)
    assert ageing.retention_s == near(900, rel=0.1)
    assert ageing.retention_residual < ageing.drift_residual
    assert fit_ageing([]) is None


def test_the_command_writes_a_device_that_every_command_takes(tmp_path, capsys):
    write_curves(tmp_path / "lab.csv", "rasch2024_20_states", devices=6, pulses=20)
    out = tmp_path / "out"
    line = ["fit", str(tmp_path / "lab.csv"), "--law", "soft_bounds", "--out", str(out), "--json"]
    assert main(line) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["law"] == "soft_bounds" and document["laws"][0]["held_out"] > 0
    assert {path.name for path in out.iterdir()} == {"lab.toml", "fit.json", "fit.svg", "fit.png"}
    preset = read_presets(out / "lab.toml")["lab"]
    assert preset.confidence == "measured" and preset.source == "made of a law"
    # the file keeps six digits
    device = load_device(str(out / "lab.toml"))
    assert device.pulse_step == near(document["parameters"]["pulse_step"], rel=1e-5)
    assert preset.electrical["pulse_width_ns"] == 100
    low, high = document["measured"]["window_us"]
    assert preset.electrical["highest_conductance_us"] == near(high, rel=1e-5)
    assert main(["show", "device", str(out / "lab.toml"), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["measured"]["up"]["pulses"][-1] == 20 == shown["staircase"]["pulses"]
    assert main(["show", "device", str(out / "lab.toml")]) == 0
    assert "× measured" in capsys.readouterr().out


def test_every_setting_of_the_mean_device_is_found():
    names = {p.name for p in free_parameters("linear_step")}
    assert {"pulse_step", "slope_up", "slope_down", "upper_bound", "lower_bound"} <= names
    assert not {"pulse_noise", "step_spread", "lifetime", "write_noise"} & names
