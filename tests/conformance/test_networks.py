"""Built-in networks and SCALE-Sim files: sizes against the papers, and properties that hold for
every network.
"""

import math
import subprocess
import sys

import pytest

from archsim.operators.vocabulary import OPERATORS
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
    "digits_cnn": (9 * 16 + 144 * 10, 36 * 9 * 16 + 144 * 10),
}
WITH_BIASES = {
    # K1 416, K2 12,832, W3 65,664, W4 1,290 weights; 1,127,818 multiply-accumulates a pass, derived
    # from Gokmen 2017
    "rpu_cnn": (80_202, 1_127_818),
    # 77 K weights in Gokmen, Rasch and Haensch 2018; 235 K in Gokmen and Vlasov 2016
    "lstm": (77_591, 7_759_100),
    "mlp": (235_146, 235_146),
}


@pytest.mark.parametrize("name", SIZES)
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


def check_network(network):
    """What holds for every network, however it was loaded."""
    seen = {}
    assert network.layers[0].operator == "input"
    for layer in network.layers:
        assert layer.name not in seen and layer.operator in OPERATORS
        assert layer.input_shapes == tuple(seen[name] for name in layer.inputs), layer.name
        assert (layer.operator == "input") == (not layer.inputs)
        assert layer.output_shape and all(
            isinstance(size, int) and size > 0 for size in layer.output_shape
        )
        if layer.operator in (
            "conv2d",
            "max_pool",
            "average_pool",
            "global_average_pool",
            "global_max_pool",
        ):
            assert len(layer.output_shape) == 3 == len(layer.input_shapes[0])
        if layer.on_array:
            assert layer.matrix.rows > 0 and layer.matrix.columns * layer.matrix.groups == (
                4 * layer.hidden or layer.output_shape[0 if layer.operator == "conv2d" else -1]
            )
        seen[layer.name] = layer.output_shape
    consumed = {name for layer in network.layers for name in layer.inputs}
    assert network.layers[-1].name not in consumed
    assert network.multiply_accumulates == sum(
        math.prod(shape) for shape in map(_work, network.array_layers)
    )


def _work(layer):
    """Multiply-accumulates counted from the output: every output element needs one row of its
    matrix.
    """
    if layer.operator == "lstm":
        return layer.output_elements, 4, layer.matrix.rows
    return layer.output_elements, layer.matrix.rows


@pytest.mark.parametrize("name", SIZES)
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


ALEXNET = """\ufeffLayer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides, Sparsity,
Conv1,      227,          227,         11,            11,           3,        96,         4,       2:4,

Conv2     ,27         ,27        ,5            ,5           ,96      ,256       ,1      ,
Conv3     ,13          ,13         ,3            ,3           ,256     ,384       ,1      ,,,,
Conv4     ,13          ,13         ,3            ,3           ,384     ,384       ,1
,,,,,,,,
Conv5     ,13          ,13         ,3            ,3           ,384     ,256       ,1      ,
"""


def write(tmp_path, text, name="net.csv"):
    path = tmp_path / name
    path.write_bytes(text.encode().replace(b"\n", b"\r\n"))
    return path


def test_scalesim_convolution_form(tmp_path):
    network = load_network(write(tmp_path, ALEXNET))
    check_network(network)
    assert [layer.name for layer in network.array_layers] == [
        "Conv1",
        "Conv2",
        "Conv3",
        "Conv4",
        "Conv5",
    ]
    # 27x27 stays 27x27 before the pooling to 13x13, so the padding is 'same', and it is so in the
    # whole file
    assert network.layer("Conv1").output_shape == (96, 57, 57) and network.layer(
        "Conv1"
    ).stride == (4, 4)
    assert network.layer("Conv2").padding == (2, 2, 2, 2) and network.layer(
        "Conv4"
    ).output_shape == (384, 13, 13)
    assert network.layer("Conv5").output_shape == (256, 13, 13)
    work = [
        3 * 121 * 96 * 57 * 57,
        96 * 25 * 256 * 729,
        256 * 9 * 384 * 169,
        384 * 9 * 384 * 169,
        384 * 9 * 256 * 169,
    ]
    assert network.multiply_accumulates == sum(work)
    notes = " ".join(network.notes)
    assert (
        "no padding column" in notes
        and "better: Conv1" in notes
        and "sparsity" in notes
        and "96x57x57 to 96x27x27" in notes
    )
    bare = load_network(tmp_path / "net.csv", padding="none")
    assert [layer.output_shape[1] for layer in bare.array_layers] == [55, 23, 11, 11, 11]


def test_scalesim_files_with_padded_inputs_keep_zero_padding(tmp_path):
    text = "Layer name,IFMAP Height,IFMAP Width,Filter Height,Filter Width,Channels,Num Filter,Strides,\n"
    network = load_network(
        write(tmp_path, text + "a,34,34,3,3,3,8,1,\nb,32,32,3,3,8,8,1,\nc,30,30,1,1,8,4,1,\n")
    )
    assert [layer.output_shape for layer in network.array_layers] == [
        (8, 32, 32),
        (8, 30, 30),
        (4, 30, 30),
    ]
    assert len(network.layers) == 4 and not any("same" in note for note in network.notes)


def test_scalesim_padding_stays_zero_where_both_fit(tmp_path):
    """6 becomes 5 without padding and 6 with it; pooled by two, both give 2."""
    text = "Layer name,IFMAP Height,IFMAP Width,Filter Height,Filter Width,Channels,Num Filter,Strides,\n"
    network = load_network(write(tmp_path, text + "a,6,6,2,2,3,8,1,\nb,2,2,1,1,8,8,1,\n"))
    assert network.layer("a").padding == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "header",
    [
        "LAYER NAME ,ifmap height,ifmap_width,Filter  Height,filter width,channels,num filters,strides",
        "layer,IFMAP H,IFMAP W,Filter H,Filter W,Channels,Num Filter,Stride",
        "Layers;Input Height;Input Width;Kernel Height;Kernel Width;In Channels;Out Channels;Strides;",
        "name\tIH\tIW\tR\tS\tC\tNum Filters\tStride Height\tStride Width",
        "Layer name, Ifmap height, ifmap width, filter height, filter width, depth, Num Filter, "
        "Strides, Batch Size",
    ],
)
def test_scalesim_header_spellings(tmp_path, header):
    delimiter = ";" if ";" in header else "\t" if "\t" in header else ","
    rows = ["conv one", "8", "8", "3", "2", "4", "5", "2", "2"]
    network = load_network(write(tmp_path, header + "\n" + delimiter.join(rows) + "\n"))
    layer = network.array_layers[0]
    assert (layer.name, layer.kernel, layer.stride, layer.output_shape) == (
        "conv one",
        (3, 2),
        (2, 2),
        (5, 3, 4),
    )


def test_scalesim_two_strides_and_padding_column(tmp_path):
    header = (
        "Layer,IFMAP Height,IFMAP Width,Filter Height,Filter Width,Channels,Num Filter,Stride "
        "H,Stride W,Padding\n"
    )
    layer = load_network(write(tmp_path, header + "a,8,8,3,3,1,2,1,2,1\n")).array_layers[0]
    assert (
        layer.stride == (1, 2) and layer.padding == (1, 1, 1, 1) and layer.output_shape == (2, 8, 4)
    )


def test_scalesim_depthwise_layers(tmp_path):
    header = "Layer name,IFMAP Height,IFMAP Width,Filter Height,Filter Width,Channels,Num Filter,Strides,\n"
    rows = (
        "Conv1,224,224,3,3,3,32,2,\nConv2_dw,112,112,3,3,1,1,1,#dw\n"
        "Conv3,112,112,1,1,32,64,1,\nDP4,112,112,3,3,64,1,2,\n"
    )
    network = load_network(write(tmp_path, header + rows))
    check_network(network)
    assert [layer.groups for layer in network.array_layers] == [1, 32, 1, 64]
    assert network.layer("Conv2_dw").matrix.rows == 9 and network.layer("DP4").output_shape == (
        64,
        56,
        56,
    )
    assert any("depthwise" in note and "Conv2_dw, DP4" in note for note in network.notes)


def test_scalesim_gemm_form(tmp_path):
    network = load_network(
        write(tmp_path, "Layer,M,N,K,\nq,196,192,384,\nq,196,1176,192,\nr,1,10,4\n")
    )
    check_network(network)
    first, second, third = network.array_layers
    assert (first.matrix.rows, first.matrix.columns, first.matrix.vectors) == (384, 192, 196)
    assert (second.name, third.output_shape) == ("q_2", (1, 10))
    assert network.multiply_accumulates == 196 * 192 * 384 + 196 * 1176 * 192 + 40
    assert any("196x1176 to 1x4" in note for note in network.notes)


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
