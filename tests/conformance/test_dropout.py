"""Does dropout drop what its rate says, in a training alone, the same bits however it is run, and is
it priced?
"""

from dataclasses import replace

import numpy as np
import pytest

import archsim
from archsim.operators.compiled import compiled
from archsim.operators.free.dropout import DROP
from archsim.operators.kernels import Back, Forth
from archsim.run.constant_operands import note_of_dropout
from archsim.run.exported import export_onnx, export_torch
from archsim.schemes import load_scheme
from archsim.trace import build_trace
from archsim.training.loop import train
from archsim.training.machine import Machine
from archsim.training.settings import TrainingSettings
from archsim.training.statistics import measure_statistics
from archsim.training.trainable import untrainable
from tests.near import near
from workloads.datasets import Dataset
from workloads.load import load_network
from workloads.network import Layer, Network

F = np.float32
NONE = np.zeros(0, F)
TEXT = """
schema = 1
name = "dropped"
input = [16]
[[layer]]
name = "first"
operator = "linear"
features = 12
[[layer]]
name = "drop"
operator = "dropout"
rate = 0.25
[[layer]]
name = "act"
operator = "relu"
[[layer]]
name = "norm"
operator = "batch_norm"
[[layer]]
name = "last"
operator = "linear"
features = 3
"""


def network_of(tmp_path, text=TEXT):
    path = tmp_path / "dropped.toml"
    path.write_text(text, encoding="utf-8")
    return load_network(path)


@pytest.fixture
def network(tmp_path):
    return network_of(tmp_path)


def points(images=48):
    random = np.random.default_rng(4)
    shown = random.normal(size=(images, 16)).astype(F)
    labels = random.integers(0, 3, images)
    return Dataset("points", shown, labels, shown[:16].copy(), labels[:16].copy(), 3)


LAST = Layer("last", "linear", ("act",), ((12,),), (3,))


class Run:
    """Its kernel with values."""

    def __init__(self, function, rate=0.25, key=7, learns=True):
        self.function = function
        self.words = np.array([rate, 1 / (1 - rate)], F)
        self.inputs = np.random.default_rng(2).normal(size=4000).astype(F)
        self.key, self.learns = np.uint64(key), learns
        self.kept = np.zeros_like(self.inputs)

    def forward(self, inputs):
        made = np.zeros_like(inputs)
        words = Forth(inputs, NONE, made, self.kept, self.words, F(0.5), self.learns, self.key)
        self.function(DROP.forward)(words, np.zeros(14, np.int64))
        return made

    def back(self, errors):
        below = np.zeros_like(errors)
        made = self.forward(self.inputs)
        data = (
            self.inputs,
            NONE,
            made,
            self.kept,
            self.words,
            errors,
            below,
            NONE,
            NONE,
            F(0.5),
            0,
        )
        self.function(DROP.backward)(Back(*data), np.zeros(14, np.int64))
        return below


def test_what_is_left_keeps_the_mean():
    run = Run(compiled)
    made = run.forward(run.inputs)
    left = made != 0
    # 4000 draws: a standard deviation of 0.7 %
    assert left.mean() == near(0.75, rel=0.04)
    np.testing.assert_array_equal(made[left], run.inputs[left] * run.words[1])
    assert run.words[1] == near(4 / 3)
    other = Run(compiled, key=8).forward(run.inputs)
    assert ((other != 0) != left).mean() == near(2 * 0.25 * 0.75, rel=0.1)


def test_errors_pass_as_finite_differences_ask():
    run = Run(compiled)
    errors = np.random.default_rng(3).normal(size=run.inputs.size).astype(F)
    below = run.back(errors)
    apart = run.forward(run.inputs + F(0.5)) - run.forward(run.inputs - F(0.5))
    np.testing.assert_allclose(below, errors * apart, rtol=1e-4, atol=1e-5)


def test_machine_code_equals_the_plain_function():
    # few elements, as Python draws them one by one
    plain, machine = Run(lambda half: half), Run(compiled)
    for run in (plain, machine):
        run.inputs = run.inputs[:100].copy()
        run.kept = np.zeros(100, F)
    np.testing.assert_array_equal(plain.forward(plain.inputs), machine.forward(machine.inputs))
    errors = np.arange(100, dtype=F)
    np.testing.assert_array_equal(plain.back(errors), machine.back(errors))


def test_a_test_and_measured_statistics_drop_nothing(network):
    run = Run(compiled, learns=False)
    np.testing.assert_array_equal(run.forward(run.inputs), run.inputs)
    whole = network_of_rate(network, 0.0)
    data = points()
    images, labels = data.train_images, data.train_labels[:, None]
    results = []
    for each in (network, whole):
        machine = Machine(each, TrainingSettings(rule="float", seed=3))
        tested = machine.evaluate(images, labels, 0)
        measure_statistics(machine, images, labels, 8)
        results.append((tested, machine.kept.roles()["norm"]))
    assert results[0][0] == results[1][0]
    for role, values in results[0][1].items():
        np.testing.assert_array_equal(values, results[1][1][role])


def network_of_rate(network, rate):
    layers = (
        replace(layer, settings=(("rate", rate),)) if layer.name == "drop" else layer
        for layer in network.layers
    )
    return replace(network, layers=tuple(layers))


def trained(network, **given):
    changes = {"rule": "float", "learning_rate": 0.05, "batch": 8, "epochs": 2, "seed": 5}
    stopped = {
        name: given.pop(name) for name in ("folder", "resume", "stop_after") if name in given
    }
    return train(network, points(), TrainingSettings(**{**changes, **given}), **stopped).weights


def test_a_training_is_the_same_on_any_number_of_threads_and_after_a_break(network, tmp_path):
    alone = trained(network)
    together = trained(network, threads=2)
    trained(network, folder=tmp_path / "part", checkpoint_images=16, stop_after=64)
    resumed = trained(network, folder=tmp_path / "part", checkpoint_images=16, resume=True)
    whole = trained(network_of_rate(network, 0.0))
    other = trained(network, seed=6)
    for name, matrix in alone.items():
        np.testing.assert_array_equal(matrix, together[name])
        np.testing.assert_array_equal(matrix, resumed[name])
        assert (matrix != whole[name]).any()
        assert (matrix != other[name]).any()


def test_each_image_draws_its_own(network):
    """The same image moves the weights otherwise in another step of a seed."""
    plain = Network("plain", (*network.layers[:4], LAST))
    data = points()
    image, labels = data.train_images[:1], data.train_labels[:1, None]
    moved = []
    for seed, step in ((3, 0), (3, 0), (3, 8)):
        machine = Machine(plain, TrainingSettings(rule="float", seed=seed, learning_rate=0.1))
        machine.train(image, labels, np.zeros(1, np.int64), step)
        moved.append(machine.arrays.layer_weights()["first"])
    np.testing.assert_array_equal(moved[0], moved[1])
    assert (moved[0] != moved[2]).any()


def test_numbers_masks_and_products_are_priced_in_a_training_alone(network):
    trace = build_trace(network, load_scheme("sgd"), "training", 4)
    steps = {item.name: item for item in trace.image_operations}
    plain = build_trace(network_of_rate(network, 0.0), load_scheme("sgd"), "training", 4)
    before = {item.name: item for item in plain.image_operations}

    def more(name, action):
        given = before[name].vector_work.get(action, 0)
        return steps[name].vector_work.get(action, 0) - given

    # it streams behind the array: 12 elements draw a number, compare it, and are multiplied
    forward = {action: more("first.forward", action) for action in ("multiply_add", "compare")}
    assert forward == {"multiply_add": 12, "compare": 12}
    assert more("first.forward", "multiply") == 12
    assert more("first.backward", "multiply") == 12
    bits = steps["first.forward"].mask_bits - before["first.forward"].mask_bits
    assert bits == 12
    inference = build_trace(network)
    assert inference.image_operations == build_trace(network_of_rate(network, 0.0)).image_operations


def test_a_rate_outside_its_bounds_is_refused(tmp_path):
    for rate in ("1", "-0.1", '"half"'):
        with pytest.raises(archsim.InputError, match="rate"):
            network_of(tmp_path, TEXT.replace("0.25", rate))
    usual = network_of(tmp_path, TEXT.replace("rate = 0.25\n", ""))
    assert usual.layer("drop").setting("rate") == 0.5


def test_a_rate_of_zero_is_told(network):
    assert note_of_dropout(network) == []
    (note,) = note_of_dropout(network_of_rate(network, 0.0))
    assert "dropout of drop drops nothing" in note


@pytest.mark.parametrize("opset", [7, 12, 13])
def test_files_say_the_rate(tmp_path, opset):
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    from tests.onnx_models import loader, node

    weights = [("w", np.ones((8, 3), F))]
    given = {"ratio": 0.3} if opset < 12 else {}
    inputs = ["x"]
    if opset >= 12:
        weights += [("ratio", np.array(0.3, F)), ("trains", np.array(True))]
        inputs += ["ratio", "trains"]
    nodes = [node("Dropout", inputs, ["dropped"], **given), node("MatMul", ["dropped", "w"])]
    network = loader(tmp_path)(nodes, [("x", [1, 8])], [("y", None)], weights, opset=opset)
    (layer,) = [item for item in network.layers if item.computes == "dropout"]
    assert layer.setting("rate") == near(0.3, rel=1e-6)
    assert untrainable(network) == {}


def test_it_leaves_and_comes_back(network, tmp_path):
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    torch = pytest.importorskip("torch", reason="needs the extra 'torch'")
    result = archsim.train(network, "cim40", points(), "sgd", epochs=1)
    back = load_network(export_onnx(network, result, tmp_path / "left.onnx"))
    (layer,) = [item for item in back.layers if item.computes == "dropout"]
    assert layer.setting("rate") == 0.25
    module = export_torch(network, result)
    (part,) = [item for item in module.modules() if isinstance(item, torch.nn.Dropout)]
    assert part.p == 0.25 and not part.training


def test_a_module_brings_its_dropout():
    torch = pytest.importorskip("torch", reason="needs the extra 'torch'")
    pytest.importorskip("onnxscript", reason="needs the extra 'torch'")

    class Small(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.first = torch.nn.Linear(6, 5)
            self.drop = torch.nn.Dropout(0.3)
            self.none = torch.nn.Dropout(0.0)
            self.last = torch.nn.Linear(5, 2)

        def forward(self, x):
            x = self.none(self.drop(torch.relu(self.first(x))))
            return self.last(torch.nn.functional.dropout(x, 0.2, self.training))

    module = Small()
    module.drop.eval()
    network = archsim.from_torch(module, torch.zeros(1, 6))
    rates = [item.setting("rate") for item in network.layers if item.computes == "dropout"]
    assert rates == [0.3]
    assert any("no torch.nn.Dropout: dropout" in note for note in network.notes)
    assert module.training and not module.drop.training  # left as it was
