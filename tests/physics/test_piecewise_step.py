"""Does the piecewise law make the steps that its nodes say, at the nodes and between them?"""

import numpy as np
import pytest

from archsim.devices import load_law
from archsim.devices.piecewise_step import NODES
from hwlib.errors import InputError
from tests.near import near

QUIET = {
    "step_spread": 0.0,
    "asymmetry_spread": 0.0,
    "pulse_noise": 0.0,
    "upper_spread": 0.0,
    "lower_spread": 0.0,
    "pulse_step": 0.001,
    "lower_bound": -0.5,
    "upper_bound": 1.5,
}
UP = (3.0, 1.0, 2.0, 0.5, 0.25)
DOWN = (0.1, 0.4, 0.8, 1.6, 3.2)
NAMED = {f"up_{node}": value for node, value in zip(NODES, UP)}
NAMED |= {f"down_{node}": value for node, value in zip(NODES, DOWN)}


def device(**changes):
    return load_law("piecewise_step")(**{**QUIET, **changes})


@pytest.mark.parametrize("direction", [1, -1])
def test_a_step_lies_on_the_line_between_two_nodes(direction):
    # the range is 2 wide: nodes stand at -0.5, 0, 0.5, 1, 1.5, and 0.25 is half-way from 1.0 to 2.0
    weights = np.linspace(-0.48, 1.48, 197)
    array = device(**NAMED).build(1, len(weights))
    array.set_weights(weights[None])
    array.pulse(direction)
    expected = 0.001 * np.interp((weights + 0.5) / 2 * 100, NODES, UP if direction > 0 else DOWN)
    change = array.weights[0].astype(float) - weights.astype(np.float32)
    np.testing.assert_allclose(change, direction * expected, atol=2e-7)
    at_quarter = np.argmin(np.abs(weights - 0.25))
    assert abs(change[at_quarter]) == near(0.0015 if direction > 0 else 0.0006, rel=1e-3)


def test_equal_nodes_are_a_constant_step_and_a_falling_line_is_soft_bounds():
    flat = {f"{way}_{node}": 1.0 for way in ("up", "down") for node in NODES}
    array = device(**flat).build(1, 1)
    constant = load_law("constant_step")(**QUIET).build(1, 1)
    bounds = QUIET | {"lower_bound": -0.5, "upper_bound": 0.5, "pulse_step": 0.01}
    falling, soft = (
        load_law(law)(**bounds).build(1, 1) for law in ("piecewise_step", "soft_bounds")
    )
    for step in range(300):
        for each in (array, constant, falling, soft):
            each.pulse(1 if step < 200 else -1, step=step)
        assert array.weights[0, 0] == pytest.approx(constant.weights[0, 0], abs=3e-6)
        # 2 - 4 z/4 with z = 4 (w + b)/(2 b) is 1 - w/b
        assert falling.weights[0, 0] == pytest.approx(soft.weights[0, 0], abs=3e-6)


@pytest.mark.parametrize("word,scale", [("step", 2.0), ("bracket", 1.0)])
def test_noise_scales_with_the_step_or_does_not(word, scale):
    # at w = 0.5 the up node says 2 steps
    array = device(**NAMED, pulse_noise=0.3, noise_place=word).build(100, 1000)
    array.set_weights(np.full((100, 1000), 0.5))
    array.pulse(1, seed=5)
    change = array.weights.astype(float) - 0.5
    deviation = 0.0003 * scale
    assert abs(change.mean() - 0.002) < 4 * deviation / 1e5**0.5 + 1e-7
    assert abs(change.var() / deviation**2 - 1) < 4 * (2 / 1e5) ** 0.5 + 1e-3


def test_granularity_is_the_mean_step_at_zero():
    # w = 0 is the node at 25 %: (1.0 + 0.4)/2 of 0.001
    assert device(**NAMED).granularity() == near(0.0007)
    still = {"up_25": 0.0, "down_25": 0.0}
    with pytest.raises(InputError, match="no pulse moves this device at weight 0"):
        device(**still).granularity()
