"""Does every parameter of every device law move the weights, and does more of a spread, a noise or a
drift bring them further from exact arithmetic?

An array starts with weights, takes updates, ages between them and is read; exact arithmetic does the
same without devices. What a parameter does to a whole training, and what of a device no run reads,
is held in `tests/conformance/test_device_fields.py`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from archsim.devices import LAWS, load_law
from hwlib.effects import Effects
from hwlib.parameter import Parameter
from tests.coupling.fields import other_parameters
from tests.members import every

ROWS, COLUMNS = 12, 9
STEPS = 8
DRAWS = 20
RATE = 0.02
# Values under which all that a law can do happens within a few steps.
BASE: dict[str, dict[str, Any]] = {
    "one_sided_pair": {"pulse_step": 0.02, "lower_bound": -0.2},
    "phase_change_pair": {"pulse_step": 0.01, "upper_bound": 2.0, "lower_bound": -0.2},
    "write_verify_pair": {"lower_bound": -0.2},
}
TWO_STATES = ("binary_switch",)
"""Laws whose devices hold no weight between two: exact is the same device without spread, noise and
drift.
"""
PARAMETERS = {(law, item.name): item for law in LAWS for item in load_law(law).parameters}


def is_judged(parameter: Parameter) -> bool:
    """Whether a direction of the accuracy is declared."""
    return declared(parameter).accuracy in ("up", "down")


def declared(parameter: Parameter) -> Effects:
    """What a parameter must move."""
    assert isinstance(parameter.effects, Effects), f"{parameter.name} declares no effects"
    return parameter.effects


def quiet(law: str) -> dict[str, Any]:
    """The law's values without what makes it worse, so that one of these stands out."""
    worse = {
        item.name: item.limits()[0]
        for item in load_law(law).parameters
        if declared(item).accuracy == "down"
    }
    return {**worse, **BASE.get(law, {})}


def weights(law: str, values: dict[str, Any], seed: int) -> np.ndarray:
    """The weights of an array of devices after its updates, (ROWS, COLUMNS)."""
    device = load_law(law)(**values)
    array = device.build(ROWS, COLUMNS, seed=seed)
    first, errors, inputs = work()
    array.set_weights(first)
    targets = first.copy()
    for step in range(STEPS):
        targets = targets + RATE * errors[step].T @ inputs[step]
        if "verify_window" in device.values:
            array.program(targets, np.ones(targets.shape, bool), seed=seed, step=step)
        else:
            array.update(inputs[step], errors[step], array.trains(rate=RATE), seed=seed, step=step)
        array.refresh(seed=seed, step=step)
        array.age(batches=4, seconds=1.0, reads=100, seed=seed, step=step)
    if "verify_window" in device.values:  # and blind pulses, there and back
        for step, pulses in enumerate((1, -1), STEPS):
            array.pulse(np.full(targets.shape, pulses), seed=seed, step=step)
    # a device is read with noise of its own (`kernels.device_noise.disturb_devices`)
    noise = np.random.default_rng(seed).normal(0.0, 1.0, (ROWS, COLUMNS))
    return np.asarray(array.weights, np.float64) + device.weight_noise * noise


@cache
def work() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First weights (ROWS, COLUMNS); errors and inputs of every step, (STEPS, vectors, lines)."""
    generator = np.random.default_rng(1)
    return (
        generator.uniform(-0.4, 0.4, (ROWS, COLUMNS)),
        generator.uniform(-1, 1, (STEPS, 4, ROWS)),
        generator.uniform(-1, 1, (STEPS, 4, COLUMNS)),
    )


def output_error(law: str, values: dict[str, Any]) -> float:
    """Root mean square over draws of what the outputs of all steps' inputs are off exact ones."""
    vectors = work()[2].reshape(-1, COLUMNS)
    off = [(weights(law, values, seed) - exact(law, seed)) @ vectors.T for seed in range(DRAWS)]
    return float(np.sqrt(np.mean(np.square(off))))


@cache
def exact(law: str, seed: int) -> np.ndarray:
    """What exact arithmetic has in the place of an array's weights, (ROWS, COLUMNS)."""
    if law in TWO_STATES:
        return weights(law, quiet(law), seed)
    first, errors, inputs = work()
    return first + RATE * np.einsum("svr,svc->rc", errors, inputs)


@cache
def quiet_error(law: str) -> float:
    """The output error of a law without what makes it worse."""
    return output_error(law, quiet(law))


def larger(parameter: Parameter) -> float:
    """A value that is felt: the default, or more."""
    return float(max(parameter.default, min(30.0, parameter.limits()[1] / 10)))


@every("law, name", [key for key, item in PARAMETERS.items() if is_judged(item)])
def test_more_of_what_makes_a_device_worse_is_further_from_exact(law, name):
    parameter = PARAMETERS[law, name]
    worse = output_error(law, {**quiet(law), name: larger(parameter)})
    assert (worse > quiet_error(law)) == (declared(parameter).accuracy == "down")


# All that is off by default, switched on so that nothing drowns the rest.
ON = {
    "step_spread": 0.1,
    "asymmetry": 0.1,
    "pulse_noise": 0.1,
    "write_noise": 0.5,
    "upper_spread": 0.1,
    "lower_spread": 0.1,
    "corrupt_probability": 0.1,
    "corrupt_range": 0.3,
    "lifetime": 200.0,
    "lifetime_spread": 0.1,
    "rest_weight": 0.1,
    "drift_exponent": 0.02,
    "retention_s": 200.0,
    "retention_spread": 0.1,
    "program_error": 0.1,
    "refresh_upper": 0.05,
    "refresh_lower": 0.01,
    "reset_spread": 0.01,
}


def loud(law: str) -> dict[str, Any]:
    """The law's values with all that is off by default switched on."""
    known = {item.name for item in load_law(law).parameters}
    on = {name: value for name, value in ON.items() if name in known}
    return {**on, **BASE.get(law, {})}


@every("law, name", PARAMETERS)
def test_a_parameter_of_a_device_moves_the_weights(law, name):
    parameter = PARAMETERS[law, name]
    felt = moves(law, quiet(law), parameter) or moves(law, loud(law), parameter)
    assert felt == (not declared(parameter).nothing)


def moves(law: str, values: dict[str, Any], parameter: Parameter) -> bool:
    """Whether another value of a parameter moves a bit of the weights."""
    now = {item.name: item.default for item in load_law(law).parameters} | values
    start = weights(law, values, 3).tobytes()
    others = other_parameters(parameter, now[parameter.name])
    return any(weights(law, {**values, parameter.name: v}, 3).tobytes() != start for v in others)
