"""Is every form of a SCALE-Sim file read as it is meant?"""

import pytest

from tests.conformance.sound_networks import check_network, write
from workloads import load_network

ALEXNET = """\ufeffLayer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides, Sparsity,
Conv1,      227,          227,         11,            11,           3,        96,         4,       2:4,

Conv2     ,27         ,27        ,5            ,5           ,96      ,256       ,1      ,
Conv3     ,13          ,13         ,3            ,3           ,256     ,384       ,1      ,,,,
Conv4     ,13          ,13         ,3            ,3           ,384     ,384       ,1
,,,,,,,,
Conv5     ,13          ,13         ,3            ,3           ,384     ,256       ,1      ,
"""


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
