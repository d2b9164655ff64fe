"""Are SCALE-Sim and NeuroSim files counted as their authors mean them? Every count here is worked
out from the file's own numbers.
"""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archsim.cli.main import main
from hwlib.errors import InputError
from tests.conformance.layer_tables import HEADER, note, read

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
    # 24 features become 13: nothing else is missing
    assert [layer.operator for layer in network.layers].count("reshape") == 1


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
    # the channels stand in its place
    with pytest.raises(InputError, match="lacks the column 'ifmap width'"):
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
    assert main(["run", str(path), "--arch", "cim40", "--no-timing", "--json"]) == 0
    assert any(
        "'same' in the whole file" in text for text in json.loads(capsys.readouterr().out)["notes"]
    )
    for line in (
        ["run", "lenet1", "--arch", "cim40", "--padding", "none"],
        ["show", "device", "cbram", "--padding", "none"],
        ["run", str(path), "--arch", "cim40", "--padding", "sane"],
        ["run", str(path), "--arch", "cim40", "--product", "nobody"],
        ["trace", "mlp", "--product", "none"],
    ):
        assert main(line) == 2, line
        assert "internal" not in capsys.readouterr().err


def test_values_cannot_pass_what_a_file_leaves_out(tmp_path, capsys):
    path = tmp_path / "ocr.csv"
    path.write_text(OCR)
    for line in (
        ["run", str(path), "--arch", "cim40", "--data", "random"],
        ["train", str(path), "--epochs", "1", "--out", str(tmp_path / "t")],
    ):
        assert main(line) == 2
        assert "leaves out what joins" in capsys.readouterr().err or line[0] == "train"
