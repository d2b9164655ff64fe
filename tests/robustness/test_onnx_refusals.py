"""Does an ONNX file that cannot be taken, or cannot carry data, say so at once, whole and with what
to do?
"""

import numpy as np
import pytest

pytest.importorskip(
    "onnx", reason="the ONNX importer's tests need the package onnx (pip install archsim[onnx])"
)

from onnx_cases import make_model, node, write

import archsim
from archsim.cli.main import main
from workloads import load_network


def weight(*shape):
    return np.linspace(-1, 1, int(np.prod(shape)), dtype=np.float32).reshape(shape)


def path_of(tmp_path, nodes, shape=(1, 4), weights=(), **options):
    return write(
        make_model(nodes, [("x", shape)], [("w", weight(4, 4)), *weights], **options),
        tmp_path / "net.onnx",
    )


def test_all_unsupported_operators_are_named_at_once(tmp_path):
    nodes = [
        node("MatMul", ["x", "w"], ["a"]),
        node("Loop", ["", "", "a"], ["b"]),
        node("Det", ["b"], ["c"]),
        node("Det", ["c"], ["d"]),
        node("DeformConv", ["d", "w", "w"]),
    ]
    with pytest.raises(archsim.InputError) as fault:
        load_network(path_of(tmp_path, nodes, weights=[("s", weight(4))]))
    message = str(fault.value)
    for text in ("Loop", "Det (2 nodes)", "DeformConv", "docs/networks.md", "without control flow"):
        assert text in message


@pytest.mark.parametrize(
    ("nodes", "shape", "weights", "fault"),
    [
        (
            [node("Gemm", ["x", "k", "b"])],
            (2, 4, 6, 6),
            [("k", weight(4, 1, 3, 3)), ("b", weight(4))],
            "matrices of two axes",
        ),
        ([node("Gemm", ["x", "k"])], (2, 4, 6), [("k", weight(4, 4))], "matrices of two axes"),
        ([node("Gather", ["w", "x"], axis=1)], (1, 4), [], "look-up"),
        (
            [node("Relu", ["x"], ["r"]), node("Clip", ["x", "", "r"])],
            (1, 4),
            [],
            "bounds computed at run time",
        ),
        (
            [node("Relu", ["x"], ["r"]), node("PRelu", ["x", "r"])],
            (1, 4),
            [],
            "slope computed at run time",
        ),
        ([node("Pow", ["w", "x"])], (1, 4), [], "exponent computed at run time"),
        ([node("Tile", ["x", "x"])], (1, 4), [], "shape|run time"),
        ([node("Softmax", ["x"], axis=4)], (1, 4), [], "no such axis|shape"),
        (
            [node("Relu", ["x"], ["r"]), node("Conv", ["x", "k", "r"])],
            (1, 1, 4, 4),
            [("k", weight(1, 1, 3, 3))],
            "run time",
        ),
        ([node("Concat", ["x", "x"], axis=0)], (2, 4), [], "batch axis"),
        ([node("Gemm", ["x", "w", "b"])], (1, 4), [("b", weight(3))], "do not match|does not fit"),
        ([node("Clip", ["x", "b"])], (1, 4), [("b", weight(3))], "not one number|shape"),
        ([node("PRelu", ["x", "b"])], (1, 4), [("b", weight(3, 4))], "does not fit"),
        (
            [node("BatchNormalization", ["x", *"bbbb"])],
            (1, 4),
            [("b", weight(3))],
            "one number a channel|shape",
        ),
    ],
)
def test_refused_with_the_node(tmp_path, nodes, shape, weights, fault, capsys):
    path = path_of(tmp_path, nodes, shape, weights)
    with pytest.raises(archsim.InputError, match=fault) as raised:
        load_network(path)
    assert "node " in str(raised.value)
    assert (
        main(["run", str(path), "--arch", "cim40"]) == 2
        and "internal" not in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("nodes", "weights", "fault"),
    [
        (
            [
                node("QuantizeLinear", ["x", "s"], ["q"], output_dtype=17),  # a float of 8 bits
                node("DequantizeLinear", ["q", "s"], ["d"]),
                node("MatMul", ["d", "w"]),
            ],
            [("s", np.float32(0.1))],
            "QuantizeLinear",
        ),
        (
            [
                node("Cast", ["x"], ["h"], to=17),
                node("Cast", ["h"], ["g"], to=1),
                node("MatMul", ["g", "w"]),
            ],
            [],
            "Cast",
        ),
        (
            [
                node("BatchNormalization", ["x", *"vvvv"], ["h", "m", "r"], training_mode=1),
                node("MatMul", ["h", "w"]),
            ],
            [("v", np.ones(4, np.float32))],
            "training mode",
        ),
    ],
)
def test_what_would_compute_something_else_is_refused_with_data_only(
    tmp_path, nodes, weights, fault
):
    network = load_network(path_of(tmp_path, nodes, weights=weights))
    assert archsim.simulate(network, "cim40").cycles > 0
    with pytest.raises(archsim.InputError, match=fault):
        archsim.simulate(network, "cim40", data="random")


def test_a_file_that_changed_is_not_mixed_with_its_network(tmp_path):
    network = load_network(path_of(tmp_path, [node("MatMul", ["x", "w"])]))
    path_of(tmp_path, [node("MatMul", ["x", "w"], ["h"]), node("Relu", ["h"])])
    with pytest.raises(archsim.InputError, match="has changed"):
        archsim.simulate(network, "cim40", data="random")


def test_training_refuses_products_of_unequally_many_matrices(tmp_path):
    from archsim.training.program import build_program

    nodes = [
        node("MatMul", ["x", "w"], ["h"]),
        node("Reshape", ["h", "halves"], ["two"]),
        node("MatMul", ["two", "h"]),
    ]
    halves = ("halves", np.array([1, 2, 2, 4]))
    network = load_network(path_of(tmp_path, nodes, (1, 4, 4), [halves]))
    with pytest.raises(archsim.InputError, match="training cannot run"):
        build_program(network, {})


def test_data_that_does_not_belong_to_an_input_is_refused(tmp_path):
    network = load_network(path_of(tmp_path, [node("MatMul", ["x", "w"])]))
    with pytest.raises(archsim.InputError, match="unknown array"):
        archsim.simulate(network, "cim40", data={"images": weight(4), "x.weights": weight(4)})


@pytest.mark.parametrize(
    ("equation", "other", "held", "words"),
    [
        # 5 numbers of an image against the 3 of a weight: 3 x 4 were read, 5 x 4 counted
        ("nsi,ij->nsj", (3, 4), True, "unlike lengths have the letter i"),
        ("nsi,ij->nsj", (1, 4), True, "a weight that is repeated"),
        ("nsi,nti->nst", (1, 6, 1), False, "a sum over values that is repeated"),
        ("nsi,nti->nst", (1, 6, 4), False, "unlike lengths have the letter i"),
    ],
)
def test_letters_of_an_einsum_say_one_length(tmp_path, equation, other, held, words):
    inputs = [("x", (1, 7, 5)), *([] if held else [("z", other)])]
    weights = [("z", weight(*other))] if held else []
    model = make_model([node("Einsum", ["x", "z"], equation=equation)], inputs, weights)
    with pytest.raises(archsim.InputError, match=words):
        load_network(write(model, tmp_path / "net.onnx"))
