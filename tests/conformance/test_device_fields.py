"""Does every parameter of every device law act, or is it refused, or said to be unread? Each is set
off its value, one at a time.
"""

import json

import numpy as np
import pytest

from archsim.cli.main import main
from archsim.devices import LAWS, load_law
from archsim.devices.unread import unread
from archsim.training.loop import train
from archsim.training.settings import read_settings
from tests.members import every
from workloads import load_network
from workloads.datasets import load_dataset

NETWORK = load_network("digits_cnn")
DATA = load_dataset("digits")
PARAMETERS = [(law, parameter.name) for law in LAWS for parameter in load_law(law).parameters]
# laws that the suite trains anyway
LIGHT = ("constant_step", "one_sided_pair", "write_verify_pair")
# How the law is trained here: its rule, and settings under which all that it can do happens within
# a few images.
RULE = {
    "write_verify_pair": {
        "rule": "mixed_precision",
        "scheme_settings": {"threshold": 0.01},
        "batch": 4,
        "learning_rate": 0.05,
    },
    "one_sided_pair": {"rule": "hic", "batch": 4, "learning_rate": 1.0},
}
BASE = {
    "one_sided_pair": {
        "pulse_step": 0.02,
        "refresh_upper": 0.05,
        "refresh_lower": 0.005,
        "reset_spread": 0.005,
        "refresh_pulses": 3,
    },
    "phase_change_pair": {
        "pulse_step": 0.01,
        "upper_bound": 2.0,
        "amplitude_up": -2.0,
        "refresh_upper": 0.1,
        "refresh_lower": 0.002,
        "pulse_noise": 0.6,
        "reset_spread": 0.005,
        "refresh_pulses": 1,
    },
}
# A threshold is felt where a pair lies between its two values: few are as low as the next one.
FAR = {("phase_change_pair", "refresh_lower"): 0.01}


def other_value(parameter, now):
    """A value of the parameter's range that is not `now`, near where it is felt: another word, or
    one above or below.
    """
    if parameter.choices:
        return next(choice for choice in parameter.choices if choice != now)
    if parameter.integer:
        return now - 1 if now > parameter.low else now + 1
    wanted = {0.0: 0.3}.get(now, now * 1.5)
    if wanted > parameter.high or wanted < parameter.low:
        wanted = now * 0.5 if now else (parameter.low + parameter.high) / 2 or -0.3
    return float(np.clip(wanted, parameter.low, parameter.high))


def other_device(law, name):
    device = load_law(law)(**BASE.get(law, {}))
    parameter = next(p for p in device.parameters if p.name == name)
    return {name: FAR.get((law, name)) or other_value(parameter, device.values[name])}


def trained(law, changes, images=48):
    """The weights' bytes after some images, and what the run says that nothing read."""
    settings = {
        "rule": "rpu",
        "device": law,
        "epochs": 1,
        "images_per_epoch": images,
        "learning_rate": 0.1,
        "maintenance_images": 16,
        "seconds_per_image": 0.05,
        "seed": 3,
        **RULE.get(law, {}),
        "device_settings": {**BASE.get(law, {}), **changes},
    }
    result = train(NETWORK, DATA, read_settings(settings))
    return b"".join(weights.tobytes() for weights in result.weights.values()), result.unread


def worked(law, changes):
    """The same for one array that is written, pulsed, refreshed and aged as a training does it,
    without the training.
    """
    device = load_law(law)(**{**BASE.get(law, {}), **changes})
    base = load_law(law)(**BASE.get(law, {}))
    array = device.build(12, 9, seed=3)
    generator = np.random.default_rng(1)
    array.set_weights(generator.uniform(-0.5, 0.5, (12, 9)))
    if device.paired:  # some pairs are high on both sides
        array.state[...] = np.clip(
            array.state + generator.uniform(0, 0.3, array.state.shape),
            array.planes[:, :, 2],
            array.planes[:, :, 3],
        )
        array.show()
    pairs = 0
    for step in range(8):
        if "verify_window" in device.values:
            array.program(
                generator.uniform(-1, 1, (12, 9)), np.ones((12, 9), bool), seed=5, step=step
            )
        else:
            array.update(
                generator.uniform(-1, 1, (4, 9)),
                generator.uniform(-1, 1, (4, 12)),
                array.trains(rate=0.1),
                seed=5,
                step=step,
            )
        pairs += array.refresh(seed=5, step=step)[5]
        array.age(batches=4, seconds=1.0, reads=100, seed=5, step=step)
    return array.weights.tobytes(), unread(
        device, base.values, programmed=array.programmed, refreshed=pairs > 0
    )


BASES = {}


def is_felt(run, law, name):
    """The parameter moves a bit of the weights, and then nothing says otherwise; or it moves none,
    and the run says so.
    """
    if (run, law) not in BASES:
        BASES[run, law] = run(law, {})[0]
    weights, said = run(law, other_device(law, name))
    return (weights != BASES[run, law]) != (name in said)


@every("law, name", PARAMETERS)
def test_every_parameter_acts_on_an_array_or_is_said_not_to(law, name):
    assert is_felt(worked, law, name)


@every("law, name", [item for item in PARAMETERS if item[0] in LIGHT])
def test_every_parameter_acts_on_a_training_or_is_said_not_to(law, name):
    assert is_felt(trained, law, name)


@pytest.mark.study
@every("law, name", [item for item in PARAMETERS if item[0] not in LIGHT])
def test_so_it_does_of_laws_that_only_a_study_trains(law, name):
    assert is_felt(trained, law, name)


def test_what_nothing_reads_is_said_in_the_result(capsys, tmp_path):
    (tmp_path / "mine.toml").write_text("""[mine]
law = "constant_step"
title = "a device that drifts"
source = "my own measurement"
place = "bench 3"
confidence = "measured"
parameters = { pulse_step = 0.002, drift_exponent = 0.05, lifetime_spread = 0.2, retention_spread = 0.1 }
""")
    line = ["train", "digits_cnn", "--images", "8", "--epochs", "1", "--json", "--quiet"]
    assert (
        main([*line, "--device", str(tmp_path / "mine.toml"), "--set", "device.read_disturb=1e-6"])
        == 0
    )
    document = json.loads(capsys.readouterr().out)
    unread = [name for name in document["unused"] if name.startswith("device.")]
    assert unread == ["device.lifetime_spread", "device.retention_spread"]
    notes = "\n".join(document["notes"])
    seconds = document["training"]["settings"]["seconds_per_image"]
    # the time of an image on the chip, before anything was measured
    assert 0.5 < seconds / document["latency_per_image_s"] < 2
    assert f"an image takes {seconds:.4g} s" in notes
    assert (
        "device.lifetime_spread is set but nothing in this run reads it: device.lifetime is 0"
        in notes
    )
    assert main(line) == 0
    assert not any(
        name.startswith("device.") for name in json.loads(capsys.readouterr().out)["unused"]
    )
