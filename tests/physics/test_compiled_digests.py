"""Is the digest of compiled code that of its content, and a record written in place?"""

import sys
from typing import NamedTuple

import numpy as np

from archsim.kernels.compiled import borrowed, device_law, kernel, template

RATE = 2.0


def digest_of(function, **names):
    return template(function, **names)._cache.owner.settle()[1]


def test_the_digest_is_that_of_content():
    def plain(x):
        return x * RATE

    def told(x):
        """The same with a docstring."""
        return x * RATE

    def other(x):
        return x + RATE

    def closed(value):
        def function(x):
            return x * value

        return function

    def with_default(x, y=1.0):
        return x * y

    def with_another(x, y=2.0):
        return x * y

    assert digest_of(plain) == digest_of(told) != ""
    digests = [
        digest_of(function)
        for function in (
            plain,
            other,
            closed(1.0),
            closed(2.0),
            closed(2),
            closed(True),
            with_default,
            with_another,
        )
    ]
    digests += [
        digest_of(plain, RATE=rate)
        for rate in (3.0, 3, (3.0, 1), device_law(other), kernel(other), kernel(plain))
    ]
    # a law's function is compiled as a kernel: the same
    digests.remove(digest_of(plain, RATE=kernel(other)))
    assert len(set(digests)) == len(digests) and "" not in digests
    # cannot be told: not kept on disk
    assert digest_of(plain, RATE=object()) == "" == digest_of(plain, RATE=lambda x: x)


class Pair(NamedTuple):
    first: np.ndarray
    inner: tuple


@kernel
def _write_through(pair, row):
    borrowed_pair = borrowed(pair)
    first = borrowed_pair.first
    inner = borrowed_pair.inner
    for i in range(first.shape[0]):
        line = first[i]
        line[:] = row + np.float32(i)
        inner[0][i] += np.float32(1.0)
    return first.sum()


def test_a_borrowed_record_is_written_in_place_and_stays_its_callers():
    pair = Pair(np.zeros((3, 2), np.float32), (np.zeros(3, np.float32),))
    before = [sys.getrefcount(values) for values in (pair.first, pair.inner[0])]
    for _ in range(100):
        total = _write_through(pair, np.full(2, 5.0, np.float32))
    assert total == 36
    np.testing.assert_array_equal(pair.first, [[5, 5], [6, 6], [7, 7]])
    np.testing.assert_array_equal(pair.inner[0], [100, 100, 100])
    assert [sys.getrefcount(values) for values in (pair.first, pair.inner[0])] == before
