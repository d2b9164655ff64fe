"""Does `train --weights` begin where another training ended?"""

import numpy as np
import pytest

import archsim
from archsim.operators.array_forward import network_forward
from archsim.run.exported import export_onnx
from archsim.run.first_weights import first_of, first_weights
from archsim.run.trained_weights import trained_tensors
from archsim.training.loop import train
from archsim.training.machine import Machine
from archsim.training.settings import read_settings
from hwlib.errors import InputError
from tests.near import near
from tests.physics.test_batch_norm import NETWORK, dataset
from workloads.load import load_network
from workloads.network import Layer, Network

PLAIN = Network(
    "plain",
    (
        Layer("input", "input", (), (), (2, 4, 4)),
        Layer("flat", "flatten", ("input",), ((2, 4, 4),), (32,)),
        Layer("fc", "linear", ("flat",), ((32,),), (3,), bias=True),
    ),
)
SETTINGS = read_settings({"rule": "sgd", "device": "exact", "batch": 4, "epochs": 1})
EXACT = read_settings({"rule": "float"})


def test_a_training_begins_with_the_weights_and_statistics_of_another(tmp_path):
    before = train(NETWORK, dataset(), SETTINGS, folder=tmp_path)
    begun = Machine(NETWORK, SETTINGS, first_weights(NETWORK, tmp_path))
    for name, weights in begun.arrays.layer_weights().items():
        np.testing.assert_array_equal(weights, before.weights[name])
    np.testing.assert_array_equal(begun.kept.record.values, before.words)
    data = dataset()
    loss, error = begun.evaluate(
        data.test_images.reshape(20, -1), data.test_labels[:, None].astype(np.int64), 0
    )
    assert 100 * error == before.history[-1]["test_error_percent"]


def test_devices_take_the_weights_within_their_range():
    # the range of the devices is a multiple of the largest first weight: nothing is cut
    given = {"fc.weights": np.linspace(-3, 3, 96).reshape(3, 32), "fc.bias": np.ones(3)}
    settings = read_settings(
        {
            "rule": "mixed_precision",
            "device": "bulk_rram",
            "device_settings": {"program_error": 0.0, "verify_window": 0.001},
        }
    )
    machine = Machine(PLAIN, settings, first_weights(PLAIN, given))
    held = machine.arrays.layer_weights()["fc"][:, :-1]
    # 1/15 of the range of 4 x 3 is a step; verified to a hundredth of the range
    np.testing.assert_allclose(held, given["fc.weights"], atol=0.12)
    assert np.abs(held).max() > 2.8


def test_the_public_call_takes_them_and_keeps_their_digest(tmp_path):
    network = "digits_cnn"
    short = {"epochs": 1, "images": 16, "scheme": "sgd", "seed": 3}
    first = archsim.train(network, "cim40", "digits", folder=tmp_path / "a", **short)
    again = archsim.train(network, "cim40", "digits", weights=tmp_path / "a", **short)
    assert "weights" in again.result.document["training"]["inputs"]
    assert again.epochs[0]["train_loss"] != first.epochs[0]["train_loss"]
    with pytest.raises(InputError, match="no such file or folder"):
        archsim.train(network, "cim40", "digits", weights=tmp_path / "none", **short)


def given_weights():
    random = np.random.default_rng(1)
    return {
        "conv.weights": random.normal(size=(3, 18)),
        "fc.weights": random.normal(size=(3, 48)),
        "fc.bias": np.zeros(3),
    }


def losses_of(machine, images):
    """The loss of every class as if it were right, (images, classes): logarithms of shares."""
    inputs = images.reshape(len(images), 1, -1).astype(np.float32)
    classes = range(machine.program.classes)
    labels = [np.array([[number]], np.int64) for number in classes]
    return np.array([[machine.evaluate(one, label, 0)[0] for label in labels] for one in inputs])


def losses_for(scores):
    scores = np.asarray(scores, float)
    return np.log(np.exp(scores).sum(axis=1, keepdims=True)) - scores


def test_statistics_of_a_file_give_its_outputs_and_are_trained_on(tmp_path):
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    norm = {"scale": [0.5, -2.0, 1.5], "shift": [0.1, 0.0, -0.3]}
    statistics = {"mean": [0.4, -0.2, 3.0], "variance": [2.0, 0.1, 1.0]}
    given = given_weights() | {
        f"norm.{role}": np.array(values) for role, values in (norm | statistics).items()
    }
    images = dataset().test_images[:5]
    tensors = trained_tensors(NETWORK, given).tensors
    wanted = [network_forward(NETWORK, {"input": image}, tensors)["fc"] for image in images]
    # the same function from a file of ONNX, whose statistics are 0 and 1
    path = export_onnx(NETWORK, given, tmp_path / "net.onnx")
    for network, weights in ((NETWORK, given), (load_network(path), path)):
        machine = Machine(network, EXACT, first_weights(network, weights))
        np.testing.assert_allclose(losses_of(machine, images), losses_for(wanted), rtol=1e-4)
    words = Machine(NETWORK, SETTINGS, first_weights(NETWORK, given)).kept.record.values
    assert np.allclose(words[6:12], [*statistics["mean"], *statistics["variance"]])
    # 0.5 sqrt(2 + 1e-5), and 0.1 + 0.4 x 0.5
    assert words[0] == near(0.5 * 2.00001**0.5, rel=1e-6) and words[3] == near(0.3, rel=1e-6)


def joined(constants):
    """A sum with a constant between two arrays."""
    shape = (4,)
    return Network(
        "joined",
        (
            Layer("input", "input", (), (), shape),
            Layer("fc", "linear", ("input",), (shape,), shape, bias=True),
            Layer("it", "add", ("fc",), (shape,), shape, function="subtract", constants=constants),
            Layer("last", "linear", ("it",), (shape,), (3,), bias=True),
        ),
    )


@pytest.mark.parametrize("role", ["operand0", "operand1"])
def test_a_constant_operand_comes_from_the_file_of_the_network_or_of_the_weights(role, tmp_path):
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    network = joined((role,))
    random = np.random.default_rng(2)
    given = {f"it.{role}": np.array([3.0, -1.0, 0.5, 2.0])}
    for name, outputs in (("fc", 4), ("last", 3)):
        given |= {
            f"{name}.weights": random.normal(size=(outputs, 4)),
            f"{name}.bias": [0.5] * outputs,
        }
    image = random.normal(size=(1, 4))
    tensors = trained_tensors(network, given).tensors
    wanted = network_forward(network, {"input": image[0]}, tensors)["last"]
    # without values nothing is made up
    with pytest.raises(InputError, match="constant of this layer has no values"):
        first_of(network, None)
    path = export_onnx(network, given, tmp_path / "net.onnx")
    back = load_network(path)
    for it, weights in ((network, given), (back, path), (back, weights_alone(given))):
        machine = Machine(it, EXACT, first_weights(it, weights))
        np.testing.assert_allclose(losses_of(machine, image), losses_for([wanted]), rtol=1e-4)
    # begun with weights of its own, the constant is still that of the file
    assert first_of(back, None) is None
    values = Machine(back, SETTINGS).kept.record.values
    np.testing.assert_allclose(values, given[f"it.{role}"])


def weights_alone(given):
    """The weights without the constant, which the network's own file has."""
    return {name: value for name, value in given.items() if ".operand" not in name}


def test_a_file_of_weights_without_statistics_is_refused():
    given = given_weights()
    with pytest.raises(InputError, match="without the statistics"):
        first_weights(NETWORK, given)
