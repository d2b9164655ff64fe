"""Do pulses give the same whether aggregated or one by one, on one thread or two, within the bounds?"""

import math
import threading

import numpy as np

from archsim.devices.array import draws
from archsim.devices.constant_step import constant_step
from archsim.kernels.generators import no_generators
from archsim.kernels.records import Cells, Tally, Trains
from archsim.kernels.update import COUNTS, specialise
from tests.physics.pulsed_devices import LAWS, F, devices, run, vectors

_COUNTS = np.zeros(len(COUNTS), np.int64)
_NONE = np.zeros((0, 0), np.int32)
_IDEAL = no_generators()


def run_once(state, planes, scalars, inputs, errors, longest, first):
    LAWS["constant_step"][0].update(
        Cells(state[:, 0], state, planes, scalars, F(0)),
        inputs,
        errors,
        Trains(0.05, 0.01, longest, False, False, False, _IDEAL),
        draws(3, 0, 0, first),
        Tally(_COUNTS, _NONE),
    )


def test_aggregated_and_pulse_by_pulse_agree_in_distribution():
    """The sum of K noisy constant steps is one normal number of variance K: same mean and variance
    of a device far from its bounds.
    """

    slow = specialise(constant_step)
    results = []
    for kernels in (LAWS["constant_step"][0], slow):
        state = np.zeros((100, 1, 1000), F)
        planes = np.tile(np.array([1, 1, -1e6, 1e6], F)[:, None], (100, 1, 1, 1000))
        signed = np.full((100, 1000), 7, np.int32)
        kernels.pulse(
            Cells(state[:, 0], state, planes, (F(0.5),), F(0)),
            signed,
            draws(1, 2, 3),
            Tally(_COUNTS, _NONE),
        )
        results.append(state.astype(float).ravel())
    for values in results:
        assert abs(values.mean() - 7) < 4 * math.sqrt(7 * 0.25 / values.size)
        assert abs(values.var() - 7 * 0.25) < 4 * 7 * 0.25 * math.sqrt(2 / values.size)


def test_two_threads_give_the_bits_of_one():
    def train(tile, result):
        weights, state, planes = devices("soft_bounds", 30, 40, False)
        for step in range(20):
            run(
                "soft_bounds",
                weights,
                state,
                planes,
                (F(0.3), F(0.2)),
                *vectors(5, 30, 40, seed=step),
                seed=1,
                step=step,
                tile=tile,
            )
        result[tile] = weights

    alone, together = {}, {}
    for tile in (0, 1):
        train(tile, alone)
    threads = [threading.Thread(target=train, args=(tile, together)) for tile in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for tile in (0, 1):
        np.testing.assert_array_equal(alone[tile], together[tile])
    assert (alone[0] != alone[1]).any()


def test_bounds_hold_for_every_device():
    weights, state, planes = devices("constant_step", 20, 30, False)
    for step in range(40):
        run(
            "constant_step",
            weights,
            state,
            planes,
            (F(3.0),),
            *vectors(5, 20, 30, seed=step),
            rate=0.5,
            step=step,
        )
    assert (state[:, 0] <= planes[:, 0, 3]).all() and (state[:, 0] >= planes[:, 0, 2]).all()
    assert (state[:, 0] == planes[:, 0, 3]).any()
