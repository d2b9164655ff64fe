"""Does a training step take the cycles, and count the actions, that a person works out for it?
Every rule, operator and phase.
"""

import pytest
from golden.chip import Chip
from golden.comparison import check_step
from golden.joins import JOINS
from golden.networks import NETWORKS
from golden.schemes import hic, lns_madam, mixed_precision, sgd
from golden.schemes_low_rank import low_rank
from golden.schemes_pulsed import rpu, tiki_taka, zero_shift
from golden.schemes_streams import cbram_sc, dsc, essop

from tests.members import every

RULES = {
    "sgd": sgd("sgd"),
    "momentum": sgd("momentum"),
    "adam": sgd("adam"),
    "sgd from a copy": sgd("sgd", backward_in="vector_unit"),
    "mixed precision": mixed_precision(),
    "mixed precision, array": mixed_precision("momentum", "array"),
    "mixed precision, pulses": mixed_precision("sgd", "array", "pulses"),
    "lns_madam": lns_madam(),
    "hic": hic(),
    "rpu": rpu(),
    "rpu, unmanaged": rpu(False),
    "zero_shift": zero_shift(),
    "tiki-taka v1": tiki_taka("v1"),
    "tiki-taka v2": tiki_taka("v2", transfer_every=1),
    "chopped": tiki_taka("chopped"),
    "chopped, own converters": tiki_taka("chopped", "own"),
    "agad": tiki_taka("agad"),
    "sbpca": low_rank("sbpca", 2),
    "sbpca, one shot": low_rank("sbpca", encoding="amplitude"),
    "sbpca, sum": low_rank("sbpca", mode="rank_sum"),
    "sbpca, elements": low_rank("sbpca", 2, mode="element"),
    "svd": low_rank("sbpca", estimator="svd"),
    "sbe": low_rank("sbe"),
    "lrt": low_rank("lrt", mode="rank_sum"),
    "lrt, 2": low_rank("lrt", 2),
    "essop": essop(),
    "essop, adam": essop("adam", "sobol"),
    "dsc": dsc(),
    "dsc, difference": dsc("difference"),
    "cbram": cbram_sc(),
    "cbram, momentum": cbram_sc("momentum"),
    "cbram, adam": cbram_sc("adam"),
    "streams, adam": cbram_sc("adam", "lfsr"),
    "streams, momentum": cbram_sc("momentum", "sobol", "single"),
    "streams, elements": cbram_sc("momentum", "lfsr", "element"),
}


# Rules whose operations on a large layer go in chunks
CHUNKED = (
    "sgd",
    "sgd from a copy",
    "adam",
    "hic",
    "svd",
    "sbpca, sum",
    "essop",
    "dsc",
    "cbram, adam",
    "tiki-taka v2",
)
CASES = [
    (rule, network)
    for rule in RULES
    for network in NETWORKS
    if network != "large" or rule in CHUNKED
]


@every("rule, network", CASES)
def test_a_training_step(rule, network):
    check_step(*NETWORKS[network], RULES[rule], Chip())


@pytest.mark.parametrize("rule", ["sgd", "rpu", "dsc"])
def test_digital_layers_between(rule):
    check_step(*JOINS, RULES[rule], Chip())
