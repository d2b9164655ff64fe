"""Are SCALE-Sim and NeuroSim files counted as their authors mean them? Every count here is worked
out from the file's own numbers.
"""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archsim.cli.main import main
from hwlib.errors import InputError
from workloads import load_network
from workloads.tables.products import is_product

HEADER = (
    "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, "
    "Strides,\n"
)
VGG_PADDED = (
    HEADER
    + """conv4_1,30,30,3,3,256,512,1,
conv4_2,30,30,3,3,512,512,1,
conv4_3,30,30,3,3,512,512,1,
conv5_1,16,16,3,3,512,512,1,
conv5_2,16,16,3,3,512,512,1,
conv5_3,16,16,3,3,512,512,1,
"""
)
OCR = """Layer, IFMAP Width, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,
OCR_1,480,48,3,3,1,16,1,
OCR_2,240,24,3,3,16,32,1,
OCR_3,120,12,3,3,32,64,1,
OCR_4,60,6,3,3,64,128,1,
"""
DLRM = """\ufeffLayer name,Ifmap height,ifmap width,filter height,filter width,channels,num filters,strides,
Embedding/Pooling,128,16,1,16,1,24,1,
MLP_Bottom_0,128,13,1,13,1,512,1,
MLP_Bottom_1,128,512,1,512,1,512,1,
MLP_Bottom_2,128,512,1,512,1,512,1,
MLP_Bottom_3,128,512,1,512,1,16,1,
"""
GPT2 = """Layer,M,N,K,
QKT,1024,1024,64,
QKTV,1024,64,1024,
Linear1,1024,4800,1600,
Linear2,1024,1600,1600,
"""
VGG8 = """32,32,3,3,3,128,0,1
32,32,128,3,3,128,1,1
16,16,128,3,3,256,0,1
16,16,256,3,3,256,1,1
8,8,256,3,3,512,0,1
8,8,512,3,3,512,1,1
1,1,8192,1,1,1024,0,1
1,1,1024,1,1,10,0,1
"""
# Layers of NeuroSim's ResNet-18: stem, the first stage, a stage's step with its shortcut, the last
# layers.
RESNET = """224,224,3,7,7,64,1,2
56,56,64,3,3,64,0,1
56,56,64,3,3,64,0,1
56,56,64,3,3,128,0,2
28,28,128,3,3,128,0,1
56,56,64,1,1,128,0,2
7,7,512,3,3,512,1,1
1,1,512,1,1,1000,0,1
"""


def read(tmp_path, text, name="net.csv", **reading):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")
    return load_network(path, **reading)


def work(network):
    """Multiply-accumulates on arrays and of products."""
    return network.multiply_accumulates + sum(
        layer.output_elements * layer.input_shapes[0][1]
        for layer in network.layers
        if layer.operator == "matmul"
    )


def note(network, words):
    return next(text for text in network.notes if words in text)


@given(
    st.lists(
        st.tuples(st.integers(1, 300), st.integers(2, 300), st.integers(1, 300)),
        min_size=1,
        max_size=4,
    ),
    st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_a_kernel_that_spans_its_input_is_never_padded(tmp_path_factory, sizes, twice):
    """M x K times K x N in the convolution form is M K N, though the next line has the same M and
    K.
    """
    sizes = sizes * (1 + twice)
    text = HEADER + "".join(f"G,{m},{k},1,{k},1,{n},1,\n" for m, k, n in sizes)
    for padding in (None, "auto", "none", "same"):
        assert read(
            tmp_path_factory.mktemp("gemm"), text, padding=padding
        ).multiply_accumulates == sum(m * k * n for m, k, n in sizes)


def test_a_full_size_kernel_and_a_text_window_are_not_padded_either(tmp_path):
    network = read(
        tmp_path, HEADER + "fc6,6,6,6,6,256,4096,1,\ntext,50,128,3,128,1,100,1,\n", padding="same"
    )
    assert network.multiply_accumulates == 36 * 256 * 4096 + 48 * 3 * 128 * 100


def test_dlrm_is_a_chain_of_matrix_products(tmp_path):
    network = read(tmp_path, DLRM)
    assert network.multiply_accumulates == 128 * (16 * 24 + 13 * 512 + 2 * 512 * 512 + 512 * 16)
    assert [layer.operator for layer in network.layers].count(
        "reshape"
    ) == 1  # 24 features become 13: nothing else is missing


def test_sizes_that_hold_the_padding_are_not_padded_again(tmp_path):
    network = read(tmp_path, VGG_PADDED)
    assert (
        network.multiply_accumulates
        == 784 * 9 * 512 * (256 + 2 * 512) + 196 * 9 * 512 * 512 * 3
        == 6_011_486_208
    )
    assert [layer.output_shape[1:] for layer in network.array_layers] == [(28, 28)] * 3 + [
        (14, 14)
    ] * 3
    assert "--padding" in note(network, "sizes hold it already")
    assert (
        read(tmp_path, VGG_PADDED, padding="same").multiply_accumulates
        == 900 * 9 * 512 * (256 + 2 * 512) + 256 * 9 * 512 * 512 * 3
    )


def test_a_header_that_names_a_column_twice_is_read_by_position(tmp_path):
    network = read(tmp_path, OCR)
    assert network.input_shape == (1, 480, 48)
    maps = [(480 * 48, 1, 16), (240 * 24, 16, 32), (120 * 12, 32, 64), (60 * 6, 64, 128)]
    assert network.multiply_accumulates == sum(
        positions * 9 * before * after for positions, before, after in maps
    )
    assert "IFMAP Width" in note(network, "by position") and "'same' in the whole file" in note(
        network, "padding column"
    )


@pytest.mark.parametrize(
    "header",
    [
        "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter",
        "one, IFMAP Height, two, FILTER HEIGHT, three, four, five, six,",
        "LAYER,IFMAP WIDTH,IFMAP WIDTH,FILTER WIDTH,FILTER WIDTH,CHANNELS,NUM FILTER,STRIDES,,,Eh,Ew",
    ],
)
def test_headers_that_miss_or_misname_columns(tmp_path, header):
    network = read(tmp_path, header + "\nx,9,8,3,2,4,5,2,\n")
    assert (network.input_shape, network.array_layers[0].kernel, network.output_shape) == (
        (4, 9, 8),
        (3, 2),
        (5, 4, 4),
    )


def test_a_header_in_an_order_of_its_own_is_believed_with_a_note(tmp_path):
    network = read(tmp_path, "Layer,M,K,N\na,3,5,7\n")
    assert network.array_layers[0].matrix.rows == 5 and note(network, "by the names in the header")
    with pytest.raises(InputError, match="lacks the column"):
        read(tmp_path, "Layer,Channels,IFMAP Height,IFMAP Width,x,y,z,w\na,1,2,3,1,1,1,1\n")
    with pytest.raises(
        InputError, match="lacks the column 'ifmap width'"
    ):  # the channels stand in its place
        read(
            tmp_path,
            "Layer,IFMAP Height,Channels,Filter Height,Filter Width,x,Num Filter,Strides\na,9,9,3,3,1,1,1\n",
        )


def test_auto_is_one_reading_for_the_whole_file(tmp_path):
    """Every layer is padded, or none is: the second row's successor alone would tell otherwise."""
    mixed = (
        HEADER + "a,56,56,3,3,8,8,1,\nb,56,56,3,3,8,8,1,\nc,54,54,3,3,8,8,1,\nd,54,54,3,3,8,8,1,\n"
    )
    auto, none, same = (
        read(tmp_path, mixed, padding=padding) for padding in ("auto", "none", "same")
    )
    assert auto.multiply_accumulates == same.multiply_accumulates != none.multiply_accumulates
    assert "fits these better: b" in note(auto, "whole file")


sizes = st.sampled_from([7, 9, 13, 14, 16, 27, 28, 30, 32, 34, 56, 58])
rows = st.lists(
    st.tuples(sizes, st.sampled_from([1, 3, 5]), st.sampled_from([1, 2])), min_size=1, max_size=8
)


@given(rows)
@settings(max_examples=60, deadline=None)
def test_no_file_is_read_half_and_half(tmp_path_factory, table):
    text = HEADER + "".join(
        f"c,{size},{size},{kernel},{kernel},4,4,{stride},\n" for size, kernel, stride in table
    )
    folder = tmp_path_factory.mktemp("table")
    auto, none, same = (
        read(folder, text, padding=padding).array_layers for padding in ("auto", "none", "same")
    )
    assert auto in (none, same)
    for layer, (size, kernel, stride) in zip(same, table):
        assert (
            layer.output_shape[1]
            == (size if kernel == 1 else size + stride - 1 if kernel < size else stride) // stride
            or kernel == 1
        )
    for layer, (size, kernel, stride) in zip(none, table):
        assert layer.output_shape[1] == (size - kernel) // stride + 1


def test_a_padding_column_is_the_files_own_word(tmp_path):
    header = "Layer,IFMAP H,IFMAP W,Filter H,Filter W,Channels,Num Filter,Stride,Padding\n"
    text = header + "a,8,8,3,3,1,2,1,1\nb,8,8,3,3,2,2,1,0\nc,8,8,1,1,2,2,1,0\n"
    assert [layer.output_shape[1] for layer in read(tmp_path, text).array_layers] == [8, 6, 8]
    assert [
        layer.output_shape[1] for layer in read(tmp_path, text, padding="none").array_layers
    ] == [6, 6, 8]


def test_products_of_activations_have_no_weights(tmp_path):
    network = read(tmp_path, GPT2)
    assert network.weights == 1600 * (4800 + 1600)
    assert work(network) == 1024 * (1024 * 64 * 2 + 4800 * 1600 + 1600 * 1600)
    assert [layer.operator for layer in network.layers if layer.name in ("QKT", "QKTV")] == [
        "matmul"
    ] * 2
    assert "134,217,728" in note(network, "--product") and "QKT, QKTV" in note(network, "--product")
    assert read(tmp_path, GPT2, products="none").weights == network.weights + 2 * 64 * 1024
    marked = read(
        tmp_path, "Layer,M,N,K\nL1,196,1176,64\nL2,196,64,1176\nL3,196,10,64\n", products="L1, L2"
    )
    assert marked.weights == 640 and work(marked) == 196 * (2 * 64 * 1176 + 640)
    unmarked = read(tmp_path, "Layer,M,N,K\nL1,196,1176,64\nL2,196,64,1176\n")
    assert unmarked.weights == 2 * 64 * 1176 and "--product L1,L2" in note(
        unmarked, "shapes of an attention"
    )
    with pytest.raises(InputError, match="did you mean 'Linear1'"):
        read(tmp_path, GPT2, products=["Linear_1"])


def test_products_in_the_convolution_form(tmp_path):
    text = (
        HEADER
        + "Linear1,1024,1600,1,1600,1,4800,1,\nQKT,1024,64,1,64,1,1024,1,\n"
        + "Attn_QxK',1,64,1,1,1,64,1,\nFFN1,1,1,1,1,512,2048,1,\n"
    )
    network = read(tmp_path, text)
    assert network.weights == 1600 * 4800 + 512 * 2048
    assert work(network) == 1024 * 1600 * 4800 + 1024 * 64 * 1024 + 64 * 64 + 512 * 2048


@pytest.mark.parametrize(
    "name",
    [
        "QKT",
        "QKTV",
        "qk",
        "SD_MatMul_QK_00",
        "SD_MatMul_V_00",
        "Attn_QxK'",
        "Attn_SFMXxV",
        "layer3.QK^T",
        "AV",
        "attention_scores",
        "AttnScores",
        "q_k_t",
        "SoftmaxV",
        "MatMul_AV",
    ],
)
def test_names_of_products(name):
    assert is_product(name)


@pytest.mark.parametrize(
    "name",
    [
        "Linear1",
        "PW-FF-L1",
        "QKV",
        "q_k_v",
        "qkv_proj",
        "MH_FC_DimReduce_VKQ_0",
        "Attn_Vmap",
        "Attn_Kmap",
        "attn_v",
        "V_proj",
        "Conv1",
        "MatMul_12",
        "FC_qk",
        "attention_output",
        "savings",
        "Conv2_av3x",
        "value",
        "Attention_1",
        "SpeakerID_1",
        "OCR_1",
        "task",
        "quark",
    ],
)
def test_names_of_layers_with_weights(name):
    assert not is_product(name)


def test_neurosim_vgg8(tmp_path):
    network = read(tmp_path, VGG8, "NetWork_VGG8.csv")
    hand = [
        1024 * 27 * 128,
        1024 * 1152 * 128,
        256 * 1152 * 256,
        256 * 2304 * 256,
        64 * 2304 * 512,
        64 * 4608 * 512,
        8192 * 1024,
        10240,
    ]
    assert [layer.matrix.multiply_accumulates for layer in network.array_layers] == hand and sum(
        hand
    ) == 615_917_568
    assert (
        network.weights == load_network("vgg8").weights
        and network.multiply_accumulates == load_network("vgg8").multiply_accumulates
    )
    assert [layer.output_shape for layer in network.layers if layer.operator == "max_pool"] == [
        (128, 16, 16),
        (256, 8, 8),
        (512, 4, 4),
    ]
    # NeuroSim's own number of input vectors: (height - kernel + 1) / stride, squared
    bare = read(tmp_path, VGG8, padding="none")
    assert [layer.matrix.vectors for layer in bare.array_layers] == [
        900,
        900,
        196,
        196,
        36,
        36,
        1,
        1,
    ]
    assert "NeuroSim" in network.source and "--padding none" in note(network, "whole file")


def test_neurosim_resnet18(tmp_path):
    network = read(tmp_path, RESNET)
    hand = [
        112 * 112 * 147 * 64,
        56 * 56 * 576 * 64,
        56 * 56 * 576 * 64,
        28 * 28 * 576 * 128,
        28 * 28 * 1152 * 128,
        28 * 28 * 64 * 128,
        49 * 4608 * 512,
        512_000,
    ]
    assert [layer.matrix.multiply_accumulates for layer in network.array_layers] == hand
    last = network.layer("pool7")
    assert last.kernel == (7, 7) and last.output_shape == (
        512,
        1,
        1,
    )  # the whole map, for the next layer takes a number a channel


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1,1,8,1,1,8,2,1", "pooling: not a flag"),
        ("1,1,8,1,1,8,0", "eight numbers"),
        ("1,1,8,1,1,8,0,0", "stride: is too small"),
        ("1,1,8,3,3,8,0,1", "kernel"),
    ],
)
def test_damaged_neurosim_files(tmp_path, line, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, VGG8 + line + "\n", padding="none")


def test_the_option_and_the_note_reach_the_commands(tmp_path, capsys):
    path = tmp_path / "ocr.csv"
    path.write_text(OCR)
    assert main(["show", "network", str(path), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["multiply_accumulates"] == 82_944_000 and any(
        "--padding none" in text for text in shown["notes"]
    )
    assert main(["show", "network", str(path), "--padding", "none", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["multiply_accumulates"] == 66_148_416
    assert main(["run", str(path), "--no-timing", "--json"]) == 0
    assert any(
        "'same' in the whole file" in text for text in json.loads(capsys.readouterr().out)["notes"]
    )
    for line in (
        ["run", "lenet1", "--padding", "none"],
        ["show", "device", "cbram", "--padding", "none"],
        ["run", str(path), "--padding", "sane"],
        ["run", str(path), "--product", "nobody"],
        ["trace", "mlp", "--product", "none"],
    ):
        assert main(line) == 2, line
        assert "internal" not in capsys.readouterr().err


def test_values_cannot_pass_what_a_file_leaves_out(tmp_path, capsys):
    path = tmp_path / "ocr.csv"
    path.write_text(OCR)
    for line in (
        ["run", str(path), "--data", "random"],
        ["train", str(path), "--epochs", "1", "--out", str(tmp_path / "t")],
    ):
        assert main(line) == 2
        assert "leaves out what joins" in capsys.readouterr().err or line[0] == "train"
