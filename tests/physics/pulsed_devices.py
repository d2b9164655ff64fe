"""Small arrays of devices and the trains that pulse them."""

import numpy as np

from archsim.devices import load_law
from archsim.devices.array import draws, new_tally
from archsim.kernels.generators import no_generators
from archsim.kernels.records import Cells, Trains

F = np.float32
SETTINGS = {
    "rate": 0.01,
    "granularity": 0.001,
    "longest": 31,
    "manage_update": False,
    "manage_length": False,
    "deterministic": False,
    "write_noise": 0.0,
}
LAWS = {
    name: (load_law(name).kernels(), load_law(name).reference())
    for name in ("constant_step", "soft_bounds", "one_sided_pair", "binary_switch")
}


def devices(law, rows, columns, hidden, spread=0.3, bound=0.6, step=0.001, seed=1):
    generator = np.random.default_rng(seed)
    parts = 2 if LAWS[law][1].paired else 1
    planes = np.empty((rows, parts, 6, columns), F)
    planes[:, :, :2] = step * np.abs(1 + spread * generator.normal(size=(rows, parts, 2, columns)))
    planes[:, :, 2] = (
        0
        if parts == 2
        else -bound * np.abs(1 + spread * generator.normal(size=(rows, parts, columns)))
    )
    planes[:, :, 3] = bound * np.abs(1 + spread * generator.normal(size=(rows, parts, columns)))
    planes[:, :, 4:] = 0.3 if law == "binary_switch" else 1.2
    state = (generator.uniform(0 if parts == 2 else -0.1, 0.1, (rows, parts, columns))).astype(F)
    state = np.clip(state, planes[:, :, 2], planes[:, :, 3])
    weights = (
        (state[:, 0] - state[:, 1]) if parts == 2 else state[:, 0].copy() if hidden else state[:, 0]
    )
    return weights, state, planes


def trains_of(settings, generators=None):
    chosen = (settings[name] for name in Trains._fields[:-1])
    return Trains(*chosen, no_generators() if generators is None else generators)


def run(
    law, weights, state, planes, scalars, inputs, errors, seed=0, step=0, tile=0, first=0, **changes
):
    s = {**SETTINGS, **changes}
    tally = new_tally(np.zeros(weights.shape, np.int32))
    cells = Cells(weights, state, planes, scalars, F(s["write_noise"]))
    keys = draws(seed, step, tile, first)
    LAWS[law][0].update(cells, inputs, errors, trains_of(s), keys, tally)
    return tally.counts, tally.writes


def vectors(count, rows, columns, size=1.0, seed=2):
    generator = np.random.default_rng(seed)
    return generator.uniform(-1, 1, (count, columns)).astype(F), (
        size * generator.uniform(-1, 1, (count, rows))
    ).astype(F)
