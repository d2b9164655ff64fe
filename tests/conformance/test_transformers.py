"""Are the built-in transformers those of their papers, to the last weight, and is one token the same
network behind its cache?
"""

import math

import numpy as np
import pytest

from archsim.operators.forward import apply
from archsim.run.checking import check
from archsim.trace import build_trace
from hwlib.errors import InputError
from workloads import load_network
from workloads.layers import check_work
from workloads.network import Layer


def parameters(network):
    """Weights and biases on arrays, scales and shifts, and tables that are looked up."""
    count = network.weights
    for layer in network.layers:
        if layer.on_array and layer.bias:
            count += layer.matrix.columns * layer.matrix.groups
        if layer.operator == "layer_norm":
            count += 2 * layer.output_shape[-1]
    return count


def test_gpt2_small_has_its_124_million_weights():
    # a block: 768 x (2304 + 768 + 3072) + 3072 x 768 weights, 2304 + 768 + 3072 + 768 biases, two
    # norms of 2 x 768; in all 7,087,872
    block = 12 * 768**2 + 2304 + 768 + 3072 + 768 + 4 * 768
    assert block == 7_087_872
    words = 50257 * 768
    positions = 1024 * 768
    assert 12 * block + 2 * 768 + words + positions == 124_439_808  # as published
    # the read-out is the table of words, so that it counts once; positions are looked up
    assert parameters(load_network("gpt2_small")) == 124_439_808 - positions


def test_vit_tiny_has_its_5_7_million_weights():
    block = 12 * 192**2 + 576 + 192 + 768 + 192 + 4 * 192
    patches = 768 * 192 + 192
    head = 192 * 1000 + 1000
    position_words = 197 * 192 + 192  # a row a token, and the class token
    assert patches + 12 * block + 2 * 192 + head + position_words == 5_717_416  # as timm counts it
    assert parameters(load_network("vit_tiny")) == 5_717_416 - position_words


def test_products_of_activations_are_counted_a_layer():
    rows = {row.layer: row.macs for row in check("gpt2_small").layers}
    # 12 heads, 1,024 queries x 64 features x 1,024 keys
    assert rows["block1_scores"] == rows["block12_mix"] == 12 * 1024 * 64 * 1024
    rows = {row.layer: row.macs for row in check("vit_tiny").layers}
    assert rows["block1_scores"] == 3 * 197 * 64 * 197


def operations(network, phase):
    trace = build_trace(network, phase=phase)
    return trace, {item.name: item for item in trace.image_operations}


def test_prefill_keeps_all_keys_and_values():
    trace, by_name = operations(load_network("gpt2_small"), "prefill")
    assert sum(item.cached for item in trace.image_operations) == 12 * 2 * 1024 * 768
    # of a vector's 3 x 768 results two thirds are kept, and no token was there before
    qkv = by_name["block3_qkv.forward"]
    assert (qkv.kept, qkv.steps) == (2 * 768, 1024)
    assert not any(item.recalled for item in trace.image_operations)


def test_a_token_reads_what_earlier_ones_left():
    network = load_network("gpt2_small").decoding(100)
    trace, by_name = operations(network, "decode")
    assert network.layer("block1_scores").output_shape == (12, 1, 101)
    assert sum(item.cached for item in trace.image_operations) == 12 * 2 * 101 * 768
    scores = by_name["block1_scores.forward"]
    mix = by_name["block1_mix.forward"]
    assert scores.recalled == mix.recalled == 100 * 768
    # the query and the key of this token; the shares of 101 tokens by head and the value of this one
    assert (scores.input_elements, mix.input_elements) == (2 * 768, 12 * 101 + 768)
    assert by_name["block1_qkv.forward"].kept == 2 * 768
    assert network.multiply_accumulates == load_network("gpt2_small").weights


def test_a_phase_of_tokens_needs_a_network_that_keeps_some():
    with pytest.raises(InputError, match="keeps keys and values"):
        build_trace(load_network("vit_tiny"), phase="prefill")
    with pytest.raises(InputError, match="keeps keys and values"):
        load_network("lenet1").decoding(3)
    gpt2 = load_network("gpt2_small")
    with pytest.raises(InputError, match="decoding is that of one token"):
        build_trace(gpt2, phase="decode")
    with pytest.raises(InputError, match="behind others"):
        build_trace(gpt2.decoding(3), phase="inference")
    with pytest.raises(InputError, match="not a number of tokens"):
        gpt2.decoding(0)
    assert gpt2.decoding().held == 1023


def test_a_query_sees_no_later_key():
    layer = Layer("it", "causal_mask", ("x",), ((2, 3, 5),), (2, 3, 5))
    seen = apply(layer, [np.zeros((2, 3, 5), np.float32)]) == 0
    # five keys, of which the last three queries are given: the first of them sees three
    assert seen[0].sum(axis=1).tolist() == [3, 4, 5] == seen[1].sum(axis=1).tolist()
    assert not math.isinf(apply(layer, [np.zeros((2, 3, 5), np.float32)]).min())


def test_a_layer_may_have_more_than_2_to_the_40_products_but_not_more_than_can_be_counted():
    def linear(features):
        shape = (2**20, 2**20)
        return Layer("it", "linear", ("x",), (shape,), (2**20, features))

    check_work(linear(2**13), "net")  # 2^53
    with pytest.raises(InputError, match="too many"):
        check_work(linear(2**14), "net")
