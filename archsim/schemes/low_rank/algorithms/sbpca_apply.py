"""Three ways to bring a low-rank weight change into an array: outer products in place, all weights
written, or some of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from archsim.kernels.outer import add_products
from archsim.kernels.random import WRITE, as_word, stream_key
from archsim.kernels.rounding import whole_pulses
from archsim.operators.digital_work import merge
from archsim.schemes.layer_state import ActionCounts, LayerState
from archsim.schemes.low_rank.sbpca_work import SHOT_PHASES, outer_product_work, rebuild_work
from archsim.schemes.low_rank.settings import LowRankSettings
from archsim.schemes.shared.state_read import read_state
from archsim.schemes.shared.train_counts import count_trains
from archsim.schemes.shared.writing import devices_of_a_weight, write_targets

F = np.float32
MOST_PULSES = 64  # a device takes in one write
ROUNDING = 97  # added to the stream number of writes: the numbers that round


class LowRank(NamedTuple):
    """A change factor sum_k s_k D_k X_k^T: float32 X (N, k), D (M, k) and s (k,)."""

    X: np.ndarray
    D: np.ndarray
    s: np.ndarray
    factor: float


class Shot(NamedTuple):
    """One outer product: inputs float32 (N,), errors (M,), and what multiplies them."""

    x: np.ndarray
    d: np.ndarray
    factor: float


def apply_outer_products(
    layer: LayerState,
    scheme: LowRankSettings,
    change: LowRank,
    done: ActionCounts,
    seed: int,
    step: int,
) -> None:
    """W += change, one outer product after the other in the array."""
    X, D, s, factor = change
    rows = len(D)
    columns = len(X)
    rank = len(s)
    done.add_work(outer_product_work(rows, columns), rank)
    if layer.devices is None:
        lines, scaled = np.ascontiguousarray(X), np.ascontiguousarray(D * s)
        add_products(layer.weights, lines, scaled, F(factor))
        layer.writes += rank
    elif scheme.encoding == "pulse_trains":
        root = np.sqrt(np.abs(s))
        counts = layer.devices.update(
            (X * root).T,
            (D * np.copysign(root, s)).T,
            layer.devices.trains(
                rate=factor,
                longest=scheme.train_length,
                manage_update=scheme.update_management,
                manage_length=scheme.length_management,
            ),
            seed=seed,
            step=step,
            tile=layer.tile,
            writes=layer.writes,
        )
        slots, error_side, input_side, coincidences = (int(count) for count in counts[1:5])
        count_trains(done, layer.devices.generators, slots, rows + columns)
        _pulses(done, slots, input_side, error_side, coincidences)
    else:
        for c in range(rank):
            shot = Shot(X[:, c], D[:, c] * s[c], factor)
            _one_shot(layer, scheme, shot, done, seed, step, c)


def _pulses(
    done: ActionCounts, slots: int, input_side: float, error_side: float, coincidences: int
) -> None:
    done.add("word_line_driver", "drive", input_side)
    done.add("bit_line_driver", "drive", error_side)
    done.add("array", "update", coincidences)
    for name, value in (
        ("slots", slots),
        ("input_side", input_side),
        ("error_side", error_side),
        ("coincidences", coincidences),
    ):
        done.sum(name, value)


def _one_shot(
    layer: LayerState,
    scheme: LowRankSettings,
    shot: Shot,
    done: ActionCounts,
    seed: int,
    step: int,
    product: int,
) -> None:
    """Time code on one side, amplitude on the other, both of `train_length` levels: the dose of a
    device is their product.
    """
    levels = F(scheme.train_length)
    x, d = _coded(shot.x, levels), _coded(shot.d, levels)
    wanted = np.multiply.outer(d, x) * F(shot.factor / layer.on_devices.granularity)
    signed = _rounded(wanted, scheme, seed, step, layer.tile, product, scheme.train_length)
    # the numbers of a copy that no scheme has, for each outer product its own
    layer.on_devices.pulse(
        signed, seed=seed, step=step, tile=layer.tile + 4 * product, writes=layer.writes
    )
    done.add("dac", "convert", len(x) + len(d))
    charges = SHOT_PHASES / 2
    _pulses(
        done,
        scheme.train_length,
        charges * np.count_nonzero(x),
        charges * np.count_nonzero(d),
        int(np.abs(signed).sum()),
    )


def _coded(values: np.ndarray, levels: np.float32) -> np.ndarray:
    peak = np.abs(values).max()
    return np.rint(values / peak * levels) / levels * peak if peak > 0 else values


def _rounded(
    wanted: np.ndarray,
    scheme: LowRankSettings,
    seed: int,
    step: int,
    tile: int,
    product: int,
    most: int,
) -> np.ndarray:
    signed = np.empty(wanted.shape, np.int32)
    key = as_word(
        stream_key(
            as_word(seed), as_word(step), as_word(tile + 4 * product), WRITE + np.uint64(ROUNDING)
        )
    )
    whole_pulses(
        np.ascontiguousarray(wanted, F), most, key, scheme.rounding == "stochastic", signed
    )
    return signed


def rebuilt_change(X: np.ndarray, D: np.ndarray, s: np.ndarray, factor: float) -> np.ndarray:
    """factor D diag(s) X^T as a matrix (M, N), float32."""
    change = np.zeros((len(D), len(X)), F)
    add_products(change, np.ascontiguousarray(X), np.ascontiguousarray(D * s), F(factor))
    return change


def apply_change(
    layer: LayerState,
    scheme: LowRankSettings,
    change: np.ndarray,
    rank: int,
    done: ActionCounts,
    seed: int,
    step: int,
) -> bool:
    """Write a rebuilt change (M, N), all of it or its large elements. False where LRT keeps it,
    since too few weights would move.
    """
    rows, columns = change.shape
    work = rebuild_work(rows, columns, rank)
    selected = np.ones(change.shape, bool)
    if scheme.update_mode == "element":
        work = merge(work, {"compare": 2 * change.size})
        selected = np.abs(change) >= scheme.threshold * np.abs(change).max()
        selected &= change != 0
    done.add_work(work)
    if layer.devices is not None and scheme.estimator == "lrt":
        moved = np.count_nonzero(np.abs(change) >= 0.5 * layer.devices.granularity)
        if moved < scheme.least_changed * change.size:
            return False
    if layer.devices is None or "verify_window" in layer.devices.device.values:
        # nothing but the devices holds the weights: where they stand takes a read
        seen = read_state(layer, seed, step)
        if layer.devices is not None:
            done.sum("verify_reads", int(selected.sum()) * devices_of_a_weight(layer))
        write_targets(layer, seen + change, selected, done, seed, step)
        return True
    wanted = np.where(selected, change, F(0)) / F(layer.devices.granularity)
    signed = _rounded(wanted, scheme, seed, step, layer.tile, 0, MOST_PULSES)
    layer.devices.pulse(signed, seed=seed, step=step, tile=layer.tile, writes=layer.writes)
    pulses = int(np.abs(signed).sum())
    done.add("array", "write", pulses)
    done.sum("devices_written", int(np.count_nonzero(signed)))
    done.sum("write_pulses", pulses)
    return True
