"""Are NeuroSim's files counted as their authors mean them?"""

import pytest

from hwlib.errors import InputError
from tests.conformance.layer_tables import note, read
from workloads import load_network

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
    # the whole map, for the next layer takes a number a channel
    assert last.kernel == (7, 7) and last.output_shape == (512, 1, 1)


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
