"""Built-in networks and SCALE-Sim files: sizes against the papers, and properties that hold for
every network.
"""

import subprocess
import sys

import pytest

from tests.conformance.sound_networks import check_network, write
from tests.members import every
from workloads import list_networks, load_network

# Weights and multiply-accumulates an image without biases; with biases added where the source
# counts them (second pair).
SIZES = {
    "lenet1": (3_220, 136_320),
    "rpu_cnn": (80_016, 1_116_416),
    "mlp": (784 * 256 + 256 * 128 + 128 * 10, 784 * 256 + 256 * 128 + 128 * 10),
    "mlp_128": (784 * 128 + 128 * 128 + 128 * 10, 784 * 128 + 128 * 128 + 128 * 10),
    "mlp_100": (784 * 100 + 100 * 10, 784 * 100 + 100 * 10),
    "vgg8": (12_973_440, 615_917_568),
    "resnet18": (11_678_912, 1_814_073_344),
    "resnet18_cifar": (11_164_352, 555_422_720),
    "lstm": (76_992, 7_699_200),
    # a block of d features has a matrix of d x 3 d, one of d x d and two of d x 4 d: 12 d^2 weights
    "gpt2_small": (12 * 12 * 768**2 + 768 * 50257, 1024 * (12 * 12 * 768**2 + 768 * 50257)),
    "vit_tiny": (
        768 * 192 + 12 * 12 * 192**2 + 192 * 1000,
        196 * 768 * 192 + 197 * 12 * 12 * 192**2 + 192 * 1000,
    ),
    "digits_cnn": (9 * 16 + 144 * 10, 36 * 9 * 16 + 144 * 10),
    # 32-32, 64-64 and 128-128 channels of 32 x 32, 16 x 16 and 8 x 8 positions; 2,048 -> 128 -> 10
    "wu2023_vgg8": (
        9 * (3 * 32 + 32 * 32 + 32 * 64 + 64 * 64 + 64 * 128 + 128 * 128) + 2048 * 128 + 128 * 10,
        9 * 1024 * (3 * 32 + 32 * 32)
        + 9 * 256 * (32 * 64 + 64 * 64)
        + 9 * 64 * (64 * 128 + 128 * 128)
        + 2048 * 128
        + 128 * 10,
    ),
}
WITH_BIASES = {
    # K1 416, K2 12,832, W3 65,664, W4 1,290 weights; 1,127,818 multiply-accumulates a pass, derived
    # from Gokmen 2017
    "rpu_cnn": (80_202, 1_127_818),
    # 77 K weights in Gokmen, Rasch and Haensch 2018; 235 K in Gokmen and Vlasov 2016
    "lstm": (77_591, 7_759_100),
    "mlp": (235_146, 235_146),
}


@every("name", SIZES)
def test_sizes(name):
    network = load_network(name)
    assert (network.weights, network.multiply_accumulates) == SIZES[name]


@pytest.mark.parametrize("name", WITH_BIASES)
def test_sizes_with_biases(name):
    weights = work = 0
    for layer in load_network(name).array_layers:
        matrix = layer.matrix
        bias = matrix.columns * matrix.groups if layer.bias else 0
        weights += matrix.weights + bias
        work += (matrix.weights + bias) * matrix.vectors
    assert (weights, work) == WITH_BIASES[name]


def test_layers_of_lenet1():
    shapes = {layer.name: layer.output_shape for layer in load_network("lenet1").layers}
    assert shapes["conv1"] == (4, 24, 24) and shapes["pool1"] == (4, 12, 12)
    assert shapes["conv2"] == (12, 8, 8) and shapes["pool2"] == (12, 4, 4) and shapes["fc"] == (10,)
    matrices = {layer.name: layer.matrix for layer in load_network("lenet1").array_layers}
    assert list(matrices) == ["conv1", "conv2", "fc"]
    assert [(item.rows, item.columns, item.vectors) for item in matrices.values()] == [
        (25, 4, 576),
        (100, 12, 64),
        (192, 10, 1),
    ]


def test_weight_sharing_of_the_rpu_network():
    vectors = [layer.matrix.vectors for layer in load_network("rpu_cnn").array_layers]
    assert vectors == [576, 64, 1, 1]


def test_resnet_stages():
    network = load_network("resnet18")
    assert [network.layer(f"stage{stage}b_relu2").output_shape for stage in (2, 3, 4, 5)] == [
        (64, 56, 56),
        (128, 28, 28),
        (256, 14, 14),
        (512, 7, 7),
    ]
    assert network.layer("stage3a_add").inputs == ("stage3a_bn2", "stage3a_shortcut_bn")
    assert len(network.array_layers) == 21


@every("name", SIZES)
def test_properties(name):
    check_network(load_network(name))


def test_every_network_is_listed_with_one_line():
    listed = list_networks()
    assert set(listed) == set(SIZES)
    assert all(text and "\n" not in text and len(text) < 140 for text in listed.values())
    assert all(load_network(name).source for name in listed)


def test_importing_workloads_is_light():
    code = (
        "import sys, workloads; workloads.load_network('lenet1'); workloads.list_networks();"
        "heavy = {'onnx', 'numpy', 'pandas', 'numba', 'pydantic', 'google.protobuf'} & "
        "set(sys.modules); print(sorted(heavy))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert run.stdout.strip() == "[]", run.stdout + run.stderr


def test_toml_with_byte_order_mark(tmp_path):
    text = (
        '\ufeffschema = 1\ninput = [4]\n[[layer]]\nname = "fc"\noperator = "linear"\nfeatures = 2\n'
    )
    assert load_network(write(tmp_path, text, "marked.toml")).weights == 8


def test_toml_features(tmp_path):
    text = """
schema = 1
input = [3, 9, 8]
[[layer]]
name = "late"
operator = "add"
inputs = ["b", "a"]
[[layer]]
name = "a"
operator = "conv2d"
inputs = "input"
channels = 6
kernel = [3, 1]
stride = [2, 1]
padding = "same"
groups = 3
[[layer]]
name = "b"
operator = "max_pool"
inputs = ["c"]
kernel = 3
stride = [2, 1]
padding = [1, 1]
[[layer]]
name = "c"
operator = "concat"
inputs = ["input", "input"]
[[layer]]
name = "flat"
operator = "flatten"
inputs = ["late"]
[[layer]]
name = "steps"
operator = "reshape"
shape = [5, -1]
[[layer]]
name = "memory"
operator = "lstm"
hidden = 7
[[layer]]
name = "last"
operator = "slice"
start = 4
[[layer]]
name = "out"
operator = "linear"
features = 2
bias = true
"""
    network = load_network(write(tmp_path, text, "own.toml"))
    check_network(network)
    assert network.name == "own"
    shapes = {layer.name: layer.output_shape for layer in network.layers}
    assert (
        shapes["a"] == shapes["late"] == (6, 5, 8)
        and shapes["steps"] == (5, 48)
        and shapes["memory"] == (5, 7)
    )
    assert shapes["last"] == (1, 7) and shapes["out"] == (1, 2)
    assert network.layer("a").matrix.rows == 3 and network.layer("a").padding == (1, 0, 1, 0)
    assert [layer.name for layer in network.layers][:4] == ["input", "c", "b", "a"]
