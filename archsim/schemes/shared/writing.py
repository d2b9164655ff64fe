"""Writing target weights into an array: exactly, by write-verify, or by blind pulses, whatever the
devices can.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archsim.schemes.layer_state import ActionCounts, LayerState
from archsim.schemes.shared.state_read import read_state

if TYPE_CHECKING:
    from archsim.devices.array import DeviceArray

BEFORE_TRAINING = (1 << 63) - 1  # step of the random numbers that program the first weights


def write_targets(
    layer: LayerState,
    targets: np.ndarray,
    selected: np.ndarray,
    done: ActionCounts,
    seed: int,
    step: int,
    most_pulses: int = 64,
) -> None:
    """Bring the `selected` (M, N, bool) weights to `targets` (M, N) and count what was done. Digital
    biases, where the rule trains them, are one column more of both, and take their targets at once.

    Exact weights are set: how many pulses that takes is the chip's to say. Write-verify devices are
    programmed (set-reset cycles counted as pulses, each with one read). Other devices are read once,
    noisy and converted, and get the whole number of pulses of their mean step that comes nearest, at
    most `most_pulses`, without a verify. A weight is a pair of devices where the law says so.
    """
    targets, selected = _without_biases(layer, targets, selected)
    number = int(selected.sum())
    if number == 0:
        return
    if layer.devices is None:
        layer.weights[selected] = targets[selected]
        layer.writes[selected] += 1
        done.sum("devices_written", number)
        return
    if "verify_window" in layer.devices.device.values:
        written, cycles, outside = layer.devices.program(
            targets, selected, seed=seed, step=step, tile=layer.tile, writes=layer.writes
        )
        devices = int(written)
        pulses = int(cycles)
        done.sum("left_outside", int(outside))
        done.sum("verify_reads", pulses)
    else:
        # How far a device has to go takes a read of where it stands.
        seen = read_state(layer, seed, step)
        done.sum("verify_reads", number * devices_of_a_weight(layer))
        wanted = np.rint((targets - seen) / layer.devices.granularity).clip(
            -most_pulses, most_pulses
        )
        signed = np.where(selected, wanted, 0).astype(np.int32)
        layer.devices.pulse(signed, seed=seed, step=step, tile=layer.tile, writes=layer.writes)
        devices = int(np.count_nonzero(signed))
        pulses = int(np.abs(signed).sum())
    done.add("array", "write", pulses)
    done.sum("devices_written", devices)
    done.sum("write_pulses", pulses)


def _without_biases(
    layer: LayerState, targets: np.ndarray, selected: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What is to be written into devices: digital biases are set here, as words."""
    if layer.biases is None:
        return targets, selected
    lines = layer.weights.shape[1]
    np.copyto(layer.biases, targets[:, lines], where=selected[:, lines])
    return targets[:, :lines], selected[:, :lines]


def write_first(devices: DeviceArray, targets: np.ndarray, seed: int, tile: int) -> None:
    """Write the weights (M, N) that a training starts from: programmed with verify where the devices
    can, else as near as their bounds allow. It is the setup's and counts among no writes.
    """
    devices.set_weights(targets)
    if "verify_window" in devices.device.values:
        chosen = np.ones(targets.shape, bool)
        devices.program(targets, chosen, seed=seed, step=BEFORE_TRAINING, tile=tile)


def devices_of_a_weight(layer: LayerState) -> int:
    """Devices that carry a weight of a layer: two where the law is a pair."""
    return 2 if layer.devices is not None and layer.devices.device.paired else 1
