"""Tiki-Taka in NumPy, vector by vector, with the random numbers of the compiled pass: what that is
tested against.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.random import READ_OUTPUT, REFRESH, WRITE
from archsim.kernels.random_reference import (
    normal_reference,
    row_key_reference,
    stream_key_reference,
    uniform_reference,
)
from archsim.kernels.update_reference import move_reference, update_reference
from archsim.schemes.pulsed.tiki_taka_rule import (
    AGAD,
    CHOPPED,
    CURSOR,
    FAST_TILE,
    MEAN_RATE,
    V1,
    VERSIONS,
    F,
    new_state,
    rates,
)
from archsim.schemes.rule import LayerState


def twin_change(
    scheme,
    layer: LayerState,
    inputs: np.ndarray,
    errors: np.ndarray,
    rate: float,
    seed: int,
    first_step: int,
) -> np.ndarray:
    """The change (M, N) of a fresh layer by one mini-batch; arguments as `Scheme.reference_change`."""
    s = new_state(scheme, layer, seed)
    start = layer.weights.copy()
    devices = layer.devices
    version = VERSIONS.index(scheme.version)
    tile = layer.tile + FAST_TILE
    law = devices.device.reference()
    reads, every = scheme.transfers(layer.vectors)
    rows, delta = np.arange(len(start)), devices.granularity
    common = dict(
        granularity=delta,
        longest=scheme.train_length,
        manage_update=scheme.update_management,
        manage_length=True,
        write_noise=float(devices.write_noise),
        seed=seed,
    )
    for image, (x, d) in enumerate(zip(inputs, errors)):
        step, vectors = first_step + image, x.shape[1]
        peaks = np.abs(d).max(axis=0).astype(float)
        if peaks.any() and x.any():
            now = np.array([np.abs(x).max(axis=0).astype(float).mean(), peaks[peaks > 0].mean()])
            s.means[:] = now if not s.means.any() else (1 - MEAN_RATE) * s.means + MEAN_RATE * now
        fast_rate, slow = rates(scheme, layer, rate)
        if version != V1:
            fast_rate = (
                fast_rate * scheme.train_length * delta / s.means.prod() if s.means.all() else 0.0
            )
        gain = F(slow / delta / (fast_rate if scheme.divide_by_fast_rate and fast_rate else 1.0))
        ends = (
            {(number + 1) * max(1, vectors // reads) - 1 for number in range(reads)}
            if step % every == 0
            else set()
        )
        for v in range(vectors):
            update_reference(
                s.fast.weights,
                s.fast.state,
                s.fast.planes,
                s.fast.law,
                law,
                [x[:, v] * s.choppers],
                [d[:, v]],
                rate=fast_rate,
                step=step,
                tile=tile,
                first=v,
                **common,
            )
            if v not in ends:
                continue
            k = int(s.place[CURSOR])
            s.place[CURSOR] = (k + 1) % start.shape[1]
            sign = s.choppers[k]
            key = row_key_reference(stream_key_reference(seed, step, tile, READ_OUTPUT), v)
            omega = s.fast.weights[:, k] + F(scheme.read_noise) * normal_reference(key, rows)
            if version == AGAD and s.reads[k] and s.reads[k] % scheme.period == 0:
                s.held[:, k] = s.mean[:, k]
            z = sign * (omega - (s.held if version == AGAD else s.reference)[:, k])
            if version == AGAD:
                s.mean[:, k] += F(scheme.tail) * (omega - s.mean[:, k])
                z *= s.reads[k] >= scheme.period
            if version == V1:
                line = np.eye(start.shape[1], dtype=F)[k]
                update_reference(
                    layer.weights,
                    devices.state,
                    devices.planes,
                    devices.law,
                    law,
                    [line],
                    [z],
                    rate=slow,
                    step=step,
                    tile=layer.tile,
                    first=v,
                    **common,
                )
            else:
                s.hidden[:, k] += gain * z
                signed = np.zeros(start.shape, int)
                signed[:, k] = np.where(np.abs(s.hidden[:, k]) >= 1, np.sign(s.hidden[:, k]), 0)
                s.hidden[signed[:, k] != 0, k] = 0
                pulse_key = row_key_reference(
                    stream_key_reference(seed, step, layer.tile, WRITE), v
                )
                move_reference(
                    layer.weights,
                    devices.state,
                    devices.planes,
                    devices.law,
                    law,
                    signed,
                    float(devices.write_noise),
                    row_key_reference(pulse_key, rows)[:, None],
                )
            s.reads[k] += 1
            flip = (
                s.reads[k] % scheme.period == 0
                if version == AGAD
                else version == CHOPPED
                and bool(
                    uniform_reference(
                        row_key_reference(stream_key_reference(seed, step, tile, REFRESH), v),
                        np.array([k]),
                    )[0]
                    < F(scheme.flip_probability)
                )
            )
            s.choppers[k] = -sign if flip else sign
    return layer.weights - start
