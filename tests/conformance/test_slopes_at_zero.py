"""Do roots and powers of zero, which relu and words of few bits give, let a network train?"""

from types import SimpleNamespace

import numpy as np
import pytest

import archsim
from archsim.operators.compiled import compiled
from archsim.operators.vector import power, square_root
from tests.members import every
from workloads import load_network
from workloads.datasets import load_dataset

F = np.float32
TEXT = """
schema = 1
name = "rooted"
input = [1, 8, 8]
[[layer]]
name = "flat"
operator = "flatten"
[[layer]]
name = "first"
operator = "linear"
features = 24
[[layer]]
name = "bent"
operator = "relu"
[[layer]]
name = "rooted"
{root}
[[layer]]
name = "last"
operator = "linear"
features = 10
bias = true
"""
ROOTS = [
    'operator = "square_root"',
    'operator = "power"\nexponent = 0.5',
    'operator = "power"\nexponent = 0.333',
    'operator = "reduce"\nkind = "length"\naxes = [0]',
]


@pytest.mark.parametrize("chip", ["cores40", "rpu"])
@pytest.mark.parametrize("root", ROOTS)
def test_a_network_with_it_trains(root, chip, tmp_path):
    path = tmp_path / "rooted.toml"
    path.write_text(TEXT.format(root=root))
    data = load_dataset("digits", train=200, test=60)
    trained = archsim.train(
        load_network(path), chip, data, "sgd", epochs=3, batch=4, settings={"learning_rate": 0.02}
    )
    losses = [row["train_loss"] for row in trained.epochs]
    # a length alone tells ten classes badly, the other roots tell them well
    assert np.isfinite(losses).all() and losses[-1] < losses[0]


@every("kernel", [square_root.back, compiled(square_root.back)])
def test_a_root_has_no_slope_at_zero_and_its_own_elsewhere(kernel):
    assert kernel(F(3.0), F(0.0), F(0.0)) == 0
    assert kernel(F(3.0), F(4.0), F(2.0)) == F(0.75)


@every("exponent, slopes", [(0.5, [0, 0.25]), (1.0, [1, 1]), (2.0, [0, 8]), (3.0, [0, 48])])
def test_a_power_below_one_has_none_either(exponent, slopes):
    below = np.zeros(2, F)
    data = SimpleNamespace(
        first=np.array([0, 4], F),
        words=np.array([exponent], F),
        errors=np.ones(2, F),
        first_errors=below,
    )
    power.raised_back(data, None)
    np.testing.assert_allclose(below, slopes)
