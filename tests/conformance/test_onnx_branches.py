"""Is the branch of an `If` taken where the file decides it, and is what graphs of nodes take from
around them on the path?
"""

import numpy as np
import pytest

import archsim
from tests.onnx_models import FLOAT, helper, loader, model, node, numpy_helper
from tests.onnx_runs import imported_output

reference = pytest.importorskip("onnx.reference")
RANDOM = np.random.default_rng(3)
DRAWN = {
    "w": RANDOM.normal(size=(6, 4)).astype(np.float32),
    "large": RANDOM.normal(size=(40, 40)).astype(np.float32),
}
SIZE = [
    node("Shape", ["a"], ["sizes"]),
    node("Gather", ["sizes", "first"], ["size"], axis=0),
    node("Equal", ["size", "one"], ["alone"]),
]
NUMBERS = [("first", np.array(1)), ("one", np.array(1)), ("four", np.array(4))]


@pytest.fixture
def load(tmp_path):
    return loader(tmp_path)


def refused(folder, nodes, weights=()):
    """A file that is not taken: what `check` says of it, and the error."""
    path = folder / "refused.onnx"
    given = (nodes, [("x", [1, 4])], [("y", None)], weights)
    path.write_bytes(model(*given).SerializeToString())
    with pytest.raises(archsim.InputError) as fault:
        archsim.load_network(path)
    return archsim.check(path), str(fault.value)


def body(nodes, *outputs, weights=()):
    """A branch: what it makes it gives under these names."""
    given = [helper.make_tensor_value_info(name, FLOAT, None) for name in outputs]
    stored = [numpy_helper.from_array(values, name) for name, values in weights]
    return helper.make_graph(nodes, "branch", [], given, stored)


def either(condition, then, other, outputs=("y",), name="choice"):
    return node("If", [condition], outputs, name, then_branch=then, else_branch=other)


def run(load, nodes, weights=(), size=4, batch=1):
    """The network, held to ONNX's own evaluator on an input (1, size)."""
    image = RANDOM.normal(size=(batch, size)).astype(np.float32)
    asked = (nodes, [("x", ["N", size])], [("y", None)], [*NUMBERS, *weights])
    network = load(*asked)
    (wanted,) = reference.ReferenceEvaluator(model(*asked)).run(None, {"x": image})
    np.testing.assert_allclose(
        imported_output(load.path, [image]), wanted.reshape(-1), rtol=1e-5, atol=1e-6
    )
    return network


def operators(network):
    return [layer.operator for layer in network.layers]


HALVED = body([node("Mul", ["a", "half"], ["r"])], "r", weights=[("half", np.float32([0.5]))])
BENT = body([node("Tanh", ["a"], ["r"])], "r")


@pytest.mark.parametrize(("condition", "last"), [("alone", "tanh"), ("many", "multiply")])
def test_a_branch_that_a_size_decides_is_taken(load, condition, last):
    nodes = [node("Relu", ["x"], ["a"]), *SIZE, node("Not", ["alone"], ["many"])]
    # The size is four: "alone" is false.
    network = run(load, [*nodes, either(condition, HALVED, BENT)])
    assert operators(network) == ["input", "relu", last]


def test_branches_bring_weights_nodes_and_branches_of_their_own(load):
    inner = either(
        "alone", body([node("Neg", ["m"], ["q"])], "q"), body([node("Sigmoid", ["m"], ["q"])], "q")
    )
    inner.output[0] = "r"
    taken = body(
        [node("Gemm", ["a", "w"], ["m"], name="inside", transB=1), inner],
        "r",
        weights=[("w", DRAWN["w"])],
    )
    nodes = [node("Relu", ["x"], ["a"]), *SIZE, either("alone", HALVED, taken)]
    network = run(load, nodes)
    assert operators(network) == ["input", "relu", "linear", "sigmoid"]
    assert [layer.name for layer in network.array_layers] == ["inside"] and network.weights == 24


def test_two_choices_with_the_same_names_inside_stay_apart(load):
    def scaled(source, factor):
        weights = [("w", np.float32([factor]))]
        return body([node("Mul", [source, "w"], ["r"])], "r", weights=weights)

    nodes = [
        node("Relu", ["x"], ["a"]),
        *SIZE,
        either("alone", BENT, scaled("a", 3.0), ["b"]),
        either("alone", BENT, scaled("b", 5.0), ["y"]),
    ]
    assert operators(run(load, nodes)) == ["input", "relu", "multiply", "multiply"]


def test_large_weights_of_a_branch_sit_on_arrays(load):
    taken = body([node("MatMul", ["a", "w"], ["r"])], "r", weights=[("w", DRAWN["large"])])
    network = run(load, [node("Relu", ["x"], ["a"]), *SIZE, either("alone", BENT, taken)], size=40)
    assert network.weights == 1600


def test_a_branch_may_give_a_tensor_twice_or_one_from_around_it(load):
    twice = body([node("Tanh", ["a"], ["r"]), node("Identity", ["a"], ["s"])], "r", "s")
    again = body([node("Tanh", ["a"], ["r"])], "r", "r")
    nodes = [
        node("Relu", ["x"], ["a"]),
        *SIZE,
        either("alone", twice, again, ["b", "c"]),
        node("Add", ["b", "c"]),
    ]
    assert operators(run(load, nodes)) == ["input", "relu", "tanh", "add"]


def test_what_the_input_decides_is_refused(tmp_path):
    nodes = [
        node("Relu", ["x"], ["a"]),
        node("ReduceMax", ["a"], ["top"], keepdims=0),
        node("Greater", ["top", "limit"], ["large"]),
        either("large", HALVED, BENT),
    ]
    told, fault = refused(tmp_path, nodes, [("limit", np.float32(1.0))])
    assert "'choice' (If)" in fault and "without control flow" in fault
    assert [item.operator for item in told.unsupported] == ["If"]


def test_what_a_graph_takes_from_around_it_is_on_the_path(tmp_path):
    # By its inputs alone a choice of chance depends on nothing: the sum would be one with a
    # constant, and the branch be lost without a word.
    chance = [
        node("RandomUniform", [], ["chance"], shape=[1]),
        node("Cast", ["chance"], ["c"], to=9),
    ]
    choice = [*chance, either("c", HALVED, BENT, ["b"])]
    loop = helper.make_graph(
        [node("Identity", ["going"], ["on"]), node("Tanh", ["a"], ["r"])],
        "loop",
        [
            helper.make_tensor_value_info(name, kind, [])
            for name, kind in (("turn", 7), ("going", 9))
        ],
        [
            helper.make_tensor_value_info("on", 9, []),
            helper.make_tensor_value_info("r", FLOAT, None),
        ],
    )
    turns = [
        node("Loop", ["turns", ""], ["every"], body=loop),
        node("ReduceSum", ["every", "first"], ["b"], keepdims=0),
    ]
    weights = [("turns", np.array(3)), ("first", np.array([0]))]
    for kind, nodes in (("If", choice), ("Loop", turns)):
        nodes = [node("Relu", ["x"], ["a"]), *nodes, node("Add", ["a", "b"])]
        told, fault = refused(tmp_path, nodes, weights)
        assert f"operator {kind} is not supported" in fault
        assert [item.operator for item in told.unsupported] == [kind]


def test_a_branch_that_reads_what_nobody_makes_is_refused(load):
    broken = body([node("Tanh", ["nothing"], ["r"])], "r")
    nodes = [node("Relu", ["x"], ["a"]), *SIZE, either("alone", broken, BENT)]
    with pytest.raises(archsim.InputError, match="'nothing' is never made"):
        load(nodes, [("x", [1, 4])], [("y", None)], NUMBERS)


def test_nodes_in_any_order_are_brought_into_theirs(load):
    # The choice reads "a" inside its branches alone: the size is that of "x".
    size = [node("Shape", ["x"], ["sizes"]), *SIZE[1:]]
    nodes = [
        node("Relu", ["x"], ["a"]),
        *size,
        either("alone", BENT, HALVED, ["b"]),
        node("Exp", ["b"]),
    ]
    asked = ([("x", ["N", 4])], [("y", None)], NUMBERS)
    for order in (nodes, nodes[::-1], [*nodes[1:], nodes[0]]):
        assert operators(load(order, *asked)) == ["input", "relu", "multiply", "sigmoid"]
    turning = body([node("Add", ["a", "y"], ["r"])], "r")
    with pytest.raises(archsim.InputError, match="the graph has a cycle"):
        load([*nodes[:4], either("alone", BENT, turning, ["b"]), node("Exp", ["b"])], *asked)
