"""Do the settings of time move what is trained and what is tested, in the direction they say?"""

import numpy as np
import pytest

import archsim
from archsim.run.step_time import seconds_per_image
from archsim.schemes import load_scheme
from archsim.trace import build_trace
from archsim.training.loop import train
from hwlib.errors import InputError
from tests.near import near
from tests.training_runs import NETWORK, digits
from tests.training_time import aged_settings, train_aged

RETENTION = {"retention_s": 100.0}
DRIFT = {"drift_exponent": 0.1}


def flat(result):
    return np.concatenate([weights.ravel() for weights in result.weights.values()])


def size(result):
    return float(np.abs(flat(result)).mean())


@pytest.fixture(scope="module")
def still():
    return train_aged(maintained())


def maintained(**changes):
    return {"read": {"output_noise": 0.0}, **changes}


# parameter, what it needs beside it, two values: the second one loses more of the weights
LOSING = [
    ("drift_exponent", {}, 0.05, 0.2),
    ("drift_reference_s", DRIFT, 100.0, 0.1),
    ("retention_s", {}, 300.0, 50.0),
    ("lifetime", {}, 300.0, 50.0),
]


@pytest.mark.parametrize("name, beside, little, much", LOSING)
def test_what_takes_weights_away_takes_more_with_more_of_it(name, beside, little, much, still):
    less, more = (train_aged(maintained(), **beside, **{name: v}) for v in (little, much))
    assert size(more) < size(less) < size(still)


@pytest.mark.parametrize(
    "name, beside",
    [
        ("drift_spread", DRIFT),
        ("retention_spread", RETENTION),
        ("lifetime_spread", {"lifetime": 100.0}),
    ],
)
def test_a_spread_makes_devices_lose_unequally(name, beside):
    even, uneven = (train_aged(maintained(), **beside, **{name: v}) for v in (0.0, 0.05))
    assert (flat(even) != flat(uneven)).any()


def test_diffusion_spreads_weights(still):
    assert flat(train_aged(maintained(), diffusion=0.01)).std() > flat(still).std()


def test_read_disturb_lifts_weights_by_the_reads_of_both_cycles(still):
    lifted = [train_aged(maintained(), read_disturb=share) for share in (1e-5, 1e-4)]
    assert flat(still).mean() < flat(lifted[0]).mean() < flat(lifted[1]).mean()
    # k1 reads 36 vectors an image and nothing back, w3 one forward and one back: no device of w3
    # meets more than 2 x 60 reads, those of k1 36 x 60
    base = {"initial_scale": 1.0, "learning_rate": 1e-9, **maintained()}
    calm, moved = (train_aged(base, read_disturb=share) for share in (0.0, 1e-4))
    shift = {name: (moved.weights[name] - calm.weights[name]).mean() for name in calm.weights}
    assert shift["k1"] == near(0.6 * (1 - (1 - 1e-4) ** 2160), rel=0.15)
    assert shift["w3"] == near(0.6 * (1 - (1 - 1e-4) ** 120), rel=0.15)


def test_a_slower_clock_makes_a_drifting_device_lose_more(still):
    for device in (DRIFT, RETENTION):
        quick, slow = (train_aged(maintained(seconds_per_image=s), **device) for s in (0.01, 10.0))
        assert size(slow) < size(quick)
    assert flat(train_aged(maintained(seconds_per_image=10.0))).tobytes() == flat(still).tobytes()


def test_the_clock_of_the_chip_is_the_clock_of_its_devices():
    settings = {"device_settings.retention_s": 1e-3, "maintenance_images": 20}
    seconds = {}
    sizes = {}
    for clock in (1000.0, 100.0):
        chip = archsim.load_architecture("rpu", {"clock_mhz": clock})
        run = archsim.train(
            "digits_cnn", chip, "digits", "rpu", epochs=1, images=60, settings=settings
        )
        seconds[clock] = run.trained.settings.seconds_per_image
        sizes[clock] = size(run.trained)
        scheme = load_scheme("rpu")
        trace = build_trace(archsim.load_network("digits_cnn"), scheme, "training", 1)
        assert seconds[clock] == seconds_per_image(trace, chip, scheme)
    assert seconds[100.0] > seconds[1000.0]
    assert sizes[100.0] < sizes[1000.0]


def test_upkeep_by_seconds_is_upkeep_by_the_images_they_take():
    device = {"lifetime": 100.0}
    by_images = train_aged({"maintenance_images": 10}, **device)
    by_time = train_aged({"maintenance_s": 10.0}, **device)
    assert flat(by_images).tobytes() == flat(by_time).tobytes()
    with pytest.raises(InputError, match="how long an image takes"):
        train_aged({"maintenance_s": 10.0, "seconds_per_image": 0.0}, **device)


@pytest.mark.parametrize("device", [DRIFT, RETENTION])
def test_without_a_clock_a_device_of_time_is_refused(device):
    with pytest.raises(InputError, match="how long an image takes is not known"):
        train_aged({"seconds_per_image": 0.0}, **device)


def test_a_later_test_is_on_weights_that_drifted_on():
    changes = {"learning_rate": 0.05, "epochs": 8, "seconds_per_image": 1e-3}
    soon, late = (train_aged(changes | {"test_after_s": s}, **RETENTION) for s in (1e-9, 1e9))
    # untouched for a billionth of a second: the last test, with its noise
    assert soon.later["test_loss"] == soon.history[-1]["test_loss"]
    # nothing is left after a billion seconds: ten classes at chance
    assert late.later["test_loss"] == near(np.log(10), rel=0.05)
    assert late.history[-1]["test_loss"] == soon.history[-1]["test_loss"] < 2.2
    assert flat(late).tobytes() == flat(soon).tobytes()


def test_a_training_on_ageing_devices_resumes_to_the_same_bits(tmp_path):
    device = {**DRIFT, "drift_spread": 0.02, "retention_s": 500.0, "read_disturb": 1e-6}
    settings = aged_settings({"epochs": 2, "checkpoint_images": 10}, **device)
    data = digits(60, 30)
    whole = train(NETWORK, data, settings)
    train(NETWORK, data, settings, folder=tmp_path, stop_after=73)
    rest = train(NETWORK, data, settings, folder=tmp_path, resume=True)
    assert flat(whole).tobytes() == flat(rest).tobytes()
    assert [row["test_loss"] for row in whole.history] == [row["test_loss"] for row in rest.history]
