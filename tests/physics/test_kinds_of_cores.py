"""Do layers train on the converters, tiles and devices of the kind of cores that they lie on?"""

import numpy as np
import pytest

import archsim
from archsim.schemes import load_scheme
from archsim.training.machine import Machine
from archsim.training.setup import settings_of
from hwlib.errors import InputError

SMALL = {"tile.rows": 64, "tile.columns": 32, "core.tiles": 4, "weights.device": "bulk_rram"}
FINE = {"tile.rows": 32, "tile.columns": 16, "read.adc_bits": 5}
LAYERS = ("conv1", "fc")
NETWORK = "digits_cnn"


def chip_of(settings, kinds=None, base=SMALL):
    where = {f"placement.kind.{layer}": kind for layer, kind in (kinds or {}).items()}
    return archsim.load_architecture("cores40", base | settings | where)


def two_kinds(kinds, fine, base=SMALL):
    own = {f"core.kinds.fine.{path}": value for path, value in fine.items()}
    return chip_of(own | {"core.kinds.coarse": {}}, kinds, base)


def settings(chip, scheme="sgd", **changes):
    rule = load_scheme(scheme)
    network = archsim.load_network(NETWORK)
    terms = {"epochs": 1, "batch": None, "seed": 1, "device": None, "changes": {}} | changes
    return settings_of(chip, rule, network=network, **terms)[0]


def machine(chip, scheme="sgd", **changes):
    return Machine(archsim.load_network(NETWORK), settings(chip, scheme, **changes))


def state(made):
    """What the reads and the devices of all arrays are, by layer."""
    layers = {}
    arrays = made.arrays
    for index, name in enumerate(made.program.names):
        layers[name] = (
            made.forward[index].tolist(),
            made.backward[index].tolist(),
            arrays.law[index].tolist(),
            float(arrays.scales[index]),
            made.program.arrays[index].tolist(),
        )
    return layers, arrays.planes.tolist(), arrays.weights.tolist()


@pytest.mark.parametrize(
    "fine", [FINE, {"weights.device": "bulk_rram_2bit"}], ids=["reads", "device"]
)
def test_all_layers_on_one_kind_are_those_of_a_chip_of_that_kind(fine):
    alone = machine(chip_of(fine))
    one_of_two = machine(two_kinds(dict.fromkeys(LAYERS, "fine"), fine))
    assert state(one_of_two) == state(alone)


def test_every_layer_has_the_converters_and_tiles_of_its_kind():
    mixed = state(machine(two_kinds({"conv1": "fine", "fc": "coarse"}, FINE)))[0]
    fine = state(machine(chip_of(FINE)))[0]
    coarse = state(machine(chip_of({})))[0]
    # the reads of each layer, forwards and backwards; rows of its program lie elsewhere
    assert mixed["conv1"][:4] == fine["conv1"][:4] != coarse["conv1"][:4]
    assert mixed["fc"][:4] == coarse["fc"][:4] != fine["fc"][:4]
    placed = settings(two_kinds({"conv1": "fine", "fc": "coarse"}, FINE)).tiles
    assert placed["fc"].inputs == 64


def test_devices_of_a_weight_are_those_of_the_kind():
    chip = two_kinds({"conv1": "fine", "fc": "coarse"}, {"weights.replicas": 3})
    assert settings(chip, "rpu").devices_per_weight == {"conv1": 3, "fc": 1}
    with pytest.raises(InputError, match="one device a weight"):
        archsim.train(NETWORK, chip, "digits", scheme="sgd", epochs=1, images=10)
    with pytest.raises(InputError, match=r"core\.kinds\.fine\.weights\.replicas"):
        archsim.train(NETWORK, chip, scheme="rpu", settings={"devices_per_weight": 2})


def test_a_device_that_is_named_holds_all_weights():
    chip = two_kinds({"conv1": "fine", "fc": "coarse"}, {"weights.device": "bulk_rram_2bit"})
    assert settings(chip).cores["conv1"].device == "bulk_rram_2bit"
    assert settings(chip, device="gokmen2016").cores == {}


def test_a_converter_that_is_named_is_that_of_all_layers():
    chip = two_kinds({"conv1": "fine", "fc": "coarse"}, {"read.adc_bits": 5})
    assert settings(chip).cores["conv1"].output_bits == 5
    named = settings(chip, changes={"read.output_bits": 7})
    assert named.cores == {} and named.read.output_bits == 7


def test_devices_of_several_laws_are_refused_by_name():
    chip = two_kinds({"conv1": "fine", "fc": "coarse"}, {"weights.device": "pcm"})
    with pytest.raises(InputError, match="move by one law"):
        machine(chip)


def test_cores_of_a_training_are_those_of_the_chip():
    with pytest.raises(InputError, match="those that the chip places"):
        settings(chip_of({}), changes={"cores.conv1.output_bits": 4})


def test_an_inference_reads_each_layer_with_its_kind():
    # conv1 on coarse converters loses more than with both on fine ones
    accuracy = {}
    for bits in (3, 8):
        chip = two_kinds({"conv1": "fine", "fc": "coarse"}, {"read.adc_bits": bits})
        result = archsim.simulate(NETWORK, chip, data="random", images=2, seed=1)
        accuracy[bits] = np.abs(result.outputs - result.reference_outputs).mean()
    assert accuracy[3] > accuracy[8]


def test_a_rule_with_a_device_of_its_own_says_that_it_reads_none_of_a_kind():
    chip = two_kinds({"conv1": "fine", "fc": "coarse"}, {"weights.device": "bulk_rram"})
    assert settings(chip, "mixed_precision").cores == {}
    result = archsim.simulate(NETWORK, chip, scheme="mixed_precision", phase="training")
    assert "core.kinds.fine.weights.device" in result.unused


@pytest.mark.study
@pytest.mark.parametrize(
    "fine", [FINE, {"weights.device": "bulk_rram_2bit"}], ids=["reads", "device"]
)
def test_a_training_on_one_of_two_kinds_ends_with_the_bits_of_a_chip_of_that_kind(fine):
    ends = [
        archsim.train(NETWORK, chip, "digits", scheme="sgd", epochs=1, images=64, seed=1).result
        for chip in (chip_of(fine), two_kinds(dict.fromkeys(LAYERS, "fine"), fine))
    ]
    assert ends[0].accuracy_percent == ends[1].accuracy_percent
    assert ends[0].energy_j == ends[1].energy_j and ends[0].area_mm2 == ends[1].area_mm2


@pytest.fixture
def weights(tmp_path):
    """Random weights of the network, as a file."""
    random = np.random.default_rng(1)
    held = {}
    for layer in archsim.load_network(NETWORK).array_layers:
        shape = layer.matrix
        held[f"{layer.name}.weights"] = random.normal(size=(shape.columns, shape.rows)) / 8
        held[f"{layer.name}.bias"] = random.normal(size=shape.columns) / 8
    np.savez(tmp_path / "weights.npz", **held)
    return str(tmp_path / "weights.npz")


def inferred(chip, weights):
    result = archsim.infer(NETWORK, chip, "digits", weights=weights, images=60, seeds=2)
    return result.to_dict()["inference"]["accuracies_percent"], result


@pytest.mark.parametrize(
    "fine", [FINE, {"weights.device": "ecram"}, {"weights.replicas": 3}], ids=list("rdc")
)
def test_an_inference_on_one_of_two_kinds_draws_the_chips_of_that_kind(fine, weights):
    alone, _ = inferred(chip_of(fine), weights)
    one_of_two, result = inferred(two_kinds(dict.fromkeys(LAYERS, "fine"), fine), weights)
    assert one_of_two == alone
    assert "core.kinds.fine.weights.device" not in result.unused


def test_the_device_of_a_kind_holds_the_weights_of_its_layers_alone(weights):
    ecram = {"weights.device": "ecram"}
    ends = [
        inferred(two_kinds({"conv1": kind, "fc": "coarse"}, ecram), weights)[0]
        for kind in ("fine", "coarse")
    ]
    assert ends[0] != ends[1]
