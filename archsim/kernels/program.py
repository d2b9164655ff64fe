"""Incremental step pulses with verify (Wu et al. 2023, arXiv 2305.14547, Sec. 2.2), as the
statistics of its result.

A SET-RESET cycle leaves a device at its target plus a normal error. Where a read of it (noise,
levels and bound of `device_read`) finds it inside the verify window it is done, otherwise it gets
another cycle, up to a maximum; a device that is still outside is left as it is.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import kernel
from archsim.kernels.device_read import look
from archsim.kernels.random import WRITE, normal, row_key, stream_key

U = np.uint64
ZERO = np.float32(0.0)
LOWER, UPPER = 2, 3


@kernel
def program(cells, targets, selected, verify, draws, tally):
    """Program both devices of every selected pair: max(target, 0) and max(-target, 0).

    Records are those of `kernels.records`; counts += devices, cycles, devices left outside.
    """
    weights = cells.weights
    state = cells.state
    planes = cells.planes
    totals = tally.counts
    writes = tally.writes
    key = stream_key(draws.seed, draws.step, draws.tile, WRITE)
    for i in range(weights.shape[0]):
        device_key = row_key(key, U(i))
        own = min(i, planes.shape[0] - 1)
        for j in range(weights.shape[1]):
            if not selected[i, j]:
                continue
            for part in range(2):
                wanted = max(targets[i, j] if part == 0 else -targets[i, j], ZERO)
                lower, upper = planes[own, part, LOWER, j], planes[own, part, UPPER, j]
                wanted = min(max(wanted, lower), upper)
                reached = ZERO
                used = 0
                outside = True
                while outside and used < verify.cycles:
                    xi = normal(row_key(device_key, U(2 * used + part)), U(j))
                    reached = min(max(wanted + verify.error * xi, lower), upper)
                    used += 1
                    # Behind the rows of all cycles, so that no read shares a number with a write.
                    sight = row_key(device_key, U(2 * (verify.cycles + used) + part))
                    seen = look(reached, verify.read, sight, j)
                    outside = abs(seen - wanted) > verify.window
                # Whether inside or given up: what the last cycle left is what there is.
                state[i, part, j] = reached
                totals[0] += 1
                totals[1] += used
                totals[2] += outside
                if writes.shape[0] > 0:
                    writes[i, j] += np.int32(used)
            weights[i, j] = state[i, 0, j] - state[i, 1, j]
