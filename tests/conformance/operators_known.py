"""The operators of the tree, and which of them train."""

import numpy as np

from archsim.operators.vocabulary import FUNCTIONS
from archsim.training.trainable import untrainable
from tests.operator_layers import trained_chain_of

F = np.float32
# of the vocabulary of files, and functions that are only counted as another operator
TRAINED = [
    name
    for name in FUNCTIONS
    if FUNCTIONS[name].kernels and not untrainable(trained_chain_of(name))
]
# train in a form that a chain of the operator alone has not: behind the tokens that go in, with a scale
BY_FORM = ("embedding", "one_hot", "quantize", "dequantize")
ELEMENTWISE = [name for name, item in FUNCTIONS.items() if item.elementwise]


def values_of(shape, seed=1):
    """Random numbers, none of them near the kinks at zero."""
    numbers = np.random.default_rng(seed).uniform(0.2, 2.0, shape)
    return (numbers * np.random.default_rng(seed + 1).choice((-1, 1), shape)).astype(F)
