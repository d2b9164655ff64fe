"""Do weights on devices read as programmed, as late as asked, and after as many reads?"""

import json
import math

import numpy as np
import pytest

import archsim
from archsim.chip.place import shape_layer
from archsim.cli.main import main
from archsim.devices import LAWS, load_law
from archsim.devices.held_weights import HeldWeights, Holder
from archsim.devices.presets import load_device
from archsim.run.held import ACTING
from archsim.soc.data.tile_converters import verify_read
from archsim.soc.data.tile_physics import TilePhysics
from archsim.trace.layer_matrix import LayerMatrix
from archsim.training.device_reads import device_read
from archsim.training.sections import ReadSettings
from hwlib.errors import InputError
from tests.members import every
from tests.near import near
from tests.physics.held_line import FINE, LEVEL, LINE, PLAIN, RANGE, WEIGHTS


def outputs(settings=None, images=3, device="constant_step", **options):
    chip = archsim.load_architecture("cim40", FINE)
    data = {"images": np.full((images, 20), LEVEL), "w.weights": WEIGHTS}
    return archsim.simulate(
        LINE,
        chip,
        data=data,
        images=images,
        device=device,
        device_settings=PLAIN | (settings or {}) if device else None,
        **options,
    ).outputs


def test_a_device_without_spread_holds_exact_weights():
    np.testing.assert_allclose(outputs(), outputs(device=None), atol=2e-3)
    np.testing.assert_allclose(outputs()[0], LEVEL * WEIGHTS.sum(axis=1), atol=5e-3)


@pytest.mark.parametrize("seconds", [10.0, 1e3])
def test_outputs_shrink_as_the_law_says(seconds):
    fresh = outputs()
    drifted = outputs({"drift_exponent": 0.1}, at=seconds)
    np.testing.assert_allclose(drifted, fresh * (1 + seconds) ** -0.1, atol=3e-3)
    forgot = outputs({"retention_s": 500.0}, at=seconds)
    np.testing.assert_allclose(forgot, fresh * math.exp(-seconds / 500), atol=3e-3)


def test_each_image_reads_what_the_ones_before_left():
    read = outputs({"read_disturb": 0.02}, images=4)
    # an image reads the layer once; a weight w goes the share 0.02 of the way to 0.7 (the range)
    top = float(np.abs(WEIGHTS).max())
    for image in range(4):
        weights = top - (top - WEIGHTS) * 0.98**image
        np.testing.assert_allclose(read[image], LEVEL * weights.sum(axis=1), atol=5e-3)


def test_more_time_and_more_spread_err_more():
    def error(spread, seconds):
        settings = {"drift_exponent": 0.05, "drift_spread": spread}
        return float(np.abs(outputs(settings, at=seconds) - outputs()).mean())

    assert error(0.02, 10.0) < error(0.02, 1e4) < error(0.02, 1e7)


def test_programming_with_verify_errs_by_its_window():
    device = load_device("bulk_rram")
    held = HeldWeights(WEIGHTS[None].astype(np.float32), Holder(device, "bulk_rram"), 1, 1, 0)
    off = (held.after(0)[0][0] - WEIGHTS) / held.scale
    assert 0.3 * device.program_error < off.std() < 1.5 * device.program_error


def programmed_on(settings):
    """What a tile of a chip holds once `bulk_rram` is programmed to WEIGHTS, off the weights in units
    of the largest, and how it verifies.
    """
    chip = archsim.load_architecture("cim40", FINE | settings)
    layer = shape_layer(LayerMatrix("w", 20, 8), chip, 1)
    device = load_device("bulk_rram")
    holder = Holder(device, "bulk_rram")
    tiles = TilePhysics(layer, chip, WEIGHTS[None].astype(np.float32), 1, holder=(holder, 0))
    assert tiles.held is not None
    return (tiles.copies[0][0] - WEIGHTS) / RANGE, tiles.held.copies[0][0].device_read


def test_writes_are_verified_by_the_converters_that_read():
    fine, _ = programmed_on({"read.adc_bits": 12})
    coarse, read = programmed_on({"read.adc_bits": 3})
    # 3 bits: 7 levels over the largest device either way, so a level is a third of it, ten times the
    # error of a write: no read sees that, while fine ones write again what left the window
    assert read.step == near(read.bound / 3)
    error = load_device("bulk_rram").program_error
    assert coarse.std() > error > fine.std()


def test_writes_are_verified_with_the_noise_of_a_read():
    quiet, exact = programmed_on({"physics.read_noise": 0.0})
    noisy, read = programmed_on({"physics.read_noise": 0.5})
    assert exact.noise == 0
    # 0.5 of a bound of 5: a tenth of the range, which is that of the largest device
    assert read.noise == near(0.1 * read.bound)
    assert noisy.std() > 1.3 * quiet.std()


def test_a_run_verifies_as_a_training_does():
    stated = {"read.adc_bits": 5, "physics.read_noise": 0.3, "physics.output_bound": 4.0}
    chip = archsim.load_architecture("cim40", stated)
    reads = ReadSettings(output_bits=5, output_noise=0.3, output_bound=4.0)
    array = load_device("bulk_rram").build(8, 20, seed=1)
    assert verify_read(chip)(array) == device_read(reads, array, 1.0)


def test_every_device_of_a_weight_is_programmed_by_itself():
    held = HeldWeights(
        WEIGHTS[None].astype(np.float32), Holder(load_device("gokmen2016"), "d"), 2, 1, 0
    )
    one, other = held.after(0)
    assert (one != other).any()


@every(
    "law, name",
    [
        (law, parameter.name)
        for law in ("constant_step", "phase_change_pair", "write_verify_pair")
        for parameter in load_law(law).parameters
    ],
)
def test_a_parameter_acts_on_held_weights_or_is_said_not_to(law, name):
    base = {
        "drift_exponent": 0.05,
        "retention_s": 1e4,
        "retention_spread": 0.1,
        "read_disturb": 1e-3,
        "corrupt_probability": 0.1,
        "corrupt_range": 0.3,
    }
    if not load_law(law).paired:
        base["lower_bound"] = -0.6
    parameter = next(p for p in load_law(law).parameters if p.name == name)
    now = load_law(law)(**base).values[name]

    def seen(values):
        held = HeldWeights(
            WEIGHTS[None].astype(np.float32), Holder(load_law(law)(**values), law), 1, 1, 0
        )
        held.age(1e3)
        return held.after(10)[0].tobytes()

    # without a lower bound there is no spread of it
    acts = name in ACTING and not (name == "lower_spread" and load_law(law).paired)
    if parameter.choices:
        other = next(choice for choice in parameter.choices if choice != now)
    elif parameter.integer:
        other = now + 1 if now < parameter.high else now - 1
    else:
        wanted = now * 1.5 if now else 0.02
        other = wanted if parameter.low <= wanted <= parameter.high else (now + parameter.low) / 2
    if parameter.name == "lower_bound" and not now:
        other = -0.1
    assert (seen(base | {name: other}) != seen(base)) == acts


def test_the_command_says_what_it_did(capsys):
    line = [
        "run",
        "digits_cnn",
        "--arch",
        "cim40",
        "--data",
        "random",
        "--images",
        "2",
        "--json",
        "--quiet",
    ]
    device = ["--device", "pcm", "--set", "device.drift_exponent=0.05", "--at", "3600"]
    assert main([*line, *device, "--set", "device.pulse_noise=0.1"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert "device.pulse_noise" in document["unused"]
    assert any("read 3600 s later" in note for note in document["notes"])
    assert main([*line, "--device", "gokmen2016", "--at", "60"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert any("does not age with time" in note for note in document["notes"])
    for wrong in (
        ["--at", "60"],
        ["--set", "device.retention_s=1"],
        ["--device", "pcn"],
        ["--device", "pcm", "--set", "device.retention=1"],
    ):
        assert main([*line, *wrong]) == 2
        assert "device" in capsys.readouterr().err
    assert main(["run", "digits_cnn", "--arch", "cim40", "--device", "pcm"]) == 2


def test_a_device_needs_data_and_a_time_is_a_number():
    with pytest.raises(InputError, match="real data"):
        archsim.simulate("digits_cnn", "cim40", device="pcm")
    for at in (-1.0, math.nan, math.inf, True):
        told = "another type; got True; allowed: float" if at is True else "not a time"
        with pytest.raises(InputError, match=told):
            archsim.simulate("digits_cnn", "cim40", device="pcm", data="random", at=at)
    assert set(ACTING) <= {p.name for law in LAWS for p in load_law(law).parameters}
