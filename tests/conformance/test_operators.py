"""Does every operator do what its file says: cost what it declares, compute what ONNX defines, pass
errors back as its derivative asks, alike in machine code and in plain Python?

Operators are found by themselves: a new file is taken up here without a line.
"""

import ast
from pathlib import Path

import numpy as np
import pytest

import archsim
from archsim.operators.digital_work import merge
from archsim.operators.forward import apply, can_carry
from archsim.operators.vocabulary import FUNCTIONS, OPERATORS, VECTOR_OPERATORS
from tests.conformance.operators_known import ELEMENTWISE, F, values_of
from tests.members import every
from tests.near import near
from tests.operator_layers import chain_of
from workloads.network import Layer

ROOT = Path(archsim.__file__).parents[1]
FOLDER = ROOT / "archsim" / "operators"


def test_one_operator_is_one_file():
    files = {
        path.stem
        for folder in ("array", "vector", "free")
        for path in (FOLDER / folder).glob("*.py")
        if path.stem != "__init__"
    }
    assert files == set(FUNCTIONS)
    for name, item in FUNCTIONS.items():
        assert type(item).__module__.split(".")[-2:] == [
            FUNCTIONS[item.counted_as].kind if item.counted_as else item.kind,
            name,
        ]


@every("operator", VECTOR_OPERATORS)
def test_a_run_counts_the_work_that_the_operator_declares(operator):
    # an image forward; a training step adds the way back
    network = chain_of(operator)
    item = FUNCTIONS[operator]
    layer = network.layer("it")
    forward, backward = item.forward_work(layer), item.backward_work(layer)
    run = archsim.simulate(network, "cim40", timing=False)
    assert counted(run, "it", "forward") == near(positive(forward))
    run = archsim.simulate(network, "cim40", phase="training", scheme="sgd", timing=False)
    forward = merge(forward, item.training_work(layer))
    assert counted(run, "it", "forward") == near(positive(forward))
    assert counted(run, "it", "backward") == near(positive(backward))
    # words that it keeps: once an image, and plain descent of those it trains once a mini-batch of one
    kept = merge(item.words_work(layer, 1), {"multiply_add": item.words(layer).trained})
    assert counted(run, "it", "update") == near(positive(kept))


def positive(work):
    return {action: count for action, count in work.items() if count}


def counted(run, layer, phase):
    return {
        row["action"]: row["count"]
        for row in run.ledger
        if (row["component"], row["layer"], row["phase"]) == ("vector_unit", layer, phase)
    }


@every("operator", [name for name in OPERATORS if name != "input"])
def test_a_network_with_it_carries_data_or_says_why_not(operator):
    network = chain_of(operator)
    if FUNCTIONS[operator].may_be_folded or can_carry(network.layer("it")):
        # words of these are never drawn at random
        given = {"embedding": {"it.table": np.ones((9, 3))}}
        given["memory_linear"] = {"it.weights": np.ones((3, 6))}
        data = given.get(operator, "random")
        assert np.isfinite(archsim.simulate(network, "cim40", data=data).outputs).all()
        return
    with pytest.raises(archsim.InputError, match=f"{operator} 'it'"):
        archsim.simulate(network, "cim40", data="random")


@pytest.mark.parametrize("operator", ELEMENTWISE)
def test_its_forward_equals_the_reference_evaluator(operator):
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    from onnx_cases import make_model, node, onnx_module

    item = FUNCTIONS[operator]
    x = values_of((4, 7))
    for kind in item.onnx:
        opset = max(21, onnx_module("defs").get_schema(kind).since_version)
        if kind == "PRelu":  # the same function with its slope as an input
            nodes = [node(kind, ["x", "s"])]
            settings = {"alpha": F(0.25)}
            model = make_model(nodes, [("x", [4, 7])], [("s", np.array([0.25], F))], opset)
        elif kind == "Clip":  # its bounds are inputs
            nodes = [node(kind, ["x", "l", "h"])]
            settings = {"low": F(-0.5), "high": F(0.75)}
            weights = [("l", F(-0.5)), ("h", F(0.75))]
            model = make_model(nodes, [("x", [4, 7])], weights, opset)
        else:
            settings = dict(item.settings)
            model = make_model([node(kind, ["x"], **settings)], [("x", [4, 7])], (), opset)
        wanted = onnx_module("reference").ReferenceEvaluator(model).run(None, {"x": x})[0]
        layer = Layer(
            "it",
            item.counted_as or operator,
            ("x",),
            ((4, 7),),
            (4, 7),
            function=operator if item.counted_as else "",
            settings=tuple(settings.items()),
        )
        np.testing.assert_allclose(apply(layer, [x]), wanted, rtol=1e-5, atol=1e-6)


def test_every_name_in_onnx_has_a_converter_and_one_operator():
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    from workloads.onnx_file import CONVERTERS

    names = [kind for item in FUNCTIONS.values() for kind in item.onnx]
    assert set(names) == set(CONVERTERS)
    # a product with a weight sits on an array, one of two activations does not; a look-up in a
    # table is no choice of elements, an interpolation no repetition
    twice = sorted(kind for kind in set(names) if names.count(kind) > 1)
    assert twice == ["Gather", "MatMul", "Resize"]


def test_what_carries_real_data_is_held_to_the_reference_evaluator():
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    from onnx_by_definition import OPERATORS as BY_DEFINITION
    from onnx_forms import FORMS
    from onnx_forms_einsum import FORMS as EINSUM
    from onnx_forms_joined import FORMS as JOINED
    from onnx_forms_more import FORMS as MORE
    from onnx_forms_moved import FORMS as MOVED
    from onnx_forms_moved import ONE_IMAGE
    from onnx_forms_quantised import FORMS as QUANTISED
    from test_onnx_recurrent_values import CELLS

    from workloads.onnx.proofs import PROVED

    forms = [*FORMS, *EINSUM, *JOINED, *MORE, *MOVED, *ONE_IMAGE, *QUANTISED]
    tried = {item.op_type for form in forms for item in form[1]}
    # where the evaluator departs from the definition, that is written out
    tried |= {item.__name__ for item in BY_DEFINITION}
    tried |= {kind for item in FUNCTIONS.values() if item.elementwise for kind in item.onnx}
    assert tried | set(CELLS) >= PROVED
    names = {kind for item in FUNCTIONS.values() for kind in item.onnx}
    assert names == PROVED  # all that is taken is proved, too


# Where one operator is what the sentence is about, and no chain of them is told apart.
SPOKEN_OF = {
    "workloads/onnx/builder.py": {"reshape", "flatten", "transpose"},  # reshapes become one
    "workloads/onnx/joins.py": {"linear"},  # an Add behind a product is its bias
    "workloads/network.py": {"reshape"},  # joins of a layer table
    "workloads/tables/products.py": {"matmul"},  # products of two activations
    "archsim/studies/batches.py": {
        "flatten",
        "reshape",
        "identity",
        "softmax",
    },  # a study of chains
}


def test_nobody_but_an_operator_tells_operators_apart():
    told = {}
    for path in sorted([*ROOT.glob("archsim/**/*.py"), *ROOT.glob("workloads/**/*.py")]):
        file = path.relative_to(ROOT).as_posix()
        if file.startswith("archsim/operators/"):
            continue
        names = set()
        for item in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(item, ast.Compare) and "operator" in ast.unparse(item):
                words = {c.value for c in ast.walk(item) if isinstance(c, ast.Constant)}
                names |= {word for word in words if word in FUNCTIONS and word != "input"}
        if names:
            told[file] = names
    assert {file: names for file, names in told.items() if names - SPOKEN_OF.get(file, set())} == {}
