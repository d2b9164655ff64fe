"""Trainings named on the command line, one after the other in this process: a line each with a
digest of all that they gave.
"""

import contextlib
import hashlib
import json
import os
import random
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def digest(scheme, device):
    """Weights, activity, error and silicon of a short training; for what is refused, the message."""
    import archsim
    from archsim.schemes import load_scheme
    from hwlib.errors import InputError

    try:
        training = archsim.train(
            "digits_cnn",
            data="digits",
            scheme=load_scheme(scheme),
            device=device,
            epochs=1,
            images=16,
            batch=8,
            seed=5,
        )
    except InputError as error:
        return f"refused: {error.message}"
    state = hashlib.sha256()
    for layer, weights in training.trained.weights.items():
        state.update(layer.encode() + weights.tobytes())
    result = training.result
    history = [
        {name: value for name, value in epoch.items() if "second" not in name}
        for epoch in training.epochs
    ]
    for part in (
        history,
        training.activities,
        result.ledger,
        result.energy_j,
        result.area_mm2,
        result.cycles,
        training.writes_per_device,
    ):
        state.update(repr(part).encode())
    return state.hexdigest()


def in_a_fresh_process(items, cache=None, seed=0):
    """The digests of `items`, trained one after the other in one process whose memory, hashes and
    threads differ with `seed`.
    """
    dice = random.Random(seed)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONHASHSEED": str(dice.randrange(1, 1000)),
        "MALLOC_PERTURB_": str(dice.randrange(1, 255)),
        "OPENBLAS_NUM_THREADS": str(dice.randrange(1, 4)),
    }
    if cache is not None:
        environment["NUMBA_CACHE_DIR"] = str(cache)
    done = subprocess.run(
        [sys.executable, __file__, json.dumps(items)],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


if __name__ == "__main__":
    for item in json.loads(sys.argv[1]):
        with contextlib.redirect_stdout(sys.stderr):
            line = digest(*item)
        print(line, flush=True)
