"""Does batch normalisation train on running statistics: exact gradients, words that are priced, folded
into one scale and shift behind the training?
"""

import numpy as np
import pytest

from archsim.operators.array_forward import network_forward
from archsim.operators.kernels import Back, Forth
from archsim.operators.vector.batch_norm import EPSILON, normalise, normalise_back
from archsim.operators.vocabulary import FUNCTIONS
from archsim.run.trained_weights import trained_tensors
from archsim.schemes import load_scheme
from archsim.trace import build_trace
from archsim.training.loop import train
from archsim.training.machine import Machine
from archsim.training.settings import TrainingSettings, read_settings
from archsim.training.stored_weights import read_checkpoint_weights
from tests.near import near
from workloads.datasets import Dataset
from workloads.network import Layer, Network

F = np.float32
SHAPE = (3, 4, 4)
NETWORK = Network(
    "normalised",
    (
        Layer("input", "input", (), (), (2, 4, 4)),
        Layer(
            "conv", "conv2d", ("input",), ((2, 4, 4),), SHAPE, kernel=(3, 3), padding=(1, 1, 1, 1)
        ),
        Layer("norm", "batch_norm", ("conv",), (SHAPE,), SHAPE),
        Layer("relu", "relu", ("norm",), (SHAPE,), SHAPE),
        Layer("flat", "flatten", ("relu",), (SHAPE,), (48,)),
        Layer("fc", "linear", ("flat",), ((48,),), (3,), bias=True),
    ),
)
CHANNELS = 3


def images(count, seed=1):
    return np.random.default_rng(seed).uniform(0, 1, (count, 32)).astype(F)


def dataset(count=60):
    labels = np.random.default_rng(2).integers(0, 3, count)
    held = images(count).reshape(count, 2, 4, 4)
    return Dataset("drawn", held, labels, held[:20].copy(), labels[:20].copy(), 3)


# The law of one layer, in plain Python.


def presented(values, errors, words, share):
    """One image forward and back: outputs, errors below, gradients; `words` follow."""
    channels, positions = values.shape
    window = (channels, positions, 1)
    outputs = np.zeros(values.size, F)
    kept = np.zeros(2 * channels, F)
    below = np.zeros(values.size, F)
    gradients = np.zeros(2 * channels, F)
    none = np.zeros(0, F)
    first = values.astype(F).reshape(-1)
    normalise(Forth(first, none, outputs, kept, words, F(share)), window)
    own = errors.astype(F).reshape(-1)
    back = Back(first, none, outputs, kept, words, own, below, none, gradients, F(share), 0)
    normalise_back(back, window)
    return outputs.reshape(values.shape), below.reshape(values.shape), gradients


def exact(values, scale, shift):
    """Batch normalisation by its definition, over the positions, in double precision."""
    mean = values.mean(axis=1, keepdims=True)
    deviation = np.sqrt(values.var(axis=1, keepdims=True) + EPSILON)
    return (values - mean) / deviation * scale[:, None] + shift[:, None]


def test_on_settled_statistics_errors_and_gradients_are_finite_differences_of_the_definition():
    # an image that comes again and again: what ran before is its own statistics, both ways
    random = np.random.default_rng(4)
    values, errors = random.normal(0.3, 1.5, (2, 3, 7))
    words = np.repeat([1.0, 0.0, 0.0, 1.0, 0.0, 0.0], 3).astype(F)
    words[:6] = [1.2, 0.7, -0.9, 0.1, -0.2, 0.3]
    scale, shift = words[:3].astype(float), words[3:6].astype(float)
    for _ in range(3):
        outputs, below, gradients = presented(values, errors, words, 1.0)
    np.testing.assert_allclose(outputs, exact(values, scale, shift), rtol=1e-4, atol=1e-5)

    def total(values, scale, shift):
        return float((exact(values, scale, shift) * errors).sum())

    h = 1e-6
    for index in np.ndindex(values.shape):
        move = np.zeros_like(values)
        move[index] = h
        slope = total(values + move, scale, shift) - total(values - move, scale, shift)
        assert below[index] == pytest.approx(slope / (2 * h), rel=1e-3, abs=1e-4)
    for c in range(3):
        move = h * (np.arange(3) == c)
        by_scale = total(values, scale + move, shift) - total(values, scale - move, shift)
        by_shift = total(values, scale, shift + move) - total(values, scale, shift - move)
        assert gradients[c] == pytest.approx(by_scale / (2 * h), rel=1e-3, abs=1e-4)
        assert gradients[3 + c] == pytest.approx(by_shift / (2 * h), rel=1e-3, abs=1e-4)


def test_running_statistics_are_those_of_a_mixture_of_the_images_before():
    # share s of the last image, (1 - s) s of the one before, ...; first values 0 and 1
    random = np.random.default_rng(5)
    words = np.repeat([1.0, 0.0, 0.0, 1.0, 0.0, 0.0], 2).astype(F)
    share = 0.3
    means = np.zeros(2)
    squares = np.ones(2)
    for k in range(6):
        values = random.normal(k, 1 + k, (2, 5))
        presented(values, np.zeros((2, 5)), words, share)
        means = (1 - share) * means + share * values.mean(axis=1)
        squares = (1 - share) * squares + share * (values**2).mean(axis=1)
    np.testing.assert_allclose(words[4:6], means, rtol=1e-5)
    np.testing.assert_allclose(words[6:8], squares - means**2, rtol=1e-4)


def test_a_test_leaves_the_statistics_alone():
    words = np.repeat([1.0, 0.0, 0.5, 2.0, 0.0, 0.0], 2).astype(F)
    before = words.copy()
    outputs, _, _ = presented(np.ones((2, 5)), np.zeros((2, 5)), words, 0.0)
    np.testing.assert_array_equal(words, before)
    np.testing.assert_allclose(outputs, 0.5 / np.sqrt(2 + EPSILON), rtol=1e-6)


# In a training.


def test_the_words_of_the_training_are_the_words_that_are_priced():
    machine = Machine(NETWORK, TrainingSettings(rule="float"))
    counts = FUNCTIONS["batch_norm"].words(NETWORK.layer("norm"))
    assert counts == (2 * CHANNELS, 2 * CHANNELS, 2 * CHANNELS)
    assert machine.kept.record.values.size == sum(counts)
    step = build_trace(NETWORK, load_scheme("sgd"), "training", 4)
    # scale and shift with a gradient each, mean and variance, the two means of the errors
    assert step.state_words["layer words"] == 2 * 6 + 6 + 6
    adam = load_scheme("mixed_precision")
    step = build_trace(NETWORK, adam, "training", 4)
    assert step.state_words["layer words"] == 4 * 6 + 6 + 6  # and two moments
    (once,) = [item for item in step.batch_operations if item.name == "norm.words"]
    assert once.vector_work == {name: 6 * n for name, n in adam.weight_work.items()}
    assert once.state_reads == once.state_writes == 24
    (each,) = [item for item in step.image_operations if item.name == "norm.statistics"]
    assert each.state_reads == 18


def test_an_inference_with_the_folded_words_is_the_test_of_the_training():
    settings = TrainingSettings(rule="float", learning_rate=0.05, batch=4, epochs=2)
    data = dataset()
    machine_result = train(NETWORK, data, settings)
    tensors = trained_tensors(
        NETWORK,
        {
            "conv.weights": machine_result.weights["conv"],
            "fc.weights": machine_result.weights["fc"][:, :-1],
            "fc.bias": machine_result.weights["fc"][:, -1],
            **{f"norm.{role}": v for role, v in machine_result.roles["norm"].items()},
        },
    ).tensors
    wrong = 0
    for image, label in zip(data.test_images, data.test_labels):
        scores = network_forward(NETWORK, {"input": image.astype(float)}, tensors)["fc"]
        wrong += int(np.argmax(scores) != label)
    assert 100 * wrong / len(data.test_labels) == near(
        machine_result.history[-1]["test_error_percent"]
    )
    scale = machine_result.roles["norm"]["scale"]
    assert np.ptp(scale) > 0.1  # the channels have statistics of their own


@pytest.mark.parametrize("form", ["fp32", "bf16"])
def test_a_training_goes_on_from_a_checkpoint_to_the_same_bits(tmp_path, form):
    settings = read_settings(
        {
            "rule": "mixed_precision",
            "device": "exact",
            "learning_rate": 0.01,
            "batch": 4,
            "epochs": 2,
            "digital": {"format": form},
        }
    )
    whole = train(NETWORK, dataset(), settings)
    train(NETWORK, dataset(), settings, folder=tmp_path, stop_after=44)
    again = train(NETWORK, dataset(), settings, folder=tmp_path, resume=True)
    assert again.history[-1]["test_loss"] == whole.history[-1]["test_loss"]
    for role, values in whole.roles["norm"].items():
        np.testing.assert_array_equal(again.roles["norm"][role], values)
    kept = read_checkpoint_weights(NETWORK, tmp_path).roles["norm"]
    np.testing.assert_array_equal(kept["scale"], whole.roles["norm"]["scale"])


def test_words_are_rounded_to_the_format_of_the_chip():
    settings = {"rule": "sgd", "device": "exact", "digital": {"format": "bf16"}, "batch": 2}
    machine = Machine(NETWORK, read_settings(settings))
    labels = np.zeros((8, 1), np.int64)
    machine.train(images(8), labels, np.arange(8), 0)
    values = machine.kept.record.values
    assert values[CHANNELS : 2 * CHANNELS].all()  # shifts, trained from zero
    assert not (values.view(np.uint32) & 0xFFFF).any()  # bf16: the upper half of a float32
