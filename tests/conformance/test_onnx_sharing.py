"""Are weights of an ONNX file that several nodes read imported once, under the weight's name, with
the right values?
"""

import numpy as np
import pytest

pytest.importorskip(
    "onnx", reason="the ONNX importer's tests need the package onnx (pip install archsim[onnx])"
)

from onnx_cases import assert_equal_values, make_model, node, write

from tests.members import every
from workloads import load_network


def weight(*shape, seed=1):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


W = ("enc.fc.weight", weight(6, 6))
B = ("enc.fc.bias", weight(6, seed=2))
C = ("dec.bias", weight(6, seed=3))
KEEPER = node("Gemm", ["x", W[0], B[0]], ["h"], transB=1)


# (second and later nodes, whether the second layer is transposed, whether its bias is on the array,
# operators)
@every(
    "nodes, transposed, bias, operators",
    [
        ([node("Gemm", ["h", W[0], B[0]], transB=1)], False, True, "linear linear"),
        ([node("Gemm", ["h", W[0]], transB=1)], False, False, "linear linear"),
        ([node("Gemm", ["h", W[0], C[0]], transB=1)], False, False, "linear linear add"),
        ([node("Gemm", ["h", W[0], B[0]], transB=1, beta=0.5)], False, False, "linear linear add"),
        ([node("Gemm", ["h", W[0], B[0]])], True, False, "linear linear add"),
        ([node("MatMul", ["h", W[0]])], True, False, "linear linear"),
        (
            [node("Transpose", [W[0]], ["t"], perm=[1, 0]), node("MatMul", ["h", "t"])],
            False,
            False,
            "linear linear",
        ),
        (
            [
                node("Transpose", [W[0]], ["t"], perm=[1, 0]),
                node("MatMul", ["h", "t"], ["m"]),
                node("Add", ["m", B[0]]),
            ],
            False,
            True,
            "linear linear",
        ),
        (
            [
                node("Transpose", [W[0]], ["t"], perm=[1, 0]),
                node("MatMul", ["h", "t"], ["m"]),
                node("Add", ["m", C[0]]),
            ],
            False,
            False,
            "linear linear add",
        ),
        (
            [
                node("Transpose", [W[0]], ["t"], perm=[1, 0]),
                node("Transpose", ["t"], ["u"], perm=[1, 0]),
                node("MatMul", ["h", "u"]),
            ],
            True,
            False,
            "linear linear",
        ),
        (
            [
                node("Identity", [W[0]], ["t"]),
                node("Identity", [B[0]], ["b"]),
                node("Gemm", ["h", "t", "b"], transB=1),
            ],
            False,
            True,
            "linear linear",
        ),
        (
            [node("Cast", [W[0]], ["t"], to=1), node("Gemm", ["h", "t", B[0]], transB=1)],
            False,
            True,
            "linear linear",
        ),
    ],
)
def test_two_products_with_one_weight(tmp_path, nodes, transposed, bias, operators):
    model = make_model([KEEPER, *nodes], [("x", ["N", 6])], [W, B, C])
    network = assert_equal_values(model, tmp_path / "net.onnx", {"x": weight(3, 6, seed=5)}, 3)
    first, second = network.array_layers
    assert (first.name, first.shares, first.bias) == ("enc.fc", "", True)
    assert (second.name, second.shares, second.transposed, second.bias) == (
        "enc.fc_2",
        "enc.fc",
        transposed,
        bias,
    )
    assert " ".join(layer.operator for layer in network.layers[1:]) == operators
    assert network.weights == 36 and network.multiply_accumulates == 72


def test_another_factor_is_another_matrix(tmp_path):
    model = make_model(
        [KEEPER, node("Gemm", ["h", W[0], B[0]], transB=1, alpha=0.5)], [("x", ["N", 6])], [W, B]
    )
    network = assert_equal_values(model, tmp_path / "net.onnx", {"x": weight(2, 6, seed=5)}, 2)
    assert network.weights == 72


def test_equal_contents_under_two_names_stay_two_and_are_noted(tmp_path):
    big = weight(40, 40)
    model = make_model(
        [node("MatMul", ["x", "a.weight"], ["h"]), node("MatMul", ["h", "b.weight"])],
        [("x", ["N", 40])],
        [("a.weight", big), ("b.weight", big.copy())],
    )
    network = load_network(write(model, tmp_path / "net.onnx"))
    assert network.weights == 3200 and any(
        "'a' and 'b' are equal" in note for note in network.notes
    )


def test_towers_of_one_convolution(tmp_path):
    """One image goes through both towers, at other strides, one with the shared bias, one with
    another.
    """
    nodes = [
        node("Conv", ["x", "c.weight", "c.bias"], ["a"], pads=[1, 1, 1, 1]),
        node("Conv", ["x", "c.weight", "d.bias"], ["b"], pads=[1, 1, 1, 1]),
        node("Conv", ["x", "c.weight"], ["e"], pads=[1, 1, 1, 1]),
        node("Sum", ["a", "b", "e"]),
    ]
    weights = [
        ("c.weight", weight(4, 3, 3, 3)),
        ("c.bias", weight(4)),
        ("d.bias", weight(4, seed=4)),
    ]
    network = assert_equal_values(
        make_model(nodes, [("x", ["N", 3, 5, 5])], weights),
        tmp_path / "net.onnx",
        {"x": weight(2, 3, 5, 5, seed=6)},
        2,
    )
    assert network.weights == 108 and network.multiply_accumulates == 3 * 108 * 25
    assert [layer.shares for layer in network.array_layers] == ["", "c", "c"]


def test_siamese_inputs_are_two(tmp_path):
    nodes = [
        node("Gemm", ["l", "f.weight"], ["a"]),
        node("Gemm", ["r", "f.weight"], ["b"]),
        node("Concat", ["a", "b"], axis=1),
    ]
    model = make_model(nodes, [("l", ["N", 6]), ("r", ["N", 6])], [("f.weight", weight(6, 4))])
    inputs = {"l": weight(2, 6, seed=7), "r": weight(2, 6, seed=8)}
    network = assert_equal_values(model, tmp_path / "net.onnx", inputs, 2)
    assert network.weights == 24
    import archsim

    result = archsim.simulate(
        network, "cim40", images=2, data={"l.images": inputs["l"], "r.images": inputs["r"]}
    )
    wanted = np.concatenate([inputs["l"] @ weight(6, 4), inputs["r"] @ weight(6, 4)], axis=1)
    np.testing.assert_allclose(result.reference_outputs, wanted, rtol=1e-4, atol=1e-5)


def test_one_lstm_run_twice(tmp_path):
    weights = [
        ("m.W", weight(1, 12, 3)),
        ("m.R", weight(1, 12, 3, seed=2)),
        ("m.B", weight(1, 24)),
        ("n.B", weight(1, 24, seed=3)),
        ("one", np.array([1])),
    ]
    nodes = [
        node("LSTM", ["x", "m.W", "m.R", "m.B"], ["s"], hidden_size=3),
        node("Squeeze", ["s", "one"], ["q"]),
        node("LSTM", ["q", "m.W", "m.R", "m.B"], ["t"], hidden_size=3),
        node("Squeeze", ["t", "one"], ["u"]),
        node("LSTM", ["u", "m.W", "m.R", "n.B"], ["y"], hidden_size=3),
    ]
    network = load_network(
        write(make_model(nodes, [("x", [5, 1, 3])], weights), tmp_path / "net.onnx")
    )
    assert [layer.shares for layer in network.array_layers] == [
        "",
        network.array_layers[0].name,
        "",
    ]
    assert network.weights == 2 * 6 * 12


@pytest.mark.parametrize(
    ("name", "weight_name", "bias_name", "expected"),
    [
        (
            "/encoder/layer.0/fc/Gemm",
            "encoder.layer.0.fc.weight",
            "encoder.layer.0.fc.bias",
            "encoder.layer.0.fc",
        ),
        ("/a/MatMul", "onnx::MatMul_12", "a.bias", "a"),
        ("/a/MatMul", "onnx::MatMul_12", "onnx::Add_13", "a"),
        ("fc1", "W1", "b1", "fc1"),
        ("", "W1", "", "W1"),
        ("Gemm_7", "dense_kernel", "", "dense"),
        ("model/dense/MatMul", "model/dense/MatMul/ReadVariableOp:0", "", "model/dense"),
        ("node_Gemm_3", "val_3", "", "node_Gemm_3"),
        ("", "onnx::MatMul_12", "", "linear1"),
        ("", "0.weight", "0.bias", "0"),
        ("", "a b\x1b[31m.weight", "", "a_b__31m"),
    ],
)
def test_layers_bear_the_name_of_their_weight(tmp_path, name, weight_name, bias_name, expected):
    inputs = ["x", weight_name, bias_name] if bias_name else ["x", weight_name]
    weights = [(weight_name, weight(6, 4)), *([(bias_name, weight(4))] if bias_name else [])]
    network = load_network(
        write(
            make_model([node("Gemm", inputs, name=name)], [("x", ["N", 6])], weights),
            tmp_path / "net.onnx",
        )
    )
    assert network.array_layers[0].name == expected


def test_two_readings_of_one_array_have_noise_of_their_own(tmp_path):
    import archsim

    nodes = [
        node("Gemm", ["x", "f.weight"], ["a"]),
        node("Gemm", ["x", "f.weight"], ["b"]),
        node("Sub", ["a", "b"]),
    ]
    network = load_network(
        write(
            make_model(nodes, [("x", ["N", 6])], [("f.weight", weight(6, 4))]),
            tmp_path / "net.onnx",
        )
    )
    quiet, noisy = (
        archsim.simulate(
            network,
            archsim.load_architecture(
                "cim40", {"physics.read_noise": noise, "read.output_bits": 32}
            ),
            data="random",
        ).outputs
        for noise in (0.0, 0.05)
    )
    assert not quiet.any() and noisy.all()
