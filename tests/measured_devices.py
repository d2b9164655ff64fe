"""Measured curves made of a known device: what a fit is asked to give back."""

import numpy as np

from archsim.devices.presets import load_device

HEAD = ["# source = made of a law", "# pulse_width_ns = 100", "# set_voltage_v = 1.4"]


def write_curves(path, name, *, changes=None, devices=16, cycles=2, pulses=30, reading=0.0, seed=3):
    """A file of `devices` drawn from a preset or law; weight -1 to 1 is 1 to 11 uS, readings stray
    by `reading` weights. Returns the device that it was made of.
    """
    device = load_device(name, changes)
    array = device.build(1, devices, seed=seed)
    array.set_weights(np.full((1, devices), device.lower_bound))
    stray = np.random.default_rng(seed)
    lines = [*HEAD, "device,cycle,direction,pulse,conductance_us"]
    step = 0
    for cycle in range(cycles):
        for sign, direction in ((1, "up"), (-1, "down")):
            weights = [array.state[0, 0].copy()]
            for _ in range(pulses):
                array.pulse(sign, seed=seed, step=step)
                step += 1
                weights.append(array.state[0, 0].copy())
            readings = np.array(weights) + reading * stray.normal(size=(pulses + 1, devices))
            for number in range(devices):
                for pulse in range(pulses + 1):
                    value = max(6 + 5 * readings[pulse, number], 1e-3)
                    lines.append(f"{number},{cycle},{direction},{pulse},{value:.7g}")
    path.write_text("\n".join(lines) + "\n")
    return device
