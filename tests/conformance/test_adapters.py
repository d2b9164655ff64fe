"""Do frozen weights stay as they are, in numbers, time and price, while low-rank adapters beside them
learn; and does a network with fresh adapters compute what it did without them?
"""

from dataclasses import replace

import numpy as np
import pytest

import archsim
from archsim.operators.array_forward import network_forward
from archsim.run.exported import export_onnx
from archsim.run.first_weights import first_weights
from archsim.run.trained_weights import trained_tensors
from archsim.schemes import load_scheme
from archsim.trace.build import build_trace
from archsim.training.machine import Machine
from archsim.training.settings import TrainingSettings
from hwlib.errors import InputError
from workloads import with_adapters
from workloads.load import load_network
from workloads.network import Layer, Network

RULES = ("sgd", "mixed_precision", "rpu")
NETWORK = Network(
    "small",
    (
        Layer("input", "input", (), (), (1, 8, 8)),
        Layer("flat", "flatten", ("input",), ((1, 8, 8),), (64,)),
        Layer("norm", "layer_norm", ("flat",), ((64,),), (64,), constants=("scale", "shift")),
        Layer("first", "linear", ("norm",), ((64,),), (12,), bias=True),
        Layer("act", "tanh", ("first",), ((12,),), (12,)),
        Layer("last", "linear", ("act",), ((12,),), (10,), bias=True),
    ),
)


@pytest.fixture
def values():
    random = np.random.default_rng(5)
    sizes = {
        "norm.scale": (64,),
        "norm.shift": (64,),
        "first.weights": (12, 64),
        "first.bias": (12,),
        "last.weights": (10, 12),
        "last.bias": (10,),
    }
    return {name: random.normal(size=size) / 4 for name, size in sizes.items()}


def scores(network, values):
    image = np.random.default_rng(6).normal(size=(1, 8, 8))
    tensors = trained_tensors(network, values).tensors
    return network_forward(network, {"input": image}, tensors)[network.layers[-1].name]


def test_fresh_adapters_change_nothing(values):
    adapted = with_adapters(NETWORK, 3)
    assert [layer.name for layer in adapted.array_layers] == [
        *("first", "first_down", "first_up"),
        *("last", "last_down", "last_up"),
    ]
    np.testing.assert_array_equal(scores(adapted, values), scores(NETWORK, values))
    # y = W x + B (A x)
    more = {**values, "last_up.weights": np.ones((10, 3))}
    assert not np.allclose(scores(adapted, more), scores(NETWORK, values))


@pytest.mark.parametrize("rule", RULES)
def test_a_training_moves_adapters_alone(rule, values):
    adapted = with_adapters(NETWORK, 3)
    call = (adapted, "cim40", "digits", rule)
    done = archsim.train(*call, epochs=1, images=12, weights=values)
    trained = done.trained.weights
    first = archsim.train(*call, epochs=1, images=1, weights=values).trained.weights
    for name in ("first", "last"):
        np.testing.assert_array_equal(trained[name], first[name])
        assert np.abs(trained[f"{name}_up"]).max() > 0
    words = done.trained.roles["norm"]
    np.testing.assert_allclose(words["scale"], values["norm.scale"], rtol=1e-6)
    np.testing.assert_allclose(words["shift"], values["norm.shift"], rtol=1e-6)


def test_what_is_not_frozen_moves_as_without_the_word():
    adapted = with_adapters(NETWORK, 3)
    free = Network("free", tuple(replace(layer, frozen=False) for layer in adapted.layers))
    image = np.random.default_rng(7).normal(size=(1, 64)).astype(np.float32)
    machines = []
    for network in (adapted, free):
        machine = Machine(network, TrainingSettings(rule="float", learning_rate=0.5))
        before = machine.arrays.layer_weights()
        before = {name: matrix.copy() for name, matrix in before.items()}
        machine.train(image, np.array([[3]]), np.zeros(1, np.int64), 0)
        machines.append((before, machine.arrays.layer_weights()))
    (before, held), (_, moved) = machines
    for name, matrix in held.items():
        frozen = adapted.layer(name).frozen
        np.testing.assert_array_equal(matrix, before[name] if frozen else moved[name])
        assert (moved[name] != before[name]).any()


def phases(result, layer):
    return {row["phase"] for row in result.ledger if row["layer"] == layer and row["count"]}


@pytest.mark.parametrize("rule", RULES)
def test_frozen_weights_are_read_both_ways_and_never_updated(rule):
    adapted = with_adapters(NETWORK, 3)
    run = archsim.simulate(adapted, "cim40", phase="training", scheme=rule, timing=False)
    # below the first matrix nothing learns, so its transpose is not read
    assert phases(run, "first") - {"setup"} == {"forward"}
    assert phases(run, "last") - {"setup"} == {"forward", "backward"}
    for name in ("first_down", "first_up", "last_down", "last_up"):
        assert "update" in phases(run, name)
    # of a layer without a word for it both are there
    whole = archsim.simulate(NETWORK, "cim40", phase="training", scheme=rule, timing=False)
    assert "update" in phases(whole, "last") and "update" in phases(whole, "first")


def frozen_words(rule, **changes):
    network = with_adapters(NETWORK, 3)
    return build_trace(network, load_scheme(rule, changes), "training").state_words.get(
        "frozen weights"
    )


def test_frozen_weights_take_memory_where_a_digital_copy_is_read():
    # `last` goes back in the vector unit; nothing goes back through `first`
    assert frozen_words("mixed_precision") == 12 * 10 + 10
    assert frozen_words("mixed_precision", backward_in="array") is None
    assert frozen_words("rpu") is None
    # without arrays both lie in memory
    assert frozen_words("sgd", weights_in="memory") == 12 * 10 + 10 + 64 * 12 + 12


def test_a_file_says_what_is_frozen(tmp_path):
    path = tmp_path / "net.toml"
    text = 'schema = 1\nname = "net"\ninput = [4]\n[[layer]]\nname = "a"\noperator = "linear"\n'
    path.write_text(text + "features = 3\nfrozen = true\n", encoding="utf-8")
    assert load_network(path).layer("a").frozen
    text = text.replace('"linear"', '"relu"') + "frozen = true\n"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="nothing to train"):
        load_network(path)


def test_what_cannot_be_adapted_is_refused(values):
    with pytest.raises(InputError, match="no linear layer gets an adapter"):
        with_adapters(NETWORK, 12)
    with pytest.raises(InputError, match="the rank is not below"):
        with_adapters(NETWORK, 10, ["last"])
    with pytest.raises(InputError, match="did you mean 'last'"):
        with_adapters(NETWORK, 2, ["lost"])
    with pytest.raises(InputError, match="running statistics"):
        with_adapters(load_network("resnet18_cifar"), 2)
    with pytest.raises(InputError, match="none are named"):
        archsim.train(with_adapters(NETWORK, 3), "cim40", "digits", "sgd", epochs=1, images=4)


def test_a_layer_that_is_trained_as_it_is(values):
    adapted = with_adapters(NETWORK, 3, trained=["last"])
    assert [layer.name for layer in adapted.layers if layer.frozen] == ["norm", "first"]
    assert "last_up" not in {layer.name for layer in adapted.layers}


def in_memory(rank=3):
    return with_adapters(NETWORK, rank, held_in="memory")


def test_adapters_in_memory_change_nothing_at_first_and_compute_the_same(values):
    adapted = in_memory()
    assert [layer.name for layer in adapted.array_layers] == ["first", "last"]
    np.testing.assert_array_equal(scores(adapted, values), scores(NETWORK, values))
    more = {**values, "last_up.weights": np.ones((10, 3))}
    np.testing.assert_allclose(
        scores(adapted, more), scores(with_adapters(NETWORK, 3), more), rtol=1e-6
    )


def test_adapters_in_memory_move_as_exact_weights_on_arrays_do(values):
    """A step of plain descent: the same numbers, wherever they are held."""
    image = np.random.default_rng(7).uniform(0, 1, size=(1, 64)).astype(np.float32)
    moved = []
    for network in (with_adapters(NETWORK, 3), in_memory()):
        first = first_weights(network, {**values, "last_up.weights": np.ones((10, 3)) / 3})
        machine = Machine(network, TrainingSettings(rule="float", learning_rate=0.5), first)
        machine.train(image, np.array([[3]]), np.zeros(1, np.int64), 0)
        weights = machine.arrays.layer_weights()
        roles = machine.kept.roles()
        moved.append(
            {name: weights.get(name, roles.get(name)) for name in ("last_up", "last_down")}
        )
        assert set(weights) >= {"first", "last"}
    for name, matrix in moved[0].items():
        np.testing.assert_allclose(moved[1][name]["weights"], matrix, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("rule", RULES)
def test_adapters_in_memory_take_no_tiles_and_pay_lanes_and_buffer(rule):
    run, tiled = (
        archsim.simulate(network, "cim40", phase="training", scheme=rule, timing=False)
        for network in (in_memory(), with_adapters(NETWORK, 3))
    )
    assert {row["layer"] for row in run.document["placement"]} == {"first", "last"}
    assert run.document["tiles"] < tiled.document["tiles"]
    trace = build_trace(in_memory(), load_scheme(rule), "training")
    steps = {item.name: item for item in trace.image_operations}
    # last_up: 3 x 10 weights, one vector
    assert steps["last_up.forward"].vector_work == {"multiply_add": 30}
    assert steps["last_up.forward"].input_elements == 3 + 30
    assert steps["last_up.backward"].vector_work == {"multiply_add": 30}
    assert (
        steps["last_up.backward"].input_elements,
        steps["last_up.backward"].output_elements,
    ) == (10 + 30, 3)
    assert steps["last_up.statistics"].vector_work == {"multiply_add": 30}
    assert steps["last_up.statistics"].state_writes == 30
    kept = trace.state_words["layer words"]
    each = 3 * (12 + 10 + 64 + 12)  # and those of the normalisation, which are frozen: 2 x 64
    assert kept == each * load_scheme(rule).layer_words + 128


def test_adapters_in_memory_learn_and_leave(values, tmp_path):
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    done = archsim.train(
        in_memory(), "cim40", "digits", "rpu", epochs=2, images=200, weights=values
    )
    assert np.abs(done.trained.roles["last_up"]["weights"]).max() > 0
    tested = archsim.infer(in_memory(), "cim40", "digits", weights=done, seeds=1, images=50)
    path = export_onnx(in_memory(), done, tmp_path / "net.onnx")
    back = archsim.infer(load_network(path), "cim40", "digits", seeds=1, images=50)
    assert back.reference_accuracy_percent == tested.reference_accuracy_percent


def test_another_place_of_adapters_is_refused():
    with pytest.raises(InputError, match="memory"):
        with_adapters(NETWORK, 3, held_in="memroy")
    from archsim.cli.main import main

    assert main(["run", "lenet1", "--adapters-in", "memory"]) == 2


@pytest.mark.parametrize("rule", ["hic", "tiki_taka"])
def test_a_frozen_layer_has_none_of_the_rules_own_arrays(values, rule):
    adapted = with_adapters(NETWORK, 2)
    trained = archsim.train(adapted, "cim40", "digits", rule, 1, 8, images=16, weights=values)
    kind = {"hic": ".accumulator", "tiki_taka": ".fast"}[rule]
    own = {matrix.layer for matrix in trained.trace.matrices if matrix.layer.endswith(kind)}
    adapters = ("first_down", "first_up", "last_down", "last_up")
    assert own == {f"{name}{kind}" for name in adapters}
    assert own == {name for name in trained.trained.writes if name.endswith(kind)} - {kind}
