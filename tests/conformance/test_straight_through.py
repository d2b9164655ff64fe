"""Do errors pass through what rounds as if it did not, and are its values those of the formats?

Whatever rounds is found by itself; finite differences of a staircase say nothing, so PyTorch stands
beside it.
"""

import numpy as np
import pytest

from archsim.operators.free.short_float import ShortFloat
from archsim.operators.straight_through import brain, half
from archsim.operators.vocabulary import FUNCTIONS
from tests.conformance.operators_known import F
from tests.conformance.test_layer_kernels import Run
from tests.conformance.test_operator_kernels import kernel_rows, plain_backward

ROUNDING = {name for name, item in FUNCTIONS.items() if item.straight_through}


def test_all_that_rounds_is_asked_here():
    assert {"quantize", "short_float"} == ROUNDING


@pytest.mark.parametrize(("format", "kernel"), [("float16", half), ("bfloat16", brain)])
def test_short_floats_are_those_of_the_format(format, kernel):
    random = np.random.default_rng(1)
    words = random.integers(0, 2**32, 20_000, np.uint64).astype(np.uint32).view(F)
    near = (random.normal(size=20_000) * 10.0 ** random.integers(-9, 6, 20_000)).astype(F)
    # Half way between two of them, at the ends, and below the normal numbers.
    some = np.arange(1.0, 1.1, 2**-11, F)
    ends = F([0, 65504, 65519, 65520, 1e30, 2**-14, 2**-24, 2**-25, 3 * 2**-26, 6.1e-5])
    values = np.concatenate([words[np.isfinite(words)], near, some, ends, -ends])
    expected = ShortFloat().of(values, format)
    with np.errstate(over="ignore"):  # above the largest it is infinite
        made = np.array([kernel(value) for value in values], F)
    assert (made.view(np.uint32) == expected.view(np.uint32)).all()
    assert np.isnan(kernel(F(np.nan)))


@pytest.mark.parametrize("format", ["float16", "bfloat16"])
def test_errors_pass_a_short_float_as_they_are(format):
    _, (row,) = kernel_rows("short_float", (("format", format),))
    errors = np.arange(4, dtype=F)
    below = np.ones(4, F)
    numbers = np.zeros(0, np.int64)
    plain_backward(row.kernel)(errors, errors, numbers, errors, below, numbers)
    assert (below == errors + 1).all()


@pytest.mark.parametrize("form", ["quantised", "quantised by one"])
def test_errors_of_a_quantisation_are_those_of_pytorch(form):
    torch = pytest.importorskip("torch", reason="needs the extra 'torch'")
    run = Run(form)
    layer = run.layer
    count = len(run.words) // 2
    run.words[:count] = np.random.default_rng(2).uniform(0.3, 0.9, count)
    run.words[count:] = np.arange(count) % 2
    low, high = layer.setting("low", 0), layer.setting("high", 255)
    x = torch.tensor(run.inputs[0].reshape(layer.output_shape), requires_grad=True)
    scale = torch.tensor(run.words[:count])
    zero = torch.tensor(run.words[count:]).int()
    if count > 1:
        made = torch.fake_quantize_per_channel_affine(x, scale, zero, 1, low, high)
    else:
        made = torch.fake_quantize_per_tensor_affine(x, float(scale), int(zero), low, high)
    errors = np.random.default_rng(3).normal(size=layer.output_elements).astype(F)
    made.backward(torch.tensor(errors.reshape(made.shape)))
    # There back to values, which takes the error times the scale.
    spread = np.broadcast_to(run.words[:count], layer.output_shape).reshape(-1)
    (below,), _ = run.back(errors * spread)
    given = x.grad.numpy().reshape(-1)
    assert 0 < np.count_nonzero(given) < len(given)  # some are clipped
    np.testing.assert_allclose(below, given, rtol=1e-6, atol=0)
