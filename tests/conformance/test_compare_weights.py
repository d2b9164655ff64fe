"""Does a comparison begin every scheme with the weights that are named, adapters too, and price it so?"""

import numpy as np
import pytest

import archsim
from hwlib.errors import InputError
from tests.physics.test_inference import random_weights
from workloads import with_adapters
from workloads.load import load_network

NETWORK = "digits_cnn"
TERMS = {"images": 32, "batch": 8, "seed": 3}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "weights.npz"
    np.savez(path, **random_weights(load_network(NETWORK), 1))
    return path


@pytest.mark.parametrize("jobs", [None, 2])
def test_every_scheme_is_that_of_its_own_training(file, jobs):
    network = with_adapters(load_network(NETWORK), 2)
    both = archsim.compare(
        network, "sgd,mixed_precision", "cim40", weights=file, jobs=jobs, **TERMS
    )
    assert both.refused == {} and len(both.results) == 2
    digests = set()
    for document in both.results:
        alone = archsim.train(
            network, "cim40", "digits", document["scheme"], epochs=1, weights=file, **TERMS
        )
        assert document["accuracy_percent"] == alone.accuracy_percent
        assert document["energy_per_image_j"] == alone.result.document["energy_per_image_j"]
        assert document["training"]["inputs"] == alone.result.document["training"]["inputs"]
        digests.add(document["training"]["inputs"]["weights"])
    assert digests == {both.terms["weights"]}


def test_adapters_without_weights_are_refused_before_any_scheme():
    network = with_adapters(load_network(NETWORK), 2)
    with pytest.raises(InputError, match="adapters add to trained weights"):
        archsim.compare(network, "sgd", "cim40", **TERMS)


def test_other_weights_or_none_are_worked_out_anew(file, tmp_path):
    network = load_network(NETWORK)
    kept = {"folder": tmp_path / "kept", **TERMS}
    first = archsim.compare(NETWORK, "sgd", "cim40", weights=file, **kept)
    same = archsim.compare(
        NETWORK, "sgd", "cim40", weights=random_weights(network, 1), resume=True, **kept
    )
    assert same.notes == [] and same.rows == first.rows
    note = ["sgd: worked out anew, as changed since: weights"]
    other = archsim.compare(
        NETWORK, "sgd", "cim40", weights=random_weights(network, 2), resume=True, **kept
    )
    assert other.notes == note and other.terms["weights"] != first.terms["weights"]
    none = archsim.compare(NETWORK, "sgd", "cim40", resume=True, **kept)
    assert none.notes == note and "weights" not in none.terms


def test_the_command_takes_both(file, call, in_this_process):
    line = [
        "compare",
        NETWORK,
        "--schemes",
        "sgd,mixed_precision",
        "--arch",
        "cim40",
        "--images",
        "16",
    ]
    code, out, told = call(*line, "--adapters", 2, "--weights", file)
    assert code == 0, told
    assert "every scheme begins with the same trained weights (" in " ".join(out.split())
    code, _, told = call(*line, "--adapters", 2)
    assert code == 2 and "--weights FILE" in told
