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


NETWORKS = {
    "plain": "digits_cnn",
    "norm": str(ROOT / "tests" / "networks" / "digits_norm.toml"),
    "attention": str(ROOT / "tests" / "networks" / "digits_attention.toml"),
}


def digest(scheme, device, chip=None, network="plain"):
    """Weights, activity, error and silicon of a short training, or, with the scheme "infer", what
    two drawn chips answer; for what is refused, the message.
    """
    from hwlib.errors import InputError

    run = [trained, scheme] if scheme != "infer" else [answered]
    try:
        parts = list(run[0](NETWORKS[network], chip, device, *run[1:]))
    except InputError as error:
        return f"refused: {error.message}"
    state = hashlib.sha256()
    for part in parts:
        state.update(part if isinstance(part, bytes) else repr(part).encode())
    return state.hexdigest()


def answered(network, chip, device):
    import archsim

    weights = archsim.train(
        network, data="digits", scheme="sgd", device="exact", epochs=1, images=32, batch=4, seed=5
    )
    result = archsim.infer(
        network, chip, "digits", weights=weights, device=device, seeds=3, images=60
    )
    yield result.document["inference"]
    yield from (result.ledger, result.energy_j, result.area_mm2, result.cycles)


def trained(network, chip, device, scheme):
    import archsim
    from archsim.schemes import load_scheme

    training = archsim.train(
        network,
        chip,
        data="digits",
        scheme=load_scheme(scheme),
        device=device,
        epochs=1,
        images=16,
        batch=8,
        seed=5,
    )
    for layer, weights in training.trained.weights.items():
        yield layer.encode() + weights.tobytes()
    result = training.result
    yield [
        {name: value for name, value in epoch.items() if "second" not in name}
        for epoch in training.epochs
    ]
    yield training.activities
    yield from (result.ledger, result.energy_j, result.area_mm2, result.cycles)
    yield training.writes_per_device


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
