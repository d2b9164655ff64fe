"""Do trained weights on the arrays of a chip give the accuracy that the physics leaves, image by image
as in a run with real data?
"""

import json

import numpy as np
import pytest

import archsim
from archsim.cli.main import main
from archsim.run.held import chip_with_holder
from archsim.run.prepared_run import build_for
from archsim.run.trained_weights import trained_tensors
from archsim.soc.data.batched import TileReader, forward_batch
from archsim.soc.data.exact_reads import exact_reader
from archsim.soc.data.tile_data import TileData
from tests.near import near
from workloads.datasets import Dataset

NETWORK = "digits_cnn"


def random_weights(network, seed=0):
    random = np.random.default_rng(seed)
    arrays = {}
    for layer in network.array_layers:
        shape = layer.matrix
        arrays[f"{layer.name}.weights"] = random.normal(
            0, shape.rows**-0.5, (shape.groups * shape.columns, shape.rows)
        )
        if layer.bias:
            arrays[f"{layer.name}.bias"] = random.normal(0, 0.1, shape.groups * shape.columns)
    return arrays


@pytest.fixture(scope="module")
def trained():
    """Weights that know the digits, from a training of ours on exact arrays."""
    return archsim.train(NETWORK, "cim40", "digits", "sgd", epochs=2, seed=1, device="exact")


@pytest.mark.parametrize(
    ("chip", "settings", "device"),
    [
        ("cim40", {}, None),
        ("cim40", {"vector_unit.rounding": "stochastic"}, None),
        ("rpu", {}, None),
        ("wu2023", {}, None),
        ("isaac32", {}, None),
        ("cim40", {}, "bulk_rram"),
    ],
)
def test_images_that_go_together_get_the_bits_of_the_events(chip, settings, device):
    network = archsim.load_network(NETWORK)
    chip = archsim.load_architecture(chip, settings)
    images = np.random.default_rng(3).random((3, *network.input_shape)).astype(np.float32)
    arrays = {"images": images, **random_weights(network)}
    run = archsim.simulate(network, chip, images=3, data=arrays, device=device, seed=5)
    holder = None
    if device is not None:
        from archsim.devices.held_weights import Holder
        from archsim.devices.presets import load_device

        holder = Holder(load_device(device, None), device)
        chip = chip_with_holder(chip, holder)[0]
    built = build_for(network, chip, None, "inference", 1, 3, None).built
    tensors = trained_tensors(network, random_weights(network)).tensors
    values = TileData(network, built.chip, built.placement, {"input": images}, tensors, 5, holder)
    together = TileReader(values, 0, True).forward({"input": images})
    assert np.array_equal(together, run.outputs)
    alone = [TileReader(values, i, False).forward({"input": images[i : i + 1]}) for i in range(3)]
    assert np.array_equal(np.concatenate(alone), run.outputs)
    exact = forward_batch(network, {"input": images}, tensors, exact_reader(tensors))
    assert np.allclose(exact, run.reference_outputs, rtol=1e-5, atol=1e-6)
    # what the reads met is what the events counted
    bits = built.chip.read.input_bits
    for operation in built.trace.image_operations:
        if operation.kind == "read":
            met = values.statistics[operation.layer].activity(bits, operation.activity)
            assert 0 < met.input_density <= 1 and met.source == "measured"


def test_at_high_resolution_nothing_is_lost_and_few_bits_cost_accuracy(trained):
    fine = {
        "read.input_bits": 12,
        "read.adc_bits": 12,
        "read.output_bits": 16,
        "vector_unit.format": "fp32",
    }
    chip = archsim.load_architecture("cim40", fine)
    high = archsim.infer(NETWORK, chip, "digits", weights=trained, device="exact", seeds=1)
    assert abs(high.accuracy_percent - high.reference_accuracy_percent) <= 0.5
    # the exact arithmetic of the training's own test
    assert high.reference_accuracy_percent == pytest.approx(trained.accuracy_percent, abs=0.6)
    coarse = archsim.load_architecture("cim40", {"read.adc_bits": 3, "read.input_bits": 3})
    low = archsim.infer(NETWORK, coarse, "digits", weights=trained, device="exact", seeds=1)
    assert low.accuracy_percent < high.accuracy_percent - 2, low.accuracy_percent


def test_chips_are_drawn_anew_and_the_range_is_that_of_the_draws(trained):
    noisy = {"read_noise": 0.15}
    options = dict(weights=trained, device_settings=noisy, images=100)
    result = archsim.infer(NETWORK, "cim40", "digits", seeds=4, **options)
    drawn = result.inference["accuracies_percent"]
    assert len(drawn) == 4 and len(set(drawn)) > 1
    assert result.accuracy_percent == near(np.mean(drawn))
    assert result.accuracy_range == near(list(np.percentile(drawn, [5, 95])))
    # chip 1 of four is the first of those from seed 1 on
    later = archsim.infer(NETWORK, "cim40", "digits", seeds=1, seed=1, **options)
    assert later.inference["accuracies_percent"] == drawn[1:2]
    again = archsim.infer(NETWORK, "cim40", "digits", seeds=4, **options)
    assert again.to_dict() == result.to_dict()


def test_weights_that_wait_drift(trained):
    fading = {"retention_s": 1e4}
    options = dict(weights=trained, images=200, seeds=2, device_settings=fading)
    soon = archsim.infer(NETWORK, "cim40", "digits", **options)
    late = archsim.infer(NETWORK, "cim40", "digits", at=1e6, **options)
    # a hundred time constants later nothing is left of the weights: ten classes by chance
    assert soon.accuracy_percent > 90 and late.accuracy_percent < 30
    assert late.inference["at_s"] == 1e6 and any("1e+06 s later" in note for note in late.notes)


def test_the_silicon_is_that_of_a_run_with_the_same_activity(trained):
    result = archsim.infer(NETWORK, "cim40", "digits", weights=trained, images=64, seeds=1)
    assumed = archsim.simulate(NETWORK, "cim40")
    assert result.activity == "measured" and assumed.activity == "assumed"
    assert result.cycles == assumed.cycles and result.area_mm2 == assumed.area_mm2
    assert result.energy_j != assumed.energy_j and result.images == 1


def test_a_training_is_the_same_in_memory_and_in_its_folder(trained, tmp_path):
    again = archsim.train(
        NETWORK, "cim40", "digits", "sgd", epochs=1, seed=1, device="exact", folder=tmp_path / "t"
    )
    memory, folder = (
        trained_tensors(archsim.load_network(NETWORK), source).tensors
        for source in (again, tmp_path / "t")
    )
    for layer, roles in memory.items():
        for role, values in roles.items():
            assert np.array_equal(values, folder[layer][role])
    with pytest.raises(archsim.InputError, match="another network"):
        trained_tensors(archsim.load_network("lenet1"), tmp_path / "t")


def test_the_command_writes_a_result_with_its_accuracy(trained, tmp_path, capsys):
    network = archsim.load_network(NETWORK)
    arrays = {
        f"{layer}.{role}": values.reshape(-1, values.shape[-1]) if role == "weights" else values
        for layer, roles in trained_tensors(network, trained).tensors.items()
        for role, values in roles.items()
    }
    np.savez(tmp_path / "weights.npz", **arrays)
    line = [
        "infer",
        NETWORK,
        "--arch",
        "cim40",
        "--weights",
        str(tmp_path / "weights.npz"),
        "--images",
        "50",
    ]
    assert main([*line, "--seeds", "2", "--json", "--quiet", "--out", str(tmp_path / "out")]) == 0
    document = json.loads(capsys.readouterr().out)
    for key in ("accuracy_percent", "accuracy_range", "reference_accuracy_percent", "seeds"):
        assert key in document
    stored = archsim.Result.load(tmp_path / "out")
    assert stored.inference == document["inference"] and stored.seeds == 2
    assert (tmp_path / "out" / "report.html").exists()
    direct = archsim.infer(NETWORK, "cim40", weights=arrays, images=50, seeds=2)
    assert direct.inference == stored.inference
    assert main([*line, "--seeds", "1", "--quiet"]) == 0
    assert main([*line, "--seeds", "1"]) == 0
    assert "accuracy" in capsys.readouterr().out.lower()


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (f"infer {NETWORK}", "trained weights are missing: conv1.weights"),
        (f"infer {NETWORK} --weights none.npz", "no such file"),
        (f"infer {NETWORK} --weights none", "no such file or folder"),
        ("infer gpt2_small", "trained weights are missing: block1_qkv.weights"),
        (f"infer {NETWORK} --seeds 0", "allowed: 1 to"),
        (f"infer {NETWORK} --device exact --at 5", "exact weights have no device"),
    ],
)
def test_what_cannot_be_tested_is_refused(line, fault, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if "--at" in line:
        arrays = random_weights(archsim.load_network(NETWORK))
        np.savez("w.npz", **arrays)
        line += " --weights w.npz"
    assert main(line.split()) == 2
    assert fault in capsys.readouterr().err


def test_names_and_shapes_that_do_not_fit_are_refused():
    network = archsim.load_network(NETWORK)
    arrays = random_weights(network)
    with pytest.raises(archsim.InputError, match="did you mean 'conv1.weights'"):
        archsim.infer(network, "cim40", weights={**arrays, "conv1.weight": arrays["conv1.weights"]})
    with pytest.raises(archsim.InputError, match="weights do not fit"):
        archsim.infer(network, "cim40", weights={**arrays, "conv1.weights": np.zeros((3, 3))})
    images = np.zeros((4, 1, 9, 9), np.float32)
    labels = np.zeros(4, np.int64)
    other = Dataset("other", images, labels, images.copy(), labels.copy(), 1)
    with pytest.raises(archsim.InputError, match="the images are 1x9x9"):
        archsim.infer(network, "cim40", data=other, weights=arrays)
