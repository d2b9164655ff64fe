"""What every device does beside the mean one: gains of its steps and its bounds."""

from __future__ import annotations

import numpy as np

from archsim.devices.fit.mean_device import Curves
from archsim.devices.fit.search import Search

_RIDGE = 1e-4  # keeps a gain that moves nothing at 1
_DAMPED = 15  # steps of the search for the gains


def fit_gains(
    search: Search, values: dict[str, float], gains: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Levenberg-Marquardt steps of all devices at once: a device's gains move its own runs alone.

    Returns the gains (4, devices) and their standard errors.
    """
    curves = search.curves
    devices = gains.shape[1]
    owner = np.broadcast_to(curves.device[:, None], curves.read.shape)[curves.read]
    # a device without a reading keeps the mean's gains
    counts = np.maximum(np.bincount(owner, minlength=devices), 1)

    def squares(trial: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        off = search.residuals(values, trial)
        # the ridge pulls towards 1, so that what the data do not tell stays the mean
        pull = _RIDGE * counts * np.sum((trial - 1.0) ** 2, axis=0)
        return off, np.bincount(owner, off**2, minlength=devices) + pull

    off, square = squares(gains)
    damping = np.full(devices, 1e-2)
    for _ in range(_DAMPED):
        matrix, vector = _normal_equations(search, values, gains, off, owner)
        matrix += (_RIDGE * counts)[:, None, None] * np.eye(4)
        vector += (_RIDGE * counts)[:, None] * (gains.T - 1.0)
        diagonal = np.einsum("dii->di", matrix)
        # Damping in units of each gain's own curvature (Marquardt): a gain that moves little is not
        # held back by one that moves much.
        damped = matrix + np.eye(4) * (damping[:, None] * diagonal)[:, :, None]
        move = np.linalg.solve(damped, vector[..., None])[..., 0].T
        # A step of the search may be wild; devices that differ fifty times from the mean are none.
        trial = np.clip(gains - move, 0.02, 20.0)
        trial_off, trial_square = squares(trial)
        better = trial_square < square
        gains = np.where(better, trial, gains)
        off = np.where(better[owner], trial_off, off)
        square = np.where(better, trial_square, square)
        # Unequal factors, so that it does not go back and forth between two values.
        damping = np.clip(np.where(better, damping / 5, damping * 4), 1e-9, 1e6)
    matrix, _ = _normal_equations(search, values, gains, off, owner)
    # Nearly without the ridge: the error of a gain that the data do not tell must come out large,
    # so that it adds no spread.
    matrix += (1e-9 + _RIDGE * 1e-3 * counts)[:, None, None] * np.eye(4)
    variance = np.bincount(owner, off**2, minlength=devices) / np.maximum(counts - 4, 1)
    spread = np.einsum("dii->di", np.linalg.inv(matrix)) * variance[:, None]
    return gains, np.sqrt(spread).T


def _normal_equations(
    search: Search, values: dict[str, float], gains: np.ndarray, off: np.ndarray, owner: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """J^T J (devices, 4, 4) and J^T r (devices, 4) of the gains, by differences."""
    columns = []
    for index in range(4):
        moved = gains.copy()
        # Gains are about one: a thousandth is far above rounding and far below any curvature.
        moved[index] += 1e-3
        columns.append((search.residuals(values, moved) - off) / 1e-3)
    slopes = np.stack(columns, axis=1)
    matrix = np.zeros((gains.shape[1], 4, 4))
    vector = np.zeros((gains.shape[1], 4))
    np.add.at(matrix, owner, slopes[:, :, None] * slopes[:, None, :])
    np.add.at(vector, owner, slopes * off[:, None])
    return matrix, vector


def first_gains(curves: Curves, devices: int) -> np.ndarray:
    """Every device's extremes and first steps beside their means, (4, devices)."""
    gains = np.ones((4, devices))
    last = np.where(curves.at >= 0, curves.weights, np.nan)
    first = np.abs(curves.weights[:, 1] - curves.weights[:, 0]) / np.maximum(curves.at[:, 1], 1)
    for device in range(devices):
        own = curves.device == device
        for row, direction in enumerate((True, False)):
            runs = own & (curves.up == direction)
            if runs.any():
                gains[row, device] = np.mean(first[runs])
        if own.any():
            gains[2, device] = np.nanmin(last[own])
            gains[3, device] = np.nanmax(last[own])
    means = gains.mean(axis=1, keepdims=True)
    ratio = np.divide(gains, means, out=np.ones_like(gains), where=np.abs(means) > 1e-9)
    return np.clip(ratio, 0.2, 5.0)
