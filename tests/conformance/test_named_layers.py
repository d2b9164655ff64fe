"""Do the names of a SCALE-Sim file say what has weights?"""

import pytest

from hwlib.errors import InputError
from tests.conformance.layer_tables import HEADER, note, read
from tests.members import every
from workloads.tables.products import is_product

GPT2 = """Layer,M,N,K,
QKT,1024,1024,64,
QKTV,1024,64,1024,
Linear1,1024,4800,1600,
Linear2,1024,1600,1600,
"""


def work(network):
    """Multiply-accumulates on arrays and of products."""
    return network.multiply_accumulates + sum(
        layer.output_elements * layer.input_shapes[0][1]
        for layer in network.layers
        if layer.operator == "matmul"
    )


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


@every(
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


@every(
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
