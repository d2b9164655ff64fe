"""One machine code of the cycles for all tests of networks with layer kernels: with every one of them,
where a training makes that of its network's own.
"""

import pytest

from archsim.operators.compiled import LAYER_KERNELS
from archsim.training import evaluation, machine_state
from archsim.training.cycles import present_of


def _with_all(kernels, loss="cross_entropy"):
    return present_of(tuple(range(len(LAYER_KERNELS))) if kernels else (), loss)


@pytest.fixture(autouse=True)
def shared_layer_kernels(monkeypatch):
    monkeypatch.setattr(machine_state, "present_of", _with_all)
    monkeypatch.setattr(evaluation, "present_of", _with_all)
