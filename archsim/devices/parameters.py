"""Parameters that most device laws share: of a step, of the bounds of a weight, of what time does."""

from __future__ import annotations

from hwlib.effects import COMPUTED, WORSE
from hwlib.part import Parameter

STEP = (
    Parameter(
        "pulse_step",
        0.001,
        1e-7,
        10.0,
        note="mean weight change of one pulse at w = 0 (dw_min)",
        effects=COMPUTED,
    ),
    Parameter(
        "step_spread",
        0.3,
        0.0,
        5.0,
        note="device-to-device spread of the step, relative",
        effects=WORSE,
    ),
    Parameter(
        "step_spread_law",
        "normal",
        choices=("normal", "lognormal"),
        note="g = 1 + s N or exp(s N)",
        effects=COMPUTED,
    ),
    Parameter(
        "asymmetry",
        0.0,
        -2.0,
        2.0,
        note="mean difference of up and down step, relative",
        effects=COMPUTED,
    ),
    Parameter(
        "asymmetry_law",
        "symmetric",
        choices=("symmetric", "one_sided"),
        note="+-v/2 on both, or aihwkit: lower one side by |v|",
        effects=COMPUTED,
    ),
    Parameter(
        "asymmetry_spread",
        0.01,
        0.0,
        2.0,
        note="spread r of the asymmetry: up g + r, down g - r",
        effects=WORSE,
    ),
    Parameter(
        "pulse_noise",
        0.3,
        0.0,
        20.0,
        note="cycle-to-cycle noise of one pulse, relative to its step",
        effects=WORSE,
    ),
    Parameter(
        "write_noise",
        0.0,
        0.0,
        1000.0,
        note="noise of what a read sees, redrawn when a device is pulsed, in pulse steps",
        effects=WORSE,
    ),
)
BOUNDS = (
    Parameter(
        "upper_bound", 0.6, 1e-6, 1000.0, note="mean upper bound of the weight", effects=COMPUTED
    ),
    Parameter(
        "lower_bound", -0.6, -1000.0, 0.0, note="mean lower bound of the weight", effects=COMPUTED
    ),
    Parameter(
        "upper_spread",
        0.3,
        0.0,
        5.0,
        note="device-to-device spread of the upper bound, relative",
        effects=WORSE,
    ),
    Parameter(
        "lower_spread",
        0.3,
        0.0,
        5.0,
        note="device-to-device spread of the lower bound, relative",
        effects=WORSE,
    ),
    Parameter(
        "corrupt_probability",
        0.0,
        0.0,
        1.0,
        note="share of devices stuck at a weight",
        effects=WORSE,
    ),
    Parameter(
        "corrupt_range",
        0.0,
        0.0,
        1000.0,
        note="stuck weights are uniform in +- this",
        effects=COMPUTED,
    ),
)
AGEING = (
    Parameter(
        "lifetime",
        0.0,
        0.0,
        1e15,
        unit="mini-batch",
        note="mini-batches of the decay towards rest_weight, 0 = none",
        effects=COMPUTED,
    ),
    Parameter(
        "lifetime_spread",
        0.0,
        0.0,
        5.0,
        note="device-to-device spread of the lifetime, relative",
        effects=COMPUTED,
    ),
    Parameter(
        "rest_weight",
        0.0,
        -1000.0,
        1000.0,
        note="weight that decay and drift go to",
        effects=COMPUTED,
    ),
    Parameter(
        "diffusion",
        0.0,
        0.0,
        100.0,
        note="random walk of the weight, standard deviation a mini-batch",
        effects=WORSE,
    ),
    Parameter(
        "drift_exponent",
        0.0,
        0.0,
        1.0,
        note="nu of the conductance drift (1 + t/t0)^-nu, t in simulated time since the last write",
        effects=WORSE,
    ),
    Parameter(
        "drift_spread",
        0.0,
        0.0,
        1.0,
        note="device-to-device standard deviation of nu",
        effects=WORSE,
    ),
    # aihwkit, SimpleDriftParameter: t_0 = 1.0
    Parameter(
        "drift_reference_s",
        1.0,
        1e-9,
        1e9,
        unit="s",
        note="t0 of the drift: from a write to the reading that shows the weight",
        effects=COMPUTED,
    ),
    Parameter(
        "retention_s",
        0.0,
        0.0,
        1e15,
        unit="s",
        note="time constant of the decay towards rest_weight in simulated time, 0 = none",
        effects=COMPUTED,
    ),
    Parameter(
        "retention_spread",
        0.0,
        0.0,
        5.0,
        note="device-to-device spread of that time, relative",
        effects=COMPUTED,
    ),
    Parameter(
        "read_disturb",
        0.0,
        0.0,
        1.0,
        note="share of the way to the upper bound that one read moves a device",
        effects=WORSE,
    ),
)

WEIGHT_UNITS = (
    "pulse_step",
    "upper_bound",
    "lower_bound",
    "corrupt_range",
    "rest_weight",
    "diffusion",
    "reference_mean",
    "reference_spread",
    "reset_weight",
    "reset_spread",
    "noise_floor",
    "program_error",
    "verify_window",
    "read_noise",
)
"""Parameters that are weights: where a layer's weights are so many times a device's, these are."""
