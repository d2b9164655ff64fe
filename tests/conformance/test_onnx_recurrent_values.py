"""Do recurrent layers of ONNX files compute what ONNX's reference evaluator computes, exactly and on
the tiles of a chip without errors?
"""

import numpy as np
import pytest

pytest.importorskip(
    "onnx", reason="the ONNX importer's tests need the package onnx (pip install archsim[onnx])"
)

from onnx_cases import assert_equal_values, make_model, node, write

import archsim
from workloads import load_network

CELLS = {"LSTM": 4, "GRU": 3, "RNN": 1}
STEPS = 6
FEATURES = 5
HIDDEN = 3
CHIP = {"read.input_bits": 12, "read.adc_bits": 12, "weights.bits": 14, "weights.cell_bits": 1}


def cell(kind, direction, outputs, seed=0, features=FEATURES, **fields):
    """A node with its weights; ONNX's evaluator knows one direction a node."""
    random = np.random.default_rng(seed)
    gates = CELLS[kind]

    def drawn(*shape):
        return random.uniform(-1, 1, (1, *shape)).astype(np.float32)

    weights = [
        (f"w{seed}", drawn(gates * HIDDEN, features)),
        (f"r{seed}", drawn(gates * HIDDEN, HIDDEN)),
        (f"b{seed}", drawn(2 * gates * HIDDEN)),
    ]
    if kind == "GRU":
        fields["linear_before_reset"] = 1
    names = ["x", *(name for name, _ in weights)]
    return (node(kind, names, outputs, hidden_size=HIDDEN, direction=direction, **fields), weights)


def model_of(kind, direction="forward", output="y", steps=STEPS):
    """All states, or the last one, of a cell whose batch is its second axis."""
    outputs = ["states", ""] if output == "y" else ["", "states"]
    item, weights = cell(kind, direction, outputs)
    axes = ("axes", np.array([1 if output == "y" else 0]))
    return make_model(
        [item, node("Squeeze", ["states", "axes"])],
        [("x", [steps, "N", FEATURES])],
        [*weights, axes],
        22,
    )


@pytest.mark.parametrize("output", ["y", "last"])
@pytest.mark.parametrize("kind", CELLS)
def test_the_states_are_those_of_the_reference_evaluator(tmp_path, kind, output):
    x = np.random.default_rng(1).uniform(-2, 2, (STEPS, 1, FEATURES)).astype(np.float32)
    assert_equal_values(model_of(kind, output=output), tmp_path / "net.onnx", {"x": x}, axis=1)


def reversed_model(kind):
    """A cell in reverse, and the same by turning the input and the output of a forward one."""
    item, weights = cell(kind, "reverse", ["states", ""])
    forward, _ = cell(kind, "forward", ["back", ""])
    forward.input[0] = "turned"
    slices = [
        ("starts", np.array([-1])),
        ("ends", np.array([-100])),
        ("zero", np.array([0])),
        ("steps", np.array([-1])),
    ]
    around = ["starts", "ends", "zero", "steps"]
    as_it_is = [item, node("Squeeze", ["states", "axes"])]
    by_hand = [
        node("Slice", ["x", *around], ["turned"]),
        forward,
        node("Slice", ["back", *around], ["states"]),
        node("Squeeze", ["states", "axes"]),
    ]
    shapes = [("x", [STEPS, "N", FEATURES])]
    axes = ("axes", np.array([1]))
    return (
        make_model(as_it_is, shapes, [*weights, axes], 22),
        make_model(by_hand, shapes, [*weights, axes, *slices], 22),
    )


@pytest.mark.parametrize("kind", CELLS)
def test_a_cell_in_reverse_begins_with_the_last_step(tmp_path, kind):
    from onnx_cases import imported_outputs, reference_outputs

    own, by_hand = reversed_model(kind)
    x = np.random.default_rng(2).uniform(-2, 2, (STEPS, 1, FEATURES)).astype(np.float32)
    network = load_network(write(own, tmp_path / "net.onnx"))
    got = imported_outputs(network, {"x": x}, 1, axis=1)
    np.testing.assert_allclose(got, reference_outputs(by_hand, {"x": x}, 1), atol=2e-5)
    assert any(layer.setting("reverse") for layer in network.array_layers)
    assert archsim.check(network).untrained == {}  # a kernel begins with the last step, too


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_tiles_with_many_bits_give_nearly_the_same(tmp_path, kind, direction):
    network = load_network(write(model_of(kind, direction), tmp_path / "net.onnx"))
    images = np.random.default_rng(3).uniform(-1, 1, (2, STEPS, FEATURES))
    chip = archsim.load_architecture("cim40", CHIP)
    run = archsim.simulate(network, chip, data=images, images=2)
    difference = np.abs(run.outputs - run.reference_outputs).max()
    assert 0 < difference < 0.02 * np.abs(run.reference_outputs).max()


def test_a_batch_of_images_reads_what_the_events_read(tmp_path):
    from archsim.run.prepared_run import build_for
    from archsim.soc.data.batched import TileReader
    from archsim.soc.data.request import exact_tensors
    from archsim.soc.data.tile_data import TileData

    network = load_network(write(model_of("LSTM"), tmp_path / "net.onnx"))
    images = np.random.default_rng(4).uniform(-1, 1, (3, STEPS, FEATURES)).astype(np.float32)
    chip = archsim.load_architecture("cim40", {"physics.read_noise": 0.02} | CHIP)
    run = archsim.simulate(network, chip, data=images, images=3)
    prepared = build_for(network, chip, None, "inference", 1, 1, None)
    values = TileData(
        network, chip, prepared.built.placement, {"x": images}, exact_tensors(network), 0
    )
    assert np.array_equal(TileReader(values, 0, False).forward({"x": images}), run.outputs)


@pytest.mark.parametrize(
    ("change", "why"),
    [({"clip": 1.0}, "clip"), ({"activations": ["Sigmoid", "Relu", "Tanh"]}, "activations")],
)
def test_what_a_cell_does_beside_is_priced_and_refused_for_data(tmp_path, change, why):
    item, weights = cell("LSTM", "forward", ["y"], **change)
    model = make_model([item], [("x", [STEPS, 1, FEATURES])], weights, 22)
    network = load_network(write(model, tmp_path / "net.onnx"))
    assert archsim.simulate(network, "cim40", timing=False).energy_j > 0
    with pytest.raises(archsim.InputError, match=why):
        archsim.simulate(network, "cim40", data="random")
