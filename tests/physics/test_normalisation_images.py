"""Do the statistics of batch normalisations that a chip measures itself make good for what its devices
moved, and does nothing change where none are asked for?
"""

from __future__ import annotations

import numpy as np
import pytest

import archsim
from archsim.cli.main import main
from archsim.operators.kernels import Forth
from archsim.operators.vector.batch_norm import normalise
from archsim.operators.vocabulary import operator_of
from archsim.run.exported import export_onnx
from archsim.run.trained_weights import trained_tensors
from archsim.studies import silicon
from archsim.training.data import prepare
from archsim.training.machine import Machine
from archsim.training.settings import read_settings
from archsim.training.statistics import measure_statistics
from archsim.training.transfer import transfer
from hwlib.errors import InputError
from tests.near import near
from tests.physics.test_inference import random_weights
from workloads.datasets import load_dataset
from workloads.network import Layer, Network

F = np.float32
MAP = (8, 6, 6)
NETWORK = Network(
    "normalised digits",
    (
        Layer("input", "input", (), (), (1, 8, 8)),
        Layer("conv", "conv2d", ("input",), ((1, 8, 8),), MAP, kernel=(3, 3)),
        Layer("norm", "batch_norm", ("conv",), (MAP,), MAP),
        Layer("relu", "relu", ("norm",), (MAP,), MAP),
        Layer("flat", "flatten", ("relu",), (MAP,), (288,)),
        Layer("w2", "linear", ("flat",), ((288,),), (32,)),
        Layer("norm2", "batch_norm", ("w2",), ((32,),), (32,)),
        Layer("relu2", "relu", ("norm2",), ((32,),), (32,)),
        Layer("w3", "linear", ("relu2",), ((32,),), (10,), bias=True),
        Layer("softmax", "softmax", ("w3",), ((10,),), (10,)),
    ),
)
EXACT_READS = {"input_bits": 0, "output_bits": 0, "output_noise": 0.0}
PROGRAMMED = {
    "rule": "mixed_precision",
    "device": "bulk_rram",
    "weight_range": "device",
    "read": {"output_noise": 0.0},
    "device_settings": {"program_error": 0.1, "verify_window": 10.0, "read_noise": 0.0},
}


@pytest.fixture(scope="module")
def machine():
    """A training of two epochs in exact arithmetic."""
    settings = read_settings(
        {"rule": "sgd", "device": "none", "learning_rate": 0.05, "batch": 16, "read": EXACT_READS}
    )
    made = Machine(NETWORK, settings)
    data = prepare(NETWORK, load_dataset("digits"))
    count = len(data.train_images)
    for epoch in range(2):
        order = np.random.default_rng(epoch).permutation(count)
        made.train(data.train_images, data.train_labels, order, epoch * count)
    return made


@pytest.fixture(scope="module")
def values(machine):
    """The same as a file of weights would have it."""
    arrays = {}
    for name, matrix in machine.arrays.layer_weights().items():
        bias = NETWORK.layer(name).bias
        arrays[f"{name}.weights"] = matrix[:, :-1] if bias else matrix
        if bias:
            arrays[f"{name}.bias"] = matrix[:, -1]
    for name, roles in machine.kept.roles().items():
        arrays |= {f"{name}.{role}": held for role, held in roles.items()}
    return arrays


def infer(values, **options):
    noise = {
        "device_settings": {"program_error": 0.3, "verify_window": 10.0},
        "device": "bulk_rram",
    }
    return archsim.infer(
        NETWORK, "cores40", "digits", weights=values, **{"seeds": 3, **noise, **options}
    )


def test_fresh_chips_of_a_training_err_less_with_statistics_of_their_own(machine):
    weights = machine.arrays.layer_weights()
    settings = read_settings(PROGRAMMED)
    data = load_dataset("digits")
    before = machine.kept.record.values.copy()
    errors = {
        count: transfer(NETWORK, data, settings, weights, [1, 2, 3], machine, count)
        for count in (0, 64)
    }
    assert all(own < given - 5 for given, own in zip(*errors.values())), errors
    assert transfer(NETWORK, data, settings, weights, [1, 2, 3], machine, 64) == errors[64]
    assert (machine.kept.record.values == before).all()


def test_measuring_moves_statistics_alone(machine):
    data = prepare(NETWORK, load_dataset("digits"))
    fresh = Machine(NETWORK, machine.settings)
    fresh.arrays.weights[...] = machine.arrays.weights
    fresh.kept.begin_with(machine.kept.record.values)
    fresh.stored.scales[...] = machine.stored.scales
    kept = [
        fresh.arrays.weights.copy(),
        fresh.stored.scales.copy(),
        fresh.kept.record.values.copy(),
    ]
    measure_statistics(fresh, data.train_images, data.train_labels, 40)
    assert (fresh.arrays.weights == kept[0]).all()
    assert (fresh.stored.scales == kept[1]).all()
    assert not fresh.kept.record.gradients.any()
    moved = fresh.kept.record.values != kept[2]
    # of each channel the mean and the variance, of six words
    assert moved.sum() == 2 * (8 + 32)
    again = Machine(NETWORK, machine.settings)
    again.arrays.weights[...] = machine.arrays.weights
    again.kept.begin_with(kept[2])
    measure_statistics(again, data.train_images, data.train_labels, 40)
    assert (again.kept.record.values == fresh.kept.record.values).all()


def test_the_law_of_an_inference_is_that_of_a_training():
    layer = NETWORK.layer("norm")
    draw = np.random.default_rng(5)
    words = draw.uniform(0.5, 2, 6 * 8).astype(F)
    compiled = words.copy()
    share = 1.0
    for _ in range(4):
        share /= 2
        image = draw.normal(1, 3, MAP).astype(F)
        operator_of(layer).follow(layer, words[:32], image, share)
        none, outputs = np.zeros(0, F), np.zeros(image.size, F)
        forth = Forth(image.reshape(-1), none, outputs, np.zeros(16, F), compiled, F(share))
        normalise(forth, (8, 36, 1))
    assert words == near(compiled, rel=1e-5)


def test_chips_of_an_inference_measure_their_own(values):
    given = infer(values)
    own = infer(values, normalisation_images=64)
    pairs = zip(given.inference["accuracies_percent"], own.inference["accuracies_percent"])
    assert all(after > before + 5 for before, after in pairs), (given.inference, own.inference)
    # what it costs is told, and where nothing is measured, that too
    assert own.inference["normalisation_images"] == 64
    energy = 64 * own.energy_per_image_j
    assert any(f"{energy:.3g} J" in note for note in own.notes)
    assert any("are those of the training" in note for note in given.notes)
    assert not any("are those of the training" in note for note in own.notes)
    assert own.reference_accuracy_percent == given.reference_accuracy_percent
    assert own.energy_per_image_j == near(given.energy_per_image_j, rel=0.2)
    again = infer(values, normalisation_images=64)
    assert again.to_dict() == own.to_dict()


def test_on_exact_arrays_statistics_of_many_images_are_those_of_the_training(values):
    exact = {"device": "exact", "device_settings": None, "seeds": 1}
    given, own = infer(values, **exact), infer(values, normalisation_images=1000, **exact)
    assert abs(own.accuracy_percent - given.accuracy_percent) <= 1.5


@pytest.mark.parametrize(
    ("images", "message"),
    [(-1, "not a count"), (True, "another type"), (10**6, "not that many training images")],
)
def test_counts_that_are_none_are_refused(values, images, message):
    with pytest.raises(InputError, match=message):
        infer(values, normalisation_images=images)


def test_networks_without_running_statistics_are_refused(machine, values):
    plain = archsim.load_network("digits_cnn")
    drawn = random_weights(plain)
    with pytest.raises(InputError, match="no layer of the network has running statistics"):
        archsim.infer(plain, weights=drawn, data="digits", normalisation_images=4)
    settings = read_settings({"rule": "sgd", "device": "none"})
    with pytest.raises(InputError, match="running statistics"):
        transfer(plain, load_dataset("digits"), settings, {}, [1], None, 4)
    without = {name: held for name, held in values.items() if not name.endswith("variance")}
    with pytest.raises(InputError, match="without the statistics"):
        infer(without, normalisation_images=4)
    folded = {name: held for name, held in values.items() if not name.startswith("norm")}
    with pytest.raises(InputError, match="are folded into them"):
        infer(folded, normalisation_images=4)


def test_a_training_hands_its_statistics_to_an_inference(machine, values):
    tensors = trained_tensors(NETWORK, values).tensors["norm"]
    words = operator_of(NETWORK.layer("norm")).unfolded(NETWORK.layer("norm"), tensors)
    assert words == near(machine.kept.record.values[:32], rel=1e-5)


def test_the_command_refuses_what_it_cannot_measure(capsys):
    line = ["infer", "digits_cnn", "--data", "digits", "--normalisation-images"]
    for count in ("-1", "many"):
        assert main([*line, count]) == 2
        assert "--normalisation-images" in capsys.readouterr().err


def test_the_study_refuses_statistics_that_no_chip_measures(capsys, tmp_path):
    line = [str(tmp_path / "study.toml"), "--row", "it", "--arch", "wu2023"]
    assert silicon.main([*line, "--normalisation-images", "4"]) == 2
    assert "--chips" in capsys.readouterr().err
    told = silicon.markdown([{}, {}], "wu2023", [3.0], own=", measured on 4")
    assert "1 freshly drawn chips, measured on 4: test error 3.00 %," in told


def test_statistics_leave_and_come_back_with_an_onnx_file(values, tmp_path):
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    path = export_onnx(NETWORK, values, tmp_path / "net.onnx")
    back = archsim.load_network(path)
    assert back.tensors is not None
    held = back.tensors.read()
    for name in ("norm", "norm2"):
        for role in ("scale", "shift", "mean", "variance"):
            assert held[name][role] == near(values[f"{name}.{role}"], rel=1e-4)
