"""Learning-rate schedules, losses and augmentation: by hand, resumed to the bit, refused where they
cannot act.
"""

import numpy as np
import pytest

from archsim.training.augmentation import AugmentationSettings, augmented
from archsim.training.loop import train
from archsim.training.loss import squared_distance
from archsim.training.machine import Machine
from archsim.training.schedule import Schedule, ScheduleSettings
from archsim.training.settings import read_settings
from archsim.training.unused import unused_in_training
from hwlib.errors import InputError
from tests.near import near
from workloads.datasets import Dataset
from workloads.network import Layer, Network

F = np.float32
NETWORK = Network(
    "small",
    (
        Layer("input", "input", (), (), (1, 3, 3)),
        Layer("flat", "flatten", ("input",), ((1, 3, 3),), (9,)),
        Layer("fc", "linear", ("flat",), ((9,),), (3,), bias=True),
    ),
)


def dataset(count=40):
    random = np.random.default_rng(2)
    images = random.uniform(0, 1, (count, 1, 3, 3)).astype(F)
    labels = random.integers(0, 3, count)
    return Dataset("drawn", images, labels, images[:10].copy(), labels[:10].copy(), 3)


def rates(images, **settings):
    schedule = Schedule(ScheduleSettings(**settings), 0.8, 100, 10, 4)
    return [schedule.rate_at(image) for image in images]


def test_shapes_by_hand():
    # 100 images an epoch, mini-batches of 10, 4 epochs, rate 0.8
    assert rates([0, 390]) == [0.8, 0.8]
    assert rates([0, 190, 200, 390], shape="step", every_epochs=2.0) == [0.8, 0.8, 0.4, 0.4]
    # half a cosine over 4 epochs: all, half of it in the middle, and (1 - cos 45 deg)/2 at the last
    # quarter: 0.14645
    cosine = rates([0, 200, 300], shape="cosine")
    assert cosine == near([0.8, 0.4, 0.8 * 0.146447], rel=1e-5)
    ended = rates([200, 400], shape="cosine", last=0.5)
    assert ended == near([0.8 * 0.75, 0.4])
    # two epochs of warm-up: 200 images, so that the first mini-batch of 10 has 1/20 of the rate
    warm = rates([0, 100, 190, 200], warm_up_epochs=2.0)
    assert warm == near([0.04, 0.44, 0.8, 0.8])


@pytest.mark.parametrize("rule", ["float", "sgd", "rpu"])
def test_a_step_has_the_rate_of_its_mini_batch(rule):
    # one image again and again, from the same weights: moves are as the rates
    chosen = {"shape": "step", "every_epochs": 1.0, "factor": 0.25}
    moves = []
    for image in (0, 8):
        settings = {"rule": rule, "device": "exact", "learning_rate": 0.1, "epochs": 2}
        settings |= {"read": {"output_noise": 0.0, "output_bits": 0, "input_bits": 0}}
        machine = Machine(NETWORK, read_settings(settings | {"schedule": chosen}))
        machine.scheduled(8)
        start = machine.arrays.weights.copy()
        picture, label = np.full((1, 9), 0.5, F), np.array([[1]])
        machine.train(picture, label, np.zeros(1, np.int64), image)
        moves.append(machine.arrays.weights - start)
    if rule == "rpu":  # pulses come by chance, a quarter as many
        assert np.abs(moves[1]).sum() < np.abs(moves[0]).sum()
    else:
        np.testing.assert_allclose(moves[1], 0.25 * moves[0], rtol=1e-4, atol=1e-7)


def test_a_scheduled_and_augmented_training_goes_on_to_the_same_bits(tmp_path):
    settings = read_settings(
        {
            "rule": "sgd",
            "device": "exact",
            "learning_rate": 0.05,
            "batch": 4,
            "epochs": 2,
            "schedule": {"shape": "cosine", "warm_up_epochs": 0.5},
            "augmentation": {"crop": 1, "flip": True},
        }
    )
    whole = train(NETWORK, dataset(), settings)
    train(NETWORK, dataset(), settings, folder=tmp_path, stop_after=44)
    again = train(NETWORK, dataset(), settings, folder=tmp_path, resume=True)
    np.testing.assert_array_equal(again.weights["fc"], whole.weights["fc"])
    longer = settings.model_copy(update={"epochs": 3})
    with pytest.raises(InputError, match="another run"):  # its cosine ended elsewhere
        train(NETWORK, dataset(), longer, folder=tmp_path, resume=True)


def test_rules_whose_rate_is_part_of_their_machine_are_refused():
    settings = {"rule": "lns_madam", "device": "exact", "schedule": {"shape": "cosine"}}
    with pytest.raises(InputError, match="cannot change"):
        Machine(NETWORK, read_settings(settings)).scheduled(8)


def test_a_crop_is_a_shifted_image_and_a_flip_its_mirror():
    images = np.arange(1, 19, dtype=F).reshape(2, 9)
    settings = AugmentationSettings(crop=1, flip=True)
    results = [augmented(images, (1, 3, 3), settings, (5, step))[0] for step in range(60)]
    padded = np.pad(images[0].reshape(3, 3), 1)
    possible = {
        tuple(part.ravel())
        for top in range(3)
        for left in range(3)
        for part in (
            padded[top : top + 3, left : left + 3],
            padded[top : top + 3, left : left + 3][:, ::-1],
        )
    }
    assert {tuple(result) for result in results} <= possible
    assert len({tuple(result) for result in results}) > 10
    np.testing.assert_array_equal(augmented(images, (1, 3, 3), settings, (5, 7))[0], results[7])


def test_flat_inputs_are_not_augmented():
    scores = Layer("fc", "linear", ("input",), ((9,),), (3,))
    flat = Network("flat", (Layer("input", "input", (), (), (9,)), scores))
    settings = read_settings({"rule": "float", "augmentation": {"flip": True}})
    with pytest.raises(InputError, match="need \\(channels, height, width\\)"):
        Machine(flat, settings)


def test_the_squared_distance_and_its_error_by_hand():
    outputs = np.array([0.2, 0.9, -0.4], F)
    errors = np.zeros(3, F)
    loss, best = squared_distance(outputs, 1, F(1), F(1), F(1), errors)
    # (0.2^2 + 0.1^2 + 0.4^2)/2/3 = 0.035; a third of the target less the output
    assert loss == near(0.035) and best == 1
    np.testing.assert_allclose(errors, np.array([-0.2, 0.1, 0.4]) / 3, rtol=1e-5)


def test_squared_distances_train_without_a_softmax():
    settings = {"rule": "float", "loss": "mean_squared", "learning_rate": 0.3, "epochs": 20}
    told = train(NETWORK, dataset(), read_settings(settings)).history
    assert told[-1]["train_loss"] < 0.8 * told[0]["train_loss"]


def test_a_softmax_at_the_end_is_a_layer_of_squared_distances():
    last = Layer("s", "softmax", ("fc",), ((3,),), (3,))
    ends = Network("ends", (*NETWORK.layers, last))
    machine = Machine(ends, read_settings({"rule": "float", "loss": "mean_squared"}))
    picture = np.linspace(0, 1, 9, dtype=F)
    weights = machine.arrays.layer_weights()["fc"].astype(float)
    machine.train(picture[None], np.array([[2]]), np.zeros(1, np.int64), 0)
    scores = weights[:, :-1] @ picture + weights[:, -1]
    shares = np.exp(scores) / np.exp(scores).sum()
    wanted = ((shares - [0, 0, 1]) ** 2).sum() / 2 / 3
    assert machine.results[0] == near(wanted, rel=1e-5)


def test_fields_of_other_shapes_are_told_as_unused():
    settings = read_settings({"schedule": {"shape": "step", "last": 0.1}})
    assert unused_in_training(settings) == {"training.schedule.last": "the learning rate is step"}
