"""Is a weight that several layers read placed once, read by all, and by one at a time?"""

import numpy as np
import pytest

import archsim
from archsim.soc.observers import Observer
from workloads import load_network

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


def test_training_shared_weights_is_refused(tmp_path):
    network = toml(tmp_path, 'shares = "a"')
    with pytest.raises(archsim.InputError, match="several layers share"):
        archsim.simulate(network, "cim40", scheme="sgd", phase="training")
    from archsim.training.program import build_program

    with pytest.raises(archsim.InputError, match="several layers share"):
        build_program(network, {})


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
    from archsim.trace import build_trace, save_trace

    network = toml(tmp_path, 'shares = "a"')
    trace = load_trace(save_trace(build_trace(network), tmp_path / "tied.trace.json"))
    assert [matrix.layer for matrix in trace.matrices] == ["a"] and trace.matrices[0].vectors == 24
    assert archsim.simulate(trace, "cim40").cycles == archsim.simulate(network, "cim40").cycles
