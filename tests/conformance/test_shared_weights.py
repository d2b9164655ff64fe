"""Is a weight that several layers read placed once, read by all, and by one at a time?"""

import numpy as np
import pytest

import archsim
from archsim.schemes import list_schemes, load_scheme
from archsim.soc.observers import Observer
from archsim.trace import build_trace
from archsim.training.machine import Machine
from archsim.training.recorder import measured_activities
from archsim.training.settings import read_settings
from workloads import load_network
from workloads.adapters import with_adapters
from workloads.datasets import Dataset

TOML = """
schema = 1
name = "tied"
input = [12, 16]
[[layer]]
name = "a"
operator = "linear"
features = {features}
bias = true
[[layer]]
name = "b"
operator = "linear"
features = {features}
inputs = ["input"]
{fields}
[[layer]]
name = "sum"
operator = "add"
inputs = ["a", "b"]
"""


def toml(tmp_path, fields, features=8):
    path = tmp_path / "net.toml"
    path.write_text(TOML.format(fields=fields, features=features))
    return load_network(path)


class Jobs(Observer):
    """When the tiles of each matrix work."""

    def __init__(self):
        self.spans = {}

    def tile_job(self, run, unit, begin, end):
        self.spans.setdefault((run.plan.operation.matrix_name, unit), []).append((begin, end))


def test_one_matrix_is_placed_and_read_by_both(tmp_path):
    tied = toml(tmp_path, 'shares = "a"\nbias = true')
    own = toml(tmp_path, "bias = true")
    assert (tied.weights, tied.multiply_accumulates) == (16 * 8, 2 * 16 * 8 * 12)
    assert (own.weights, own.multiply_accumulates) == (2 * 16 * 8, 2 * 16 * 8 * 12)
    results = [archsim.simulate(network, "cim40") for network in (tied, own)]
    assert [len(result.document["placement"]) for result in results] == [1, 2]
    assert 2 * results[0].document["tiles"] == results[1].document["tiles"]
    assert results[0].area_mm2 < results[1].area_mm2
    assert results[0].tile_operations == results[1].tile_operations == 24
    assert [row["layer"] for row in results[0].document["by_layer"]][:3] == ["a", "b", "sum"]


@pytest.mark.parametrize("mode", ["pipelined", "layer_by_layer"])
@pytest.mark.parametrize("copies", [1, 2])
def test_no_two_layers_read_an_array_at_the_same_time(tmp_path, mode, copies):
    """Both branches are ready at once: 12 vectors each on the same unit take turns."""
    chip = archsim.load_architecture(
        "cim40", {"execution.mode": mode, "placement.copies.a": copies, "placement.pack": False}
    )
    jobs = Jobs()
    archsim.simulate(toml(tmp_path, 'shares = "a"', 120), chip, observers=[jobs])
    assert list({lane for lane, _ in jobs.spans}) == ["a"] and len(jobs.spans) == copies
    for spans in jobs.spans.values():
        assert len(spans) == 24 // copies
        assert all(before[1] <= after[0] for before, after in zip(sorted(spans), sorted(spans)[1:]))


def test_waiting_for_each_other_costs_time(tmp_path):
    chip = archsim.load_architecture("cim40", {"execution.mode": "pipelined"})
    tied, own = (
        archsim.simulate(toml(tmp_path, fields, 120), chip)
        for fields in ('shares = "a"\nbias = true', "bias = true")
    )
    assert tied.cycles > own.cycles


def test_a_transposed_reading_uses_the_same_tiles_from_their_columns(tmp_path):
    path = tmp_path / "net.toml"
    path.write_text("""
schema = 1
input = [16]
[[layer]]
name = "encoder"
operator = "linear"
features = 300
[[layer]]
name = "relu"
operator = "relu"
[[layer]]
name = "decoder"
operator = "linear"
features = 16
shares = "encoder"
transposed = true
""")
    network = load_network(path)
    assert network.weights == 4800 and network.multiply_accumulates == 9600
    fine = {"read.adc_bits": 12, "read.input_bits": 12, "read.output_bits": 32}
    chip = archsim.load_architecture("cim40", fine)
    weights = np.random.default_rng(1).standard_normal((300, 16))
    image = np.random.default_rng(2).random(16)
    result = archsim.simulate(network, chip, data={"images": image, "encoder.weights": weights})
    wanted = weights.T @ np.maximum(weights @ image, 0)
    np.testing.assert_allclose(result.reference_outputs[0], wanted, rtol=1e-4)
    np.testing.assert_allclose(result.outputs[0], wanted, atol=5e-3 * np.abs(wanted).max())
    assert {row["layer"] for row in result.document["placement"]} == {"encoder"}
    with pytest.raises(archsim.InputError, match="reads the matrix of 'encoder' transposed"):
        archsim.simulate(network, archsim.load_architecture("cim40", {"read.transposed": False}))


def test_a_training_step_updates_the_matrix_once_with_the_vectors_of_both(tmp_path):
    trace = build_trace(toml(tmp_path, 'shares = "a"'), load_scheme("rpu"), "training")
    assert [(matrix.layer, matrix.vectors) for matrix in trace.matrices] == [("a", 24)]
    steps = {item.name: item for item in trace.image_operations}
    assert {name: (item.matrix_name, item.steps) for name, item in steps.items()} == {
        "a.forward": ("a", 12),
        "b.forward": ("a", 12),
        "sum.forward": ("sum", 1),
        "a.update": ("a", 24),
    }
    assert {"a.forward", "b.forward"} <= set(steps["a.update"].after)


LOOP = """
schema = 1
input = [3, 8]
[[layer]]
name = "a"
operator = "linear"
features = 8
bias = true
[[layer]]
name = "bend"
operator = "tanh"
[[layer]]
name = "b"
operator = "linear"
features = 8
shares = "a"
bias = true
[[layer]]
name = "bend2"
operator = "tanh"
{third}
[[layer]]
name = "flat"
operator = "flatten"
[[layer]]
name = "fc"
operator = "linear"
features = 3
"""
TURNED = """
[[layer]]
name = "c"
operator = "linear"
features = 8
shares = "a"
transposed = true
"""


def loop(tmp_path, third=""):
    path = tmp_path / "loop.toml"
    path.write_text(LOOP.format(third=third))
    return load_network(path)


def drawn():
    random = np.random.default_rng(3)
    images = random.uniform(0, 1, (32, 3, 8)).astype(np.float32)
    labels = random.integers(0, 3, 32)
    return Dataset("drawn", images, labels, images[:8].copy(), labels[:8].copy(), 3)


def test_the_way_back_through_a_transposed_reading_is_a_forward_read(tmp_path):
    trace = build_trace(loop(tmp_path, TURNED), load_scheme("sgd"), "training")
    kinds = {
        item.name: (item.matrix_name, item.kind)
        for item in trace.image_operations
        if item.kind != "digital"
    }
    assert kinds == {
        "a.forward": ("a", "read"),
        "b.forward": ("a", "read"),
        "c.forward": ("a", "read_transposed"),
        "fc.forward": ("fc", "read"),
        "fc.backward": ("fc", "read_transposed"),
        "c.backward": ("a", "read"),
        "b.backward": ("a", "read_transposed"),
    }
    # of a rule whose weights lie in memory nothing is on arrays
    memory = build_trace(
        loop(tmp_path, TURNED), load_scheme("sgd", {"weights_in": "memory"}), "training"
    )
    assert {item.kind for item in memory.image_operations} == {"digital"}
    assert memory.matrices == ()


@pytest.mark.parametrize("scheme", [name for name in list_schemes() if name != "dsc"])
def test_every_rule_trains_it_and_prices_what_it_did(tmp_path, scheme):
    result = archsim.train(loop(tmp_path, TURNED), None, drawn(), scheme, epochs=1)
    totals = result.trained.totals
    assert set(totals) == {"a", "fc"}
    assert totals["a"]["forward_reads"] == 32 * 3 * 3  # three layers, three vectors each
    if load_scheme(scheme).transposed_read:
        assert totals["a"]["backward_reads"] == 32 * 3 * 2  # nothing below a needs its error
    assert set(result.trained.weights) == {"a", "fc"}
    table = {row["layer"] for row in result.result.document["placement"]}
    assert {"a", "fc"} <= table and not {"b", "c"} & table


def test_two_errors_an_image_have_no_room_behind_a_transposed_reading(tmp_path):
    archsim.train(loop(tmp_path), None, drawn(), "dsc", epochs=1)
    with pytest.raises(archsim.InputError, match="also read transposed"):
        archsim.train(loop(tmp_path, TURNED), None, drawn(), "dsc", epochs=1)


@pytest.mark.parametrize("bias", ["digital", "row"])
def test_biases_move_with_the_vectors_of_those_who_read_them(tmp_path, bias):
    """The gradient of exact weights, wherever the bias is: c reads the array without it."""
    network = loop(tmp_path, TURNED)
    moved = []
    for where in ("row", bias):
        tiles = {"a": {"bias": where}}
        settings = {"rule": "float", "learning_rate": 0.5, "tiles": tiles}
        machine = Machine(network, read_settings(settings))
        data = drawn()
        labels = data.train_labels[:1, None].astype(np.int64)
        machine.train(data.train_images[:1].reshape(1, -1), labels, np.zeros(1, np.int64), 0)
        moved.append(machine.arrays.layer_weights()["a"])
    np.testing.assert_allclose(moved[0], moved[1], rtol=1e-5, atol=1e-6)


def test_a_layer_that_is_called_twice_has_one_adapter(tmp_path):
    network = with_adapters(loop(tmp_path, TURNED), 2, ["a"], ["fc"])
    shares = {layer.name: layer.shares for layer in network.array_layers if layer.shares}
    assert shares == {"b": "a", "b_down": "a_down", "b_up": "a_up", "c": "a"}
    assert {layer.name for layer in network.array_layers if layer.frozen} == {"a", "b", "c"}
    weights = np.random.default_rng(1).normal(size=(8, 8)) / 3
    given = {"a.weights": weights, "a.bias": np.zeros(8), "fc.weights": np.ones((3, 24)) / 9}
    result = archsim.train(network, None, drawn(), "sgd", epochs=1, weights=given, device="exact")
    np.testing.assert_allclose(result.trained.weights["a"][:, :8], weights, rtol=1e-6)
    assert np.abs(result.trained.weights["a_up"]).max() > 0


def test_the_measured_activity_of_a_matrix_is_that_of_all_who_read_it(tmp_path):
    """A half-empty second input: the density is the mean of both layers' inputs."""
    network = loop(tmp_path)
    settings = {"rule": "float", "learning_rate": 0.0001}
    machine = Machine(network, read_settings(settings))
    images = np.zeros((1, 24), np.float32)
    machine.train(images, np.zeros((1, 1), np.int64), np.zeros(1, np.int64), 0)
    inputs = measured_activities(machine)["a", "forward"].input_density
    assert inputs == 0.5  # zeros into a, the bias of a into b


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ('shares = "c"', "an earlier layer"),
        ('shares = "b"', "an earlier layer"),
        ('shares = "a"\ntransposed = true', "do not fit"),
        ("transposed = true", "of another layer"),
        ("shares = 3", "text"),
    ],
)
def test_wrong_sharing_is_refused(tmp_path, fields, fault):
    with pytest.raises(archsim.InputError, match=fault):
        toml(tmp_path, fields)


def test_weights_go_to_the_layer_that_keeps_them(tmp_path):
    network = toml(tmp_path, 'shares = "a"')
    weights = np.random.default_rng(0).standard_normal((8, 16))
    with pytest.raises(archsim.InputError, match="unknown array"):
        archsim.simulate(network, "cim40", data={"b.weights": weights})
    image = np.random.default_rng(3).random((12, 16))
    result = archsim.simulate(
        network, "cim40", data={"images": image, "a.weights": weights, "a.bias": np.ones(8)}
    )
    np.testing.assert_allclose(
        result.reference_outputs[0], 2 * image @ weights.T + 1, rtol=1e-4, atol=1e-5
    )


def test_a_recorded_trace_keeps_the_sharing(tmp_path):
    from archsim.run.recorded_trace import load_trace
    from archsim.trace import save_trace

    network = toml(tmp_path, 'shares = "a"')
    trace = load_trace(save_trace(build_trace(network), tmp_path / "tied.trace.json"))
    assert [matrix.layer for matrix in trace.matrices] == ["a"] and trace.matrices[0].vectors == 24
    assert archsim.simulate(trace, "cim40").cycles == archsim.simulate(network, "cim40").cycles
