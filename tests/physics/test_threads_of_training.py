"""Does a training on several threads leave the bits of one on one thread?"""

import numpy as np
import pytest

from archsim.training.machine import Machine
from archsim.training.parallel import can_share_arrays, can_share_images
from archsim.training.settings import read_settings
from workloads.load import load_network

IMAGES = 21  # in mini-batches of 8: the last one has five, fewer than threads of a larger machine
BASE = {"batch": 8, "learning_rate": 0.05, "read": {"bound_management": "forward"}}
CASES = {
    "pulses": {},
    "several devices a weight": {"devices_per_weight": {"conv1": 3}},
    "deterministic trains": {"update": {"deterministic": True}},
    "floating point": {"rule": "float"},
    "a scheme": {"rule": "sgd", "device": "none"},
    "stored words": {"digital": {"format": "int16"}},
    "one block of generators": {"update": {"source": "lfsr", "sharing": "chip"}},
}


def trained(changes, threads):
    settings = read_settings(BASE | changes | {"threads": threads}, "here")
    machine = Machine(load_network("digits_cnn"), settings)
    draw = np.random.default_rng(5)
    images = draw.random((40, 64), np.float32)
    labels = draw.integers(0, 10, (40, 1))
    machine.train(images, labels, draw.permutation(40)[:IMAGES], 3)
    return machine


def state_of(machine):
    arrays = machine.arrays
    state = {
        "weights": arrays.weights,
        "writes": arrays.writes,
        "clocks": arrays.clocks,
        "totals": machine.totals,
        "samples": machine.samples,
        "counts": machine.counts,
        "results": machine.results,
        "scales": machine.stored.scales,
    }
    return {name: values.tobytes() for name, values in state.items()}


@pytest.mark.parametrize("case", CASES)
def test_any_number_of_threads_trains_to_the_same_bits(case):
    one = trained(CASES[case], 1)
    assert one.threads is None
    assert one.results[2] == IMAGES and one.samples.any()
    for threads in (2, 5):
        several = trained(CASES[case], threads)
        assert several.threads.number == threads
        for name, values in state_of(several).items():
            assert values == state_of(one)[name], (threads, name)


def test_what_follows_image_by_image_is_not_shared():
    assert not can_share_images(trained(CASES["stored words"], 1))
    assert not can_share_arrays(trained(CASES["one block of generators"], 1))
    alone = trained(CASES["pulses"], 1)
    assert can_share_images(alone) and can_share_arrays(alone)
