"""Do random graphs over all operators cost and compute what ONNX's own shapes and reference
evaluator say?

The seed of the first graph is $ARCHSIM_SEED (default 0); the study draws many more.
"""

import os

import pytest

pytest.importorskip(
    "onnx", reason="the ONNX importer's tests need the package onnx (pip install archsim[onnx])"
)

from onnx_cases import assert_equal_values
from onnx_counted import counted
from onnx_random import RandomGraph

SEED = int(os.environ.get("ARCHSIM_SEED", "0"))


def check(seed, path, length, axis=None):
    graph = RandomGraph(seed, length, axis)
    options = {} if axis is None else {"axis": axis, "batch_axis": axis}
    network = assert_equal_values(
        graph.model, path, {"x": graph.x}, graph.images, by_definition=True, **options
    )
    assert (network.weights, network.multiply_accumulates) == counted(graph.model, graph.images)


@pytest.mark.parametrize("part", range(5))
def test_random_graphs(tmp_path, part):
    for seed in range(6):
        check(SEED + 1000 * part + seed, tmp_path / "net.onnx", 4 + 2 * seed)


@pytest.mark.parametrize("axis", [1, 2])
def test_random_graphs_with_the_batch_elsewhere(tmp_path, axis):
    for seed in range(8):
        check(SEED + 500 * axis + seed, tmp_path / "net.onnx", 3 + seed, axis)


@pytest.mark.study
def test_many_random_graphs(tmp_path):
    for seed in range(20_000):
        check(
            SEED + 10**6 + seed, tmp_path / "net.onnx", 2 + seed % 18, (None, None, 1, 2)[seed % 4]
        )
