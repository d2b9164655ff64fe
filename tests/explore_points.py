"""Points for tests of the sweep engine: a tiny space, and an evaluation that goes wrong where it is
told to.

Workers import this file by its name, so it stands beside the tests and not inside one.
"""

import os
import signal
import time

SPACE = {
    "schema": 1,
    "name": "tiny",
    "network": "lenet1",
    "architecture": "cim40",
    "settings": {"read.transposed": False},
    "axes": {
        "tile.rows": [64, 128],
        "read.adc_bits": {"from": 4, "to": 9},
        "node_nm": [28, 40, 65],
    },
    "objectives": {"area_mm2": "minimise", "energy_per_image_j": "minimise"},
}
LADDER = SPACE | {"rungs": [{"kind": "price"}, {"kind": "timing", "points": 8}]}


def faulty(design, metrics, options):
    """Area = bits; of one chip, with 5 bits the worker is killed, with 7 it hangs, with 8 it
    raises, with 9 it runs out of memory.

    `only` in the options leaves one of these in; `once` is a file that makes a fault happen only
    the first time.
    """
    bits = design["read.adc_bits"]
    chosen = (design["tile.rows"], design["node_nm"]) == (64, 40) and bits == options.get(
        "only", bits
    )
    if chosen and _first(options.get("once"), bits):
        if bits == 5:
            os.kill(os.getpid(), signal.SIGKILL)
        if bits == 7:
            time.sleep(60)
        if bits == 8:
            raise RuntimeError("no such luck")
        if bits == 9:
            raise MemoryError
    return [float(bits)] * len(metrics), {}


def stuck(design, metrics, options):
    """Ignores the alarm, as compiled code does, where the tile has 64 rows and 5 bits."""
    if (design["tile.rows"], design["read.adc_bits"], design["node_nm"]) == (64, 5, 40):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
        time.sleep(60)
    return [1.0] * len(metrics), {}


def unstorable(design, metrics, options):
    """Keeps something that no JSON holds where the tile has 64 rows, 4 bits and 28 nm."""
    return [1.0] * len(metrics), {"run": {1, 2}} if (
        design["tile.rows"],
        design["read.adc_bits"],
        design["node_nm"],
    ) == (64, 4, 28) else {}


def _first(path, bits):
    if path is None:
        return True
    try:
        os.close(os.open(f"{path}-{bits}", os.O_CREAT | os.O_EXCL))
        return True
    except FileExistsError:
        return False
