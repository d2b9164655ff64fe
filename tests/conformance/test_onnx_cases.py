"""Do files that once gave wrong numbers, or none, give ONNX's now: at the importer and through a
simulated chip?
"""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip(
    "onnx", reason="the ONNX importer's tests need the package onnx (pip install archsim[onnx])"
)

from onnx_cases import (
    imported_outputs,
    load_model,
    make_model,
    node,
    onnx_module,
    reference_outputs,
    write,
)

import archsim
from archsim.cli.main import main
from archsim.trace import build_trace
from workloads import load_network

CASES = Path(__file__).parents[1] / "cases"


# (file, weights, multiply-accumulates)
@pytest.mark.parametrize(
    ("name", "weights", "work"),
    [
        ("concat_const", 64, 64),
        ("token_mean_pool", 64, 64),
        ("pre_bn", 5960, 322_560),  # batch normalisation with the file's statistics
        ("pre_gelu", 5960, 322_560),  # ELU
        (
            "nn_mha_ts",
            16_384,
            524_288,
        ),  # multi-head attention of PyTorch: two arrays, two products of activations
    ],
)
def test_a_run_with_data_computes_what_the_file_says(name, weights, work):
    path = CASES / f"{name}.onnx"
    model = load_model(path)
    network = archsim.load_network(path)
    assert (network.weights, network.multiply_accumulates) == (weights, work)
    given = model.graph.input[0]
    shape = [dim.dim_value for dim in given.type.tensor_type.shape.dim]
    x = np.random.default_rng(1).uniform(0, 1, shape).astype(np.float32)
    wanted = reference_outputs(model, {given.name: x}, 1)[0]
    fine = {"read.adc_bits": 12, "read.input_bits": 12, "read.output_bits": 32}
    chip = archsim.load_architecture("cim40", fine)
    result = archsim.simulate(network, chip, data={"images": x.reshape(network.input_shape)})
    np.testing.assert_allclose(
        result.reference_outputs.reshape(-1), wanted, rtol=1e-4, atol=1e-5 * np.abs(wanted).max()
    )
    np.testing.assert_allclose(result.outputs.reshape(-1), wanted, atol=0.01 * np.abs(wanted).max())
    assert any("those of the network's file" in note for note in result.document["notes"])


def test_two_towers_of_one_weight():
    network = archsim.load_network(CASES / "siamese.onnx")
    assert network.weights == 16_896 and network.multiply_accumulates == 33_280
    assert [layer.name for layer in network.array_layers] == ["f", "f_2", "o"]
    assert len(archsim.simulate(network, "cim40").document["placement"]) == 2


def test_one_weight_read_twelve_times(tmp_path):
    nodes = []
    for number in range(12):
        nodes += [
            node(
                "Gemm",
                ["x" if number == 0 else f"r{number}", "l.weight", "l.bias"],
                [f"h{number}"],
                transB=1,
            ),
            node("Relu", [f"h{number}"], [f"r{number + 1}"]),
        ]
    weight = np.random.default_rng(0).normal(size=(256, 256)).astype(np.float32) / 16
    model = make_model(
        [*nodes, node("Identity", ["r12"])],
        [("x", [1, 256])],
        [("l.weight", weight), ("l.bias", np.ones(256, np.float32))],
    )
    network = archsim.load_network(write(model, tmp_path / "albert.onnx"))
    assert (
        network.weights == 65_536
        and network.multiply_accumulates == 12 * 65_536
        and len(network.array_layers) == 12
    )
    result = archsim.simulate(network, "cim40", data="random")
    (row,) = result.document["placement"]
    assert (row["layer"], row["vectors"]) == ("l", 12) and result.document["tiles"] == row[
        "tile_count"
    ]
    assert {f"l_{number}" for number in range(2, 13)} <= {
        row["layer"] for row in result.document["by_layer"]
    }


def test_what_is_refused_says_why(capsys):
    assert main(["run", str(CASES / "gemm_3d.onnx"), "--arch", "cim40"]) == 2
    assert "matrices of two axes" in capsys.readouterr().err


def test_an_embedding_gives_rows_of_its_table():
    path = CASES / "embedding_linear.onnx"
    network = load_network(path)
    stored = {item.name: item for item in load_model(path).graph.initializer}
    table, matrix = (onnx_module("numpy_helper").to_array(stored[name]) for name in "EW")
    rows = np.array([[3, 0, 3, len(table) - 1]])
    got = imported_outputs(network, {"x": rows}, 1)
    wanted = table[rows[0]] @ matrix
    # of the largest: where terms cancel, their order alone moves the last digits of a small sum
    assert np.abs(got.reshape(4, -1) - wanted).max() <= 1e-6 * np.abs(wanted).max()
    # every row comes from the off-chip memory, as the numbers of the rows do
    assert build_trace(network).input_elements == rows.size * (1 + table.shape[1])
    with pytest.raises(archsim.InputError, match="not the number of a row"):
        imported_outputs(network, {"x": rows + len(table)}, 1)
