"""Are biases of `weights.bias=digital` words beside the arrays, in training as in the price?"""

from dataclasses import replace

import numpy as np
import pytest

import archsim
from archsim.chip.place import place
from archsim.conformance.cases import cases_of
from archsim.conformance.silicon_checks import counts_the_actions_it_performed
from archsim.run.trained_weights import trained_tensors
from archsim.schemes import load_scheme
from archsim.soc.data.tile_data import TileData
from archsim.trace import build_trace
from archsim.training.digital_biases import (
    new_bias_words,
    round_first,
    step_biases,
    step_biases_reference,
)
from archsim.training.loop import train
from archsim.training.machine import Machine
from archsim.training.records import MiniBatch, StepKeys
from archsim.training.settings import read_settings
from archsim.training.stored_weights import checkpoint_weights
from archsim.training.table import BLOCK, COLUMNS, ERRORS
from tests.members import every
from workloads import load_network
from workloads.datasets import load_dataset
from workloads.network import Layer, Network

F = np.float32
U = np.uint64
NETWORK = load_network("digits_cnn")
DIGITAL = {"tiles": {layer.name: {"bias": "digital"} for layer in NETWORK.array_layers}}
BIASES = sum(layer.matrix.columns for layer in NETWORK.array_layers)
EXACT = {
    "input_bits": 0,
    "input_bound": 1e9,
    "output_bits": 0,
    "output_bound": 0.0,
    "output_noise": 0.0,
    "noise_management": "off",
    "bound_management": "off",
}
SMALL = Network(
    "small",
    (
        Layer("input", "input", (), (), (3,)),
        Layer("fc", "linear", ("input",), ((3,),), (2,), bias=True),
        Layer("softmax", "softmax", ("fc",), ((2,),), (2,)),
    ),
)
OF_SMALL = {"fc": {"bias": "digital"}}


def small_machine(rule, **more):
    settings = {"rule": rule, "device": "exact", "learning_rate": 0.5, "read": EXACT}
    return Machine(SMALL, read_settings({**settings, "tiles": OF_SMALL, **more}))


@pytest.mark.parametrize("rule", ["rpu", "sgd", "hic"])
def test_one_layer_by_hand(rule):
    machine = small_machine(rule)
    assert machine.arrays.weights.size == 6 == machine.arrays.writes.size  # no device for a bias
    weights = np.array([[0.2, -0.1, 0.3], [0.1, 0.4, -0.2]], F)
    biases = np.array([0.05, -0.15], F)
    machine.arrays.weights[...] = weights.reshape(-1)
    machine.arrays.biases[...] = biases
    if rule == "sgd":
        machine.rule.copies[0][...] = np.column_stack([weights, biases])
    x = np.array([1.0, 0.5, 0.25], F)
    machine.train(x[None], np.array([[1]]), np.arange(1), 0)
    # scores: 0.2 - 0.05 + 0.075 + 0.05 = 0.275 and 0.1 + 0.2 - 0.05 - 0.15 = 0.1
    scores = weights @ x + biases
    np.testing.assert_allclose(scores, [0.275, 0.1], rtol=1e-6)
    # softmax of a difference of 0.175: 0.54364 and 0.45636; the answer is 1, the rate 0.5
    moved = 0.5 * (np.array([0.0, 1.0]) - np.array([0.54364, 0.45636]))
    np.testing.assert_allclose(machine.arrays.biases - biases, moved, atol=1e-5)
    if rule != "hic":  # whose weights move in whole carries
        np.testing.assert_allclose(
            machine.arrays.weights.reshape(2, 3) - weights, np.outer(moved, x), atol=1e-5
        )


@pytest.mark.parametrize("where", ["digital", "row"])
def test_given_biases_are_the_words_that_a_training_begins_with(where):
    given = np.array([0.05, -0.15], F)
    # the range of words that just holds 0.15 is 1/4, a step of int8 1/512: 25.6 and -76.8 of them
    words = [26 / 512, -77 / 512]
    chip = archsim.load_architecture("cim40", {"vector_unit.format": "int8", "weights.bias": where})
    tensors = {"fc": {"weights": np.zeros((1, 2, 3), F), "bias": given}}
    placement = place(build_trace(SMALL).matrices, chip)
    held = TileData(SMALL, chip, placement, {"input": np.ones((1, 3), F)}, tensors, 1)
    # a line of the tiles has devices, and no words
    assert held.biases["fc"].tolist() == (words if where == "digital" else given.tolist())
    assert given.tolist() == [F(0.05), F(-0.15)]  # whose they are keeps them
    machine = small_machine("rpu", digital={"format": "int8"})
    begun = new_bias_words(machine.program, given.copy(), machine.arithmetic)
    round_first(begun, machine.program, 1)
    assert begun.values.tolist() == words


@pytest.mark.parametrize("parts", [1, 2])
def test_the_kernel_and_its_twin_step_to_the_same_bits(parts):
    machine = small_machine("rpu")
    program = machine.program
    errors = np.random.default_rng(parts).normal(size=(4, parts, 2, 1)).astype(F)
    memory = np.zeros((4, program.memory + 2), F)
    first = int(program.arrays[0, ERRORS])
    memory[:, first : first + 2 * parts] = errors.reshape(4, -1)
    # the line beside the array that is always on, behind its inputs
    memory[:, program.arrays[0, BLOCK] + program.arrays[0, COLUMNS]] = 1
    words = new_bias_words(program, np.array([0.3, -0.2], F), machine.arithmetic)
    twin = words.values.copy()
    batch = tuple(MiniBatch(program.arrays, memory, machine.words, 4, -1))
    step_biases(tuple(words), batch, parts, F(0.03), tuple(StepKeys(U(1), U(0), True, True, True)))
    for image in errors:
        step_biases_reference(twin, image, 0.03)
    assert twin.tobytes() == words.values.tobytes()


@pytest.mark.parametrize("format", ["int8", "bf16"])
def test_biases_are_words_of_the_chip(format):
    machine = small_machine("rpu", digital={"format": format}, learning_rate=0.01)
    machine.train(np.ones((5, 3), F), np.ones((5, 1), np.int64), np.arange(5), 0)
    held = machine.arrays.biases
    if format == "int8":
        step = 2.0 ** (float(machine.biases.scales[0, 1]) - 7)
        np.testing.assert_array_equal(held, np.rint(held / step) * step)
    else:
        assert not (held.view(np.uint32) & 0xFFFF).any()


def scores(rule, tiles, network, images):
    """Scores after four exact steps of gradient descent."""
    settings = {"rule": rule, "device": "exact", "learning_rate": 0.1, "read": EXACT}
    machine = Machine(network, read_settings({**settings, "tiles": tiles}))
    labels = np.arange(len(images)).reshape(-1, 1) % 2
    machine.train(images, labels, np.arange(len(images)), 0)
    first = machine.program.output
    return machine.memory[0, first : first + 2].copy(), machine.arrays.layer_weights()


@pytest.mark.parametrize("rule", ["rpu", "sgd"])
def test_exact_arithmetic_does_not_tell_a_word_from_a_line(rule):
    recurrent = Network(
        "recurrent",
        (
            Layer("input", "input", (), (), (4, 3)),
            Layer("lstm", "lstm", ("input",), ((4, 3),), (4, 5), hidden=5, bias=True),
            Layer("fc", "linear", ("lstm",), ((4, 5),), (4, 2), bias=True),
        ),
    )
    images = np.random.default_rng(3).uniform(-1, 1, (4, 12)).astype(F)
    tiles = {layer.name: {"bias": "digital"} for layer in recurrent.array_layers}
    line, of_line = scores(rule, {}, recurrent, images)
    word, of_word = scores(rule, tiles, recurrent, images)
    np.testing.assert_allclose(word, line, atol=1e-5)
    for name, weights in of_line.items():  # the same shape, biases last
        np.testing.assert_allclose(of_word[name], weights, atol=1e-5)


def digital_case(case):
    return replace(case, practice={**case.practice, **DIGITAL})


CASES = [case for case in cases_of() if not load_scheme(case.name).digital_baseline]
CASES = [
    case
    for case in CASES
    if (not case.variant or case.variant == "pulses") and not case.scheme.digital_baseline
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_every_scheme_moves_words_and_counts_what_its_price_counts(case):
    machine = Machine(NETWORK, digital_case(case).settings())
    assert machine.arrays.biases.shape == (BIASES,)
    before = machine.arrays.biases.copy()
    data = load_dataset("digits")
    flat = np.ascontiguousarray(data.train_images[:16].reshape(16, -1), F)
    labels = np.asarray(data.train_labels[:16], np.int64).reshape(16, -1)
    machine.train(flat, labels, np.arange(16), 0)
    # some rules move only what passes a step of theirs
    assert np.count_nonzero(machine.arrays.biases != before) > BIASES / 4
    for layer in NETWORK.array_layers:
        shape = layer.matrix
        assert machine.arrays.layer_writes()[layer.name].shape == (1, shape.columns, shape.rows)
        held = machine.arrays.layer_weights()[layer.name]
        assert held.shape == (shape.columns, shape.rows + 1)
    counts_the_actions_it_performed(digital_case(case))


@every("name", sorted({case.name for case in CASES}))
def test_both_faces_of_a_scheme_say_who_trains_biases(name):
    case = next(case for case in CASES if case.name == name)
    machine = Machine(NETWORK, case.settings())
    if machine.rule is not None:
        assert case.scheme.trains_biases == machine.rule.trains_biases


@pytest.mark.parametrize("rule", ["rpu", "sgd", "sign_sgd", "tiki_taka"])
def test_a_run_goes_on_to_the_bit_and_leaves_its_biases(rule, tmp_path):
    case = next(case for case in CASES if case.title == rule)
    digital = {"format": "int16", "rounding": "stochastic"}
    settings = digital_case(case).settings(
        epochs=1, images_per_epoch=96, batch=8, digital=digital, checkpoint_images=32
    )
    data = load_dataset("digits").first(train=96, test=20)
    whole = train(NETWORK, data, settings, folder=tmp_path / "whole")
    train(NETWORK, data, settings, folder=tmp_path / "part", stop_after=40)
    again = train(NETWORK, data, settings, folder=tmp_path / "part", resume=True)
    for name, weights in whole.weights.items():
        assert again.weights[name].tobytes() == weights.tobytes()
    kept = checkpoint_weights(NETWORK, tmp_path / "part")
    tensors = trained_tensors(NETWORK, tmp_path / "part").tensors
    for name, weights in whole.weights.items():
        assert kept[name].tobytes() == weights.tobytes()
        np.testing.assert_array_equal(tensors[name]["bias"], weights[:, -1])
