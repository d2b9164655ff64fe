"""Does a training give the same bits whatever ran before it in its process, and whatever the cache
of machine code holds?
"""

import random

import pytest

from archsim.devices.presets import load_presets
from archsim.schemes import list_schemes
from tests.order_of_work import in_a_fresh_process

# Laws whose machine code has the same types, so that only its name tells it apart; and trainings
# without any.
LAWS = [("rpu", "gokmen2016"), ("rpu", "cbram"), ("rpu", "bulk_rram_2bit")]
# What a training of the rule is on; half of the pairs are of chips of cores, a third of networks
# with normalisation or attention.
CHIPS = [None, "cores40", "cores40", "cim40"]
NETWORKS = ["plain", "plain", "norm", "attention"]
OTHERS = [("hic", None), ("mixed_precision", None), ("sgd", None), ("essop", None)]


def test_a_few_trainings_do_not_change_each_other():
    """Each law is the first in one process and comes after the other in the next."""
    dice = random.Random(11)
    first, last = dice.sample(LAWS, 2)
    items = [first, dice.choice(OTHERS), last]
    forth = in_a_fresh_process(items, seed=1)
    assert len(set(forth)) == len(items) and not any(line.startswith("refused") for line in forth)
    assert in_a_fresh_process(items[::-1], seed=2) == forth[::-1]


def any_pairs(dice, number):
    """Pairs of trainings, and of inferences: any scheme on any device, refused ones too."""
    devices = [None, *load_presets()]
    schemes = [*list_schemes(), "infer", "infer", "infer"]

    def one():
        scheme = dice.choice(schemes)
        device = dice.choice(devices)
        return scheme, device, dice.choice(CHIPS), dice.choice(NETWORKS)

    return [[one(), one()] for _ in range(number)]


@pytest.mark.study
def test_random_pairs_with_a_cache_that_others_filled(tmp_path, pytestconfig):
    """`pytest -m study --seed N`: other pairs for other seeds. Half of them find a cache that one
    process filled for each training.
    """
    dice = random.Random(pytestconfig.getoption("--seed"))
    known = {}
    faults = []
    for number, pair in enumerate(any_pairs(dice, 8)):
        for item in pair:
            if item not in known:
                known[item] = in_a_fresh_process([item], tmp_path / "by others", dice.random())[0]
        cache = tmp_path / ("by others" if number % 2 else "by itself")
        for order in (pair, pair[::-1]):
            if in_a_fresh_process(order, cache, dice.random()) != [known[item] for item in order]:
                faults.append((order, cache.name))
    assert faults == []
