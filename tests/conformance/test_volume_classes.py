"""Does a network that ends in a volume (classes, depth, height, width) train with a class for each place?"""

import numpy as np
import pytest

import archsim
from tests.onnx_models import loader, node

F = np.float32


def test_a_volume_has_a_class_for_each_of_its_places(tmp_path):
    random = np.random.default_rng(2)
    weights = [
        ("w", random.normal(0, 0.4, (6, 1, 2, 1, 1)).astype(F)),
        ("v", random.normal(0, 0.4, (3, 6, 1, 1, 1)).astype(F)),
        ("b", np.zeros(3, F)),
        ("c", np.zeros(6, F)),
    ]
    nodes = [
        node("Conv", ["x", "w", "c"], ["a"], pads=[1, 0, 0, 0, 0, 0]),
        node("Relu", ["a"], ["r"]),
        node("Conv", ["r", "v", "b"]),
    ]
    network = loader(tmp_path)(nodes, [("x", [1, 1, 3, 6, 5])], [("y", None)], weights)
    bright = random.integers(0, 2, (240, 3, 6, 5))
    before = np.concatenate([np.zeros_like(bright[:, :1]), bright[:, :-1]], axis=1)
    parts = {"images": bright[:, None].astype(F), "labels": bright + before}
    path = tmp_path / "volumes.npz"
    np.savez(
        path, **{f"{half}_{k}": part for k, part in parts.items() for half in ("train", "test")}
    )
    settings = {"learning_rate": 0.1}
    trained = archsim.train(
        network, "cim40", path, "sgd", epochs=4, batch=4, device="exact", settings=settings
    )
    error = trained.epochs[-1]["test_error_percent"]
    # One answer for all places would be wrong on half of them.
    assert error < 5 < trained.epochs[0]["test_error_percent"]
    inferred = archsim.infer(network, "cim40", path, weights=trained, seeds=1)
    assert inferred.accuracy_percent == pytest.approx(100 - error, abs=1.0)
