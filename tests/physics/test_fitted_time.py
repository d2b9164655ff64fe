"""Does a device that was fitted to readings over time lose as much, and as fast, as was measured?"""

import numpy as np
import pytest
from measured_devices import write_curves

import archsim
from archsim.devices.fit.document import device_file, measured_curves
from archsim.devices.fit.fit import fit_device
from archsim.devices.fit.measured import read_measured
from archsim.devices.held_weights import HeldWeights, Holder
from archsim.devices.presets import load_device
from archsim.training.loop import train
from tests.training_runs import NETWORK, digits
from tests.training_time import aged_settings

pytest.importorskip("scipy")

TIMES = np.geomspace(1, 1e5, 25)
LAWS = {
    # µS over the seconds of a hold that begins at 8 µS
    "drift": lambda time: 8 * time**-0.05,
    "retention": lambda time: 5 + 3 * np.exp(-time / 2e4),
}


def fitted(folder, measured):
    """The device file of curves from 1 to 11 µS and three holds, and the fit."""
    path = folder / "lab.csv"
    write_curves(path, "gokmen2016_unit", changes={"pulse_step": 0.08}, devices=3, cycles=1)
    lines = path.read_text().splitlines()
    start = lines.index("device,cycle,direction,pulse,conductance_us")
    table = [f"{line}," for line in lines[start + 1 :]]
    for device in range(3):
        table += [f"{device},9,hold,,{g:.9g},{t:.9g}" for t, g in zip(TIMES, measured(TIMES))]
    names = "device,cycle,direction,pulse,conductance_us,time_s"
    path.write_text("\n".join([*lines[:start], names, *table]) + "\n")
    fit = fit_device(read_measured(path), ["constant_step"])
    (folder / "lab.toml").write_text(device_file(fit, "lab", measured_curves(fit)))
    return fit, str(folder / "lab.toml")


@pytest.mark.parametrize("law", LAWS)
def test_a_held_weight_loses_what_was_measured(law, tmp_path):
    measured = LAWS[law]
    fit, name = fitted(tmp_path, measured)
    changes = {"upper_spread": 0.0, "lower_spread": 0.0}
    for seconds in (9.0, 999.0, 9.9e4):
        held = HeldWeights(
            np.ones((1, 1, 1), np.float32), Holder(load_device(name, changes), name), 1, 1, 0
        )
        array = held.copies[0][0]
        # at the conductance that the first reading showed, a second after the write
        array.set_weights(np.full((1, 1), (measured(1.0) - fit.zero_us) / fit.unit_us))
        held.age(seconds)
        conductance = fit.zero_us + fit.unit_us * array.state[0, 0, 0]
        # what the hold lost in as many seconds after its first reading, and how much that is
        lost = measured(1.0) - measured(1.0 + seconds)
        assert measured(1.0) - conductance == pytest.approx(lost, rel=0.02, abs=1e-3)


@pytest.mark.parametrize("law", LAWS)
def test_a_run_and_a_training_on_the_device_lose_accuracy_with_time(law, tmp_path):
    _, name = fitted(tmp_path, LAWS[law])
    errors = []
    # later, every weight of the drifting device lies near that of no conductance
    for seconds in (0.0, 0.3, 2.0) if law == "drift" else (0.0, 2e3, 1e5):
        result = archsim.simulate(
            "digits_cnn", "rpu", data="random", images=4, device=name, at=seconds, seed=2
        )
        errors.append(float(np.square(result.outputs - result.reference_outputs).mean()))
    assert len(set(errors)) == 3
    settings = aged_settings({"device": name, "seconds_per_image": 1e-6, "test_after_s": 1e5})
    trained = train(NETWORK, digits(60, 30), settings)
    assert trained.later["test_loss"] != trained.history[-1]["test_loss"]
