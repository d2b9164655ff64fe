"""Do tables of whole numbers, which are no parameters, stay as they are, unrounded and unpriced, in
a training?
"""

import numpy as np
import pytest

import archsim
from archsim.operators.array_forward import network_forward
from archsim.operators.unrounded import WHOLE, stored_forms
from archsim.run.exported import export_onnx, export_torch
from archsim.run.trained_weights import trained_tensors
from archsim.schemes import load_scheme
from archsim.soc.data.request import exact_tensors
from archsim.trace import build_trace
from archsim.training.trainable import untrainable
from workloads.datasets import Dataset
from workloads.load import load_network

KINDS = np.array([2, 0, 1, 1, 2, 0], np.int64)  # the kind of each word, no matter where it stands


@pytest.fixture
def path(tmp_path):
    """A network of a kind and a word: words of kind 2 and of other kinds are two classes."""
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    from onnx import TensorProto, helper, numpy_helper, save

    random = np.random.default_rng(5)
    held = {
        "kinds": KINDS,
        "kinds_shown": random.normal(size=(3, 4)).astype(np.float32),
        "words_shown": random.normal(size=(6, 4)).astype(np.float32),
        "weight": random.normal(size=(16, 2)).astype(np.float32) / 4,
        "flat": np.array([0, -1], np.int64),
    }
    nodes = [
        helper.make_node("Gather", ["kinds", "words"], ["kind"]),
        helper.make_node("Gather", ["kinds_shown", "kind"], ["first"]),
        helper.make_node("Gather", ["words_shown", "words"], ["second"]),
        helper.make_node("Add", ["first", "second"], ["both"]),
        helper.make_node("Reshape", ["both", "flat"], ["row"]),
        helper.make_node("MatMul", ["row", "weight"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "kinds",
        [helper.make_tensor_value_info("words", TensorProto.INT64, ["N", 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 2])],
        [numpy_helper.from_array(values, name) for name, values in held.items()],
    )
    opset = helper.make_operatorsetid("", 17)
    saved = tmp_path / "kinds.onnx"
    save(helper.make_model(graph, opset_imports=[opset], ir_version=9), saved)
    return saved


def sentences(images=64):
    words = np.random.default_rng(1).integers(0, 6, (images, 4))
    labels = (KINDS[words] == 2).any(axis=1).astype(np.int64)
    shown = words.astype(np.float32)
    return Dataset("kinds", shown, labels, shown[:16].copy(), labels[:16].copy(), 2)


def tables_of(network):
    """Of whole numbers, of the rows that it asks for, of words."""
    whole, kinds, words = (item for item in network.layers if item.computes == "embedding")
    return whole, kinds, words


def test_a_table_of_whole_numbers_is_known_by_its_type(path):
    network = load_network(path)
    whole, kinds, words = tables_of(network)
    assert [bool(item.setting("whole")) for item in (whole, kinds, words)] == [True, False, False]
    assert untrainable(network) == {}
    assert stored_forms(network) == {whole.name: WHOLE}


def test_it_stays_while_the_rows_it_asks_for_move(path):
    network = load_network(path)
    whole, kinds, words = tables_of(network)
    settings = {"learning_rate": 0.1}
    data = sentences()
    # words of three bits between layers round what is no number of a row
    chip = {"digital": {"value_bits": 3}}
    result = archsim.train(
        network, "cim40", data, "sgd", epochs=2, weights=path, settings=settings | chip
    )
    kept = trained_tensors(network, result).tensors
    before = network.tensors.read()
    np.testing.assert_array_equal(kept[whole.name]["table"].ravel(), KINDS)
    for moved in (kinds, words):
        assert (kept[moved.name]["table"] != before[moved.name]["table"]).any()


def test_nothing_of_it_is_priced_in_a_training(path):
    network = load_network(path)
    whole, kinds, words = tables_of(network)
    trace = build_trace(network, load_scheme("sgd"), "training", 4)
    names = {item.name for item in (*trace.image_operations, *trace.batch_operations)}
    assert f"{kinds.name}.statistics" in names
    assert not [name for name in names if name.startswith(f"{whole.name}.")]
    # gradients and weights of the other two alone
    assert trace.state_words["layer words"] == 2 * 4 * (3 + 6)


def test_it_leaves_as_whole_numbers_and_comes_back(path, tmp_path):
    torch = pytest.importorskip("torch", reason="needs the extra 'torch'")
    from onnx.reference import ReferenceEvaluator

    network = load_network(path)
    result = archsim.train(network, "cim40", sentences(), "sgd", epochs=1, weights=path)
    left = export_onnx(network, result, tmp_path / "left.onnx")
    numbers = sentences().test_images
    (given,) = ReferenceEvaluator(str(left)).run(None, {"words": numbers.astype(np.int64)})
    module = export_torch(network, result).eval()
    with torch.no_grad():
        np.testing.assert_allclose(module(torch.tensor(numbers)).numpy(), given, atol=1e-5)
    assert len([*module.parameters()]) == 3
    back = load_network(left)
    assert untrainable(back) == {}
    assert tables_of(back)[0].setting("whole")
    image = {"words": numbers[0].astype(float)}
    last = back.layers[-1].name
    scores = network_forward(back, image, exact_tensors(back))[last]
    np.testing.assert_allclose(scores, given[0], atol=1e-5)


def test_its_rows_are_unrounded_whoever_reads_them(tmp_path):
    path = tmp_path / "kinds.toml"
    text = (
        'schema = 1\nname = "k"\ninput = [4]\n[[layer]]\nname = "kinds"\noperator = "embedding"\n'
    )
    text += "entries = 6\nfeatures = 2\nwhole = true\n"
    text += '[[layer]]\nname = "last"\noperator = "linear"\nfeatures = 2\n'
    path.write_text(text, encoding="utf-8")
    assert stored_forms(load_network(path)) == {"kinds": WHOLE}


def test_a_network_file_says_it(tmp_path):
    path = tmp_path / "kinds.toml"
    text = (
        'schema = 1\nname = "k"\ninput = [4]\n[[layer]]\nname = "kinds"\noperator = "embedding"\n'
    )
    text += "entries = 6\nfeatures = 1\nwhole = true\n"
    path.write_text(text, encoding="utf-8")
    assert load_network(path).layer("kinds").setting("whole")
    path.write_text(text.replace("whole = true", "whole = 1"), encoding="utf-8")
    with pytest.raises(archsim.InputError, match="true or false"):
        load_network(path)
