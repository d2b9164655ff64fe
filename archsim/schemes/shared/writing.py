"""Writing target weights into an array: exactly, by write-verify, or by blind pulses, whatever the
devices can.
"""

from __future__ import annotations

import numpy as np

from archsim.schemes.rule import ActionCounts, LayerState


def write_targets(
    layer: LayerState,
    targets: np.ndarray,
    selected: np.ndarray,
    done: ActionCounts,
    seed: int,
    step: int,
    most_pulses: int = 64,
) -> None:
    """Bring the `selected` (M, N, bool) weights to `targets` (M, N) and count what was done.

    Exact weights are set: how many pulses that takes is the chip's to say. Write-verify devices are
    programmed (set-reset cycles counted as pulses, each with one read). Other devices get the whole
    number of pulses of their mean step that comes nearest, at most `most_pulses`, without a verify.
    A weight is a pair of devices where the law says so.
    """
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
        devices, pulses = int(written), int(cycles)
        done.sum("left_outside", int(outside))
        done.sum("verify_reads", pulses)
    else:
        wanted = np.rint((targets - layer.weights) / layer.devices.granularity).clip(
            -most_pulses, most_pulses
        )
        signed = np.where(selected, wanted, 0).astype(np.int32)
        layer.devices.pulse(signed, seed=seed, step=step, tile=layer.tile, writes=layer.writes)
        devices = int(np.count_nonzero(signed))
        pulses = int(np.abs(signed).sum())
    done.add("array", "write", pulses)
    done.sum("devices_written", devices)
    done.sum("write_pulses", pulses)
