"""Do trained weights go out as ONNX and PyTorch, and compute there what they compute here?"""

import numpy as np
import pytest

import archsim
from archsim.operators.array_forward import network_forward
from archsim.run.exported import export_onnx, export_torch
from archsim.run.trained_weights import trained_tensors
from hwlib.errors import InputError
from workloads.load import load_network
from workloads.network import Layer, Network

TEXT = """
schema = 1
name = "all"
input = [2, 8, 8]
[[layer]]
name = "conv"
operator = "conv2d"
channels = 4
kernel = 3
padding = 1
groups = 2
bias = true
[[layer]]
name = "norm"
operator = "batch_norm"
[[layer]]
name = "act"
operator = "leaky_relu"
alpha = 0.2
[[layer]]
name = "down"
operator = "max_pool"
kernel = 2
[[layer]]
name = "second"
operator = "conv2d"
channels = 4
kernel = 1
[[layer]]
name = "sum"
operator = "add"
inputs = ["second", "down"]
[[layer]]
name = "bound"
operator = "clip"
low = -0.5
high = 1.5
[[layer]]
name = "squeeze"
operator = "global_average_pool"
[[layer]]
name = "gate"
operator = "sigmoid"
[[layer]]
name = "excite"
operator = "multiply"
inputs = ["bound", "gate"]
[[layer]]
name = "mean"
operator = "average_pool"
kernel = 2
[[layer]]
name = "flat"
operator = "flatten"
[[layer]]
name = "ln"
operator = "layer_norm"
affine = true
[[layer]]
name = "fc"
operator = "linear"
features = 5
bias = true
[[layer]]
name = "shares"
operator = "softmax"
"""


@pytest.fixture
def network(tmp_path):
    path = tmp_path / "all.toml"
    path.write_text(TEXT, encoding="utf-8")
    return load_network(path)


@pytest.fixture
def weights():
    random = np.random.default_rng(1)
    sizes = {
        "conv.weights": (4, 9),
        "conv.bias": (4,),
        "norm.scale": (4,),
        "norm.shift": (4,),
        "second.weights": (4, 4),
        "ln.scale": (16,),
        "ln.shift": (16,),
        "fc.weights": (5, 16),
        "fc.bias": (5,),
    }
    return {name: random.normal(size=size) for name, size in sizes.items()}


def wanted_of(network, weights, image):
    tensors = trained_tensors(network, weights).tensors
    return network_forward(network, {"input": image.astype(float)}, tensors)["shares"]


@pytest.fixture
def image():
    return np.random.default_rng(2).normal(size=(2, 8, 8)).astype(np.float32)


def test_an_onnx_file_computes_the_same_and_comes_back(network, weights, image, tmp_path):
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    from onnx.reference import ReferenceEvaluator

    path = export_onnx(network, weights, tmp_path / "all.onnx")
    wanted = wanted_of(network, weights, image)
    (given,) = ReferenceEvaluator(str(path)).run(None, {"input": np.stack([image, 0 * image])})
    np.testing.assert_allclose(given[0], wanted, rtol=1e-4, atol=1e-6)
    back = load_network(path)
    assert [layer.name for layer in back.array_layers] == ["conv", "second", "fc"]
    tensors = trained_tensors(back).tensors
    known = network_forward(back, {back.layers[0].name: image.astype(float)}, tensors)
    np.testing.assert_allclose(known[back.layers[-1].name], wanted, rtol=1e-4, atol=1e-6)


def test_a_module_computes_the_same(network, weights, image):
    torch = pytest.importorskip("torch", reason="needs the extra 'torch'")
    module = export_torch(network, weights).eval()
    with torch.no_grad():
        given = module(torch.tensor(image)[None])[0].numpy()
    np.testing.assert_allclose(given, wanted_of(network, weights, image), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("operator", ["softmax", "log_softmax"])
def test_shares_of_a_map_are_over_the_axis_of_the_operator(operator, image, tmp_path):
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    torch = pytest.importorskip("torch", reason="needs the extra 'torch'")
    from onnx.reference import ReferenceEvaluator

    shape = image.shape
    shares = Layer("shares", "softmax", ("input",), (shape,), shape, function=operator)
    network = Network("map", (Layer("input", "input", (), (), shape), shares))
    wanted = wanted_of(network, {}, image)
    path = export_onnx(network, {}, tmp_path / "map.onnx")
    (given,) = ReferenceEvaluator(str(path)).run(None, {"input": image[None]})
    np.testing.assert_allclose(given[0], wanted, rtol=1e-4, atol=1e-6)
    moved = export_torch(network, {})(torch.tensor(image)[None])[0].numpy()
    np.testing.assert_allclose(moved, wanted, rtol=1e-4, atol=1e-6)


def test_a_training_writes_what_it_trained(tmp_path):
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    done = archsim.train("digits_cnn", "cim40", "digits", "sgd", epochs=1, images=16)
    back = load_network(done.to_onnx(tmp_path / "trained.onnx"))
    held = trained_tensors(back).tensors["fc"]["weights"][0]
    np.testing.assert_allclose(held, done.trained.weights["fc"][:, :-1], rtol=1e-6)


def test_what_has_no_word_there_is_refused(tmp_path):
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    shape = (4, 6, 6)
    asked = Layer("asked", "kv_cache", ("input",), (shape,), shape)
    network = Network("old", (Layer("input", "input", (), (), shape), asked))
    with pytest.raises(InputError, match="not written to ONNX"):
        export_onnx(network, {}, tmp_path / "old.onnx")
    assert not (tmp_path / "old.onnx").exists()
