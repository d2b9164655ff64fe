"""Is every operator of the vocabulary known wherever it must be, and is one that is not known an
error everywhere?
"""

import json

import numpy as np
import pytest

import archsim
from archsim.cli.main import main
from archsim.operators.digital_work import backward_work, forward_work
from archsim.operators.forward import apply
from archsim.operators.vocabulary import (
    ARRAY_OPERATORS,
    FREE_OPERATORS,
    OPERATORS,
    VECTOR_OPERATORS,
)
from archsim.readers.table import Table
from archsim.schemes import load_scheme
from archsim.trace import build_trace
from archsim.trace.lower import lower
from archsim.training.program import build_program
from archsim.training.trainable import untrainable
from hwlib.errors import InputError
from tests.members import every
from tests.operator_layers import MAP, chain_of, layer_of
from workloads import load_network
from workloads.layers import FIELDS, infer_layer
from workloads.network import Layer, Network

# Nothing of the output is computed: elements move, or the layer is the input itself.
WITHOUT_WORK = (*FREE_OPERATORS, "concat")
# What works in a training alone.
IN_TRAINING = ("dropout",)
# Errors pass back as they are, or not at all since the slope is 0.
NO_WORK_BACK = (
    *("add", "fold", "comparison", "logical", "logical_not"),
    *("is_nan", "sign", "floor", "ceil", "round", "truncate", "truth"),
)


def test_the_vocabulary_is_the_sum_of_its_kinds():
    assert (
        len(set(OPERATORS))
        == len(OPERATORS)
        == len(ARRAY_OPERATORS) + len(VECTOR_OPERATORS) + len(FREE_OPERATORS)
    )
    assert set(FIELDS) == set(OPERATORS)


@every("operator", OPERATORS)
def test_every_operator_has_a_shape_work_and_a_place_in_the_trace(operator):
    layer = layer_of(operator)
    assert layer.operator == operator and layer.output_elements > 0
    if operator in ARRAY_OPERATORS:
        assert layer.matrix.weights > 0
    else:
        assert bool(forward_work(layer)) == (operator not in WITHOUT_WORK)
        back = operator not in (*WITHOUT_WORK, *NO_WORK_BACK) or operator in IN_TRAINING
        assert bool(backward_work(layer)) == back
    if operator != "input":
        stages = lower(chain_of(operator))
        names = {layer.name for stage in stages for layer in (stage.head, *stage.fused)}
        assert ("it" in names) == (operator not in WITHOUT_WORK)
        stages = lower(chain_of(operator), trains=True)
        names = {layer.name for stage in stages for layer in (stage.head, *stage.fused)}
        assert operator not in IN_TRAINING or "it" in names


@every("operator", [name for name in OPERATORS if name not in ARRAY_OPERATORS and name != "input"])
def test_every_operator_carries_data_or_refuses(operator):
    layer = layer_of(operator)
    values = [
        np.linspace(-1, 1, int(np.prod(shape))).reshape(shape) for shape in layer.input_shapes
    ]
    try:
        assert apply(layer, values).shape == layer.output_shape
    except InputError as fault:
        assert operator in fault.message or any(
            word in fault.message for word in ("has no values", "number of a row")
        )


@every("operator", [name for name in OPERATORS if name != "input"])
def test_what_cannot_be_trained_is_named_alike_by_both(operator):
    network = chain_of(operator)

    lacking = untrainable(network)
    try:
        build_program(network, {})
        assert not lacking
    except InputError as fault:
        assert any(f"layer '{name}'" in fault.message for name in lacking)


def test_a_made_up_operator_is_an_error_everywhere():
    made = Layer("it", "relou", ("x",), (MAP,), MAP)
    network = Network("made up", (Layer("x", "input", (), (), MAP), made))
    for what in (
        lambda: forward_work(made),
        lambda: backward_work(made),
        lambda: lower(network),
        lambda: build_trace(network),
        lambda: archsim.simulate(network, "cim40"),
        lambda: apply(made, [np.zeros(MAP)]),
        lambda: build_program(network, {}),
        lambda: infer_layer(Table({"name": "it"}, "test"), "relou", ("x",), (MAP,)),
    ):
        with pytest.raises(InputError, match="relou"):
            what()
    assert "relou" in untrainable(network)["it"]
    with pytest.raises(ValueError, match="no crossbar matrix"):
        print(made.matrix)


NETWORK = """schema = 1
input = [1, 8, 8]
[[layer]]
name = "c"
operator = "conv2d"
channels = 4
kernel = 3
groups = 1
[[layer]]
name = "bound"
operator = "embedding"
entries = 9
features = 1
[[layer]]
name = "flat"
operator = "flatten"
[[layer]]
name = "out"
operator = "linear"
features = 10
"""


def test_a_training_step_that_cannot_be_trained_says_so(tmp_path, capsys):
    path = tmp_path / "net.toml"
    trace = tmp_path / "trace.json"
    path.write_text(NETWORK)
    assert (
        main(
            [
                "run",
                str(path),
                "--phase",
                "training",
                "--scheme",
                "sgd",
                "--no-timing",
                "--json",
                "--arch",
                "rpu",
            ]
        )
        == 0
    )
    assert any(
        "no kernel for bound (embedding of 'c')" in note
        for note in json.loads(capsys.readouterr().out)["notes"]
    )
    assert (
        main(
            [
                "trace",
                str(path),
                "--phase",
                "training",
                "--scheme",
                "sgd",
                "--out",
                str(trace),
                "--quiet",
                "--arch",
                "rpu",
            ]
        )
        == 0
    )
    assert main(["run", str(trace), "--arch", "cim40", "--no-timing", "--json"]) == 0
    assert any(
        "no kernel for bound (embedding of 'c')" in note
        for note in json.loads(capsys.readouterr().out)["notes"]
    )
    path.write_text(NETWORK.replace('"embedding"\nentries = 9\nfeatures = 1', '"relu"'))
    assert (
        main(
            [
                "run",
                str(path),
                "--phase",
                "training",
                "--scheme",
                "sgd",
                "--no-timing",
                "--json",
                "--arch",
                "rpu",
            ]
        )
        == 0
    )
    assert not any("priced only" in note for note in json.loads(capsys.readouterr().out)["notes"])
    assert not untrainable(load_network("digits_cnn")) and untrainable(load_network("gpt2_small"))
    assert any(
        "no kernel" in note
        for note in archsim.simulate(
            "resnet18_cifar", "cim40", load_scheme("mixed_precision"), "training", timing=False
        ).notes
    ) == bool(untrainable(load_network("resnet18_cifar")))
