"""Who trains digital biases, and is their work in the price of a step?"""

import pytest

import archsim
from archsim.schemes import load_scheme
from archsim.trace import build_trace
from tests.near import near
from workloads import load_network

NETWORK = load_network("digits_cnn")
BIASES = sum(layer.matrix.columns for layer in NETWORK.array_layers)


def test_the_price_keeps_adds_and_updates_the_words_of_a_rule_that_only_pulses():
    trace = build_trace(NETWORK, load_scheme("rpu"), "training", 4, digital_biases=True)
    assert trace.state_words == {"biases": BIASES}
    layer = NETWORK.array_layers[0]
    outputs = layer.matrix.columns
    vectors = layer.matrix.vectors
    step = next(op for op in trace.image_operations if op.name == f"{layer.name}.biases")
    assert step.vector_work == {"multiply_add": outputs} and step.steps == vectors
    assert step.state_reads * vectors == outputs == step.state_writes * vectors
    row, word = (
        archsim.simulate(
            NETWORK,
            archsim.load_architecture("rpu", {"weights.bias": bias}),
            scheme="rpu",
            phase="training",
            timing=False,
        )
        for bias in ("row", "digital")
    )
    # forward an addition for each output and vector, in the update as many multiply-adds
    each = sum(one.matrix.columns * one.matrix.vectors for one in NETWORK.array_layers)
    assert counted(word, "add") - counted(row, "add") == near(each)
    assert counted(word, "multiply_add") - counted(row, "multiply_add") == near(each)


def counted(result, action):
    return sum(
        row["count"]
        for row in result.ledger
        if row["component"] == "vector_unit" and row["action"] == action
    )


@pytest.mark.parametrize(
    "name, settings",
    [
        ("sign_sgd", {}),
        ("mixed_precision", {"writing": "pulses", "backward_in": "array", "weight_decay": 0.0}),
    ],
)
def test_a_rule_without_a_copy_keeps_the_biases_that_it_trains(name, settings):
    words, lines = (
        build_trace(NETWORK, load_scheme(name, settings), "training", 4, digital)
        for digital in (True, False)
    )
    assert words.state_words == lines.state_words | {"biases": BIASES}
    further = [op for op in words.batch_operations if op.name.endswith(".biases")]
    # one addition a bias and batch, to a word that is read and written
    work = [(op.vector_work["add"], op.state_reads, op.state_writes) for op in further]
    assert sorted(work) == sorted((layer.matrix.columns,) * 3 for layer in NETWORK.array_layers)


def test_a_rule_that_trains_biases_has_the_step_of_any_chip():
    words, lines = (
        build_trace(NETWORK, load_scheme("sgd"), "training", 4, digital)
        for digital in (True, False)
    )
    assert words == lines
