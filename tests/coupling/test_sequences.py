"""Does a recurrent layer on arrays learn a task, and is that training priced and does it leave?"""

from pathlib import Path

import numpy as np
import pytest

import archsim
from archsim.operators.array_forward import network_forward
from archsim.run.trained_weights import trained_tensors
from tests.near import near
from workloads.datasets import fit_dataset, load_dataset

NETWORK = Path(archsim.__file__).parents[1] / "docs" / "examples" / "rows_gru.toml"
RULES = {"rpu": 60, "sign_sgd": 80}
"""Percent of right answers that are asked for; ten digits by chance are 10."""


@pytest.fixture(scope="module", params=RULES)
def trained(request):
    """Digits read row by row, by pulses and by writes: eight epochs, about a second each."""
    return request.param, archsim.train(NETWORK, "cim40", "digits", request.param, epochs=8, seed=1)


def test_a_gru_learns_to_read_digits_row_by_row(trained):
    rule, training = trained
    assert training.accuracy_percent > RULES[rule]
    errors = [epoch["test_error_percent"] for epoch in training.epochs]
    assert errors[-1] < errors[0] - 20


def test_its_training_step_is_priced(trained):
    _, training = trained
    result = training.result
    assert result.area_mm2 > 0 and result.cycles > 0
    counted = {(row["layer"], row["phase"]) for row in result.ledger if row["component"] == "array"}
    # nothing below the gates learns, so their array is not read backwards
    wanted = {("gates", "forward"), ("gates", "update")}
    for layer in ("gru", "classes"):
        wanted |= {(layer, phase) for phase in ("forward", "backward", "update")}
    assert counted >= wanted and ("gates", "backward") not in counted


def images_of(training):
    network = training.network
    return network, fit_dataset(network, load_dataset("digits"))


def exact_scores(network, images, training):
    tensors = trained_tensors(network, training).tensors
    last = network.layers[-1].name
    name = network.layers[0].name
    return np.array([network_forward(network, {name: one}, tensors)[last] for one in images])


def test_what_it_learned_leaves_as_onnx_and_as_a_module(trained, tmp_path):
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    torch = pytest.importorskip("torch", reason="needs the extra 'torch'")
    from onnx.reference import ReferenceEvaluator

    _, training = trained
    network, data = images_of(training)
    images = np.ascontiguousarray(data.test_images[:40], np.float32)
    wanted = exact_scores(network, images, training)
    with torch.no_grad():
        module = training.to_torch().eval()(torch.tensor(images)).numpy()
    np.testing.assert_allclose(module, wanted, rtol=1e-4, atol=1e-4)
    path = training.to_onnx(tmp_path / "rows.onnx")
    name = network.layers[0].name
    given = ReferenceEvaluator(str(path)).run(None, {name: images})[0]
    np.testing.assert_allclose(given, wanted, rtol=1e-4, atol=1e-4)
    # exact arithmetic with the trained weights answers as the arrays do, within some noise
    right = 100 * (wanted.argmax(axis=1) == data.test_labels[:40]).mean()
    assert right > training.accuracy_percent - 25


def test_the_same_seed_gives_the_same_training():
    options = dict(epochs=1, seed=4, images=64)
    once, again = (archsim.train(NETWORK, "cim40", "digits", "rpu", **options) for _ in range(2))
    assert once.accuracy_percent == near(again.accuracy_percent)
    assert once.epochs[0]["train_loss"] == near(again.epochs[0]["train_loss"])
