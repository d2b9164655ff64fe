"""Is the batch axis of an ONNX file found where the file tells it, noted where it is assumed, and
overruled by the option?
"""

import json

import numpy as np
import pytest

pytest.importorskip(
    "onnx", reason="the ONNX importer's tests need the package onnx (pip install archsim[onnx])"
)

from onnx_cases import make_model, node, write

import archsim
from archsim.cli.main import main
from tests.members import every
from workloads import load_network

SQUARE = ("w.weight", np.eye(8, 6, dtype=np.float32))
PRODUCT = [node("MatMul", ["x", "w.weight"])]
LSTM = [("lstm.W", np.zeros((1, 12, 8), np.float32)), ("lstm.R", np.zeros((1, 12, 3), np.float32))]


def read(tmp_path, nodes, shape, weights=(SQUARE,), **options):
    return load_network(
        write(make_model(nodes, [("x", shape)], weights), tmp_path / "net.onnx"), **options
    )


# (input, nodes, shape of an image, whether something is assumed)
@every(
    "shape, nodes, image, assumed",
    [
        ([128, 1, 8], PRODUCT, (128, 8), True),  # (steps, batch, features)
        ([1, 128, 8], PRODUCT, (128, 8), False),
        (["N", 128, 8], PRODUCT, (128, 8), False),
        ([128, "batch", 8], PRODUCT, (128, 8), False),
        ([128, "batch_size", 8], PRODUCT, (128, 8), False),
        (["unk__5", 128, 8], PRODUCT, (128, 8), False),
        ([4, 128, 8], PRODUCT, (128, 8), True),
        ([32, 8], PRODUCT, (8,), True),
        ([1, 8], PRODUCT, (8,), False),
        ([5, 1, 8], [node("LSTM", ["x", "lstm.W", "lstm.R"], ["y"], hidden_size=3)], (5, 8), False),
        ([5, 3, 8], [node("LSTM", ["x", "lstm.W", "lstm.R"], ["y"], hidden_size=3)], (5, 8), False),
        (
            [3, 5, 8],
            [
                node("Transpose", ["x"], ["t"], perm=[1, 0, 2]),
                node("LSTM", ["t", "lstm.W", "lstm.R"], ["y"], hidden_size=3),
            ],
            (5, 8),
            False,
        ),
        (
            [3, 5, 8],
            [
                node("Relu", ["x"], ["r"]),
                node("Transpose", ["r"], ["t"], perm=[1, 0, 2]),
                node("LSTM", ["t", "lstm.W", "lstm.R"], ["y"], hidden_size=3),
            ],
            (5, 8),
            False,
        ),
        (
            [6, 1, 8],
            [node("MaxPool", ["x"], kernel_shape=[2])],
            (1, 8),
            False,
        ),  # a pool fixes its batch as the first axis
        ([6, 1, 8], [node("Flatten", ["x"])], (1, 8), False),
    ],
)
def test_where_the_batch_is(tmp_path, shape, nodes, image, assumed):
    network = read(tmp_path, nodes, shape, [SQUARE, *LSTM])
    assert network.input_shape == image and "batch axis" in network.source
    notes = [note for note in network.notes if "batch axis" in note]
    assert len(notes) == assumed and all("--batch-axis" in note for note in notes)


def test_steps_first_counts_the_steps(tmp_path):
    network = read(tmp_path, PRODUCT, [128, 1, 8])
    assert network.multiply_accumulates == 128 * 48
    overruled = read(tmp_path, PRODUCT, [128, 1, 8], batch_axis=0)
    assert (
        overruled.multiply_accumulates == 48
        and overruled.notes == ()
        and "--batch-axis 0" in overruled.source
    )


@pytest.mark.parametrize(("axis", "image"), [(0, (8, 8)), (1, (4, 8)), ("none", (4, 8, 8))])
def test_the_option_overrules_all_else(tmp_path, axis, image):
    assert read(tmp_path, PRODUCT, [4, 8, 8], batch_axis=axis).input_shape == image


def test_a_batch_along_the_features_is_refused(tmp_path):
    with pytest.raises(archsim.InputError, match="does not fit"):
        read(tmp_path, PRODUCT, [4, 8, 8], batch_axis=2)


def test_symbolic_steps_need_a_size_and_name_the_option(tmp_path):
    with pytest.raises(archsim.InputError, match="--shape seq=N"):
        read(tmp_path, PRODUCT, ["seq", 1, 8])
    network = read(tmp_path, PRODUCT, ["seq", 1, 8], shapes={"seq": 9})
    assert network.input_shape == (9, 8)
    assert read(tmp_path, PRODUCT, ["seq", 8], shapes={"seq": 9}).input_shape == (9, 8)


def test_values_with_the_batch_on_axis_one(tmp_path):
    nodes = [
        node("MatMul", ["x", "w.weight"], ["h"]),
        node("Add", ["h", "p"], ["a"]),
        node("Softmax", ["a"], axis=0),
    ]
    offsets = np.linspace(-1, 1, 30).reshape(5, 1, 6).astype(np.float32)
    network = read(tmp_path, nodes, [5, "batch", 8], [SQUARE, ("p", offsets)])
    x = np.random.default_rng(0).random((5, 8)).astype(np.float32)
    scores = np.exp(x @ SQUARE[1] + offsets[:, 0])
    result = archsim.simulate(network, "cim40", data={"images": x})
    np.testing.assert_allclose(result.reference_outputs[0], scores / scores.sum(axis=0), rtol=1e-4)


@pytest.mark.parametrize("axis", [5, -1, True, "one", 1.5])
def test_wrong_axes_are_refused(tmp_path, axis):
    with pytest.raises(archsim.InputError, match="batch.axis"):
        read(tmp_path, PRODUCT, [4, 8, 8], batch_axis=axis)


def test_other_files_have_no_batch():
    with pytest.raises(archsim.InputError, match="onnx files only"):
        load_network("lenet1", batch_axis=0)


def test_the_assumption_reaches_the_result_and_the_option_the_commands(tmp_path, capsys):
    path = str(write(make_model(PRODUCT, [("x", [128, 1, 8])], [SQUARE]), tmp_path / "net.onnx"))
    assert main(["run", path, "--arch", "cim40", "--json"]) == 0
    assert any("--batch-axis" in note for note in json.loads(capsys.readouterr().out)["notes"])
    assert main(["run", path, "--arch", "cim40", "--json", "--batch-axis", "1"]) == 0
    assert not any(
        "--batch-axis N" in note for note in json.loads(capsys.readouterr().out)["notes"]
    )
    assert main(["show", "network", path, "--json", "--batch-axis", "0"]) == 0
    assert json.loads(capsys.readouterr().out)["multiply_accumulates"] == 48
    assert main(["show", "network", path]) == 0
    assert "batch axis 1" in " ".join(capsys.readouterr().out.split())
    assert (
        main(["run", path, "--arch", "cim40", "--batch-axis", "7"]) == 2
        and "0 to 2" in capsys.readouterr().err
    )
    assert main(["run", path, "--arch", "cim40", "--batch-axis", "x"]) == 2
