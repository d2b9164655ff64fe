"""The backward cycle from the digital copy of the weights: what the arrays hold or read does not
reach the errors below.
"""

import numpy as np
import pytest

from archsim.training.machine import Machine
from archsim.training.recorder import recorder_totals
from archsim.training.settings import TrainingSettings
from archsim.training.table import ERRORS, ROWS
from workloads.network import Layer, Network

NETWORK = Network(
    "two layers",
    (
        Layer("input", "input", (), (), (6,)),
        Layer("below", "linear", ("input",), ((6,),), (8,), bias=True),
        Layer("above", "linear", ("below",), ((8,),), (5,), bias=True),
        Layer("softmax", "softmax", ("above",), ((5,),), (5,)),
    ),
)


@pytest.mark.parametrize("scheme", ["mixed_precision", "sgd", "cbram_sc"])
@pytest.mark.parametrize("where", ["vector_unit", "array"])
def test_errors_come_from_the_copy_or_from_the_arrays(scheme, where):
    machine = Machine(
        NETWORK, TrainingSettings(rule=scheme, scheme_settings={"backward_in": where}, batch=2)
    )
    above = machine.rule.layers[1]
    # not what the array holds
    copy = np.random.default_rng(1).uniform(-1, 1, above.weights.shape).astype(np.float32)
    machine.rule.copies[1][...] = copy
    held = above.weights.copy()
    machine.train(np.full((2, 6), 0.5, np.float32), np.array([[1], [3]]), np.arange(2), 0)
    for memory in machine.memory:
        errors = [
            memory[int(row[ERRORS]) : int(row[ERRORS] + row[ROWS])]
            for row in machine.program.arrays
        ]
        exact = copy_then(copy, errors[1])
        read = copy_then(held, errors[1])
        if where == "vector_unit":
            np.testing.assert_allclose(errors[0], exact, rtol=1e-5, atol=1e-6)
        else:
            # read noise 0.06
            assert (
                np.abs(errors[0] - exact).max() > 0.1 and 0 < np.abs(errors[0] - read).max() < 0.3
            )
    reads = {name: row["backward_reads"] for name, row in recorder_totals(machine).items()}
    assert reads == {"below": 0, "above": 0 if where == "vector_unit" else 2}


def copy_then(weights, errors):
    return weights[:, :-1].T.astype(float) @ errors.astype(float)


def test_wu_2023_back_propagates_with_its_copy_by_default():
    machine = Machine(NETWORK, TrainingSettings(rule="mixed_precision"))
    assert machine.copies is machine.rule.copies and np.array_equal(machine.backward, machine.ideal)
