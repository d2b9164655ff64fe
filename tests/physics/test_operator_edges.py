"""Does the training kernel of an operator give what its exact forward gives where numbers end: at zero,
below it, far out, and for what is no number?
"""

import numpy as np

from archsim.operators.vocabulary import FUNCTIONS
from tests.members import every

EDGES = np.array([0.0, -0.0, 1.0, -1.0, 1e-6, -1e-6, 20.0, -20.0, 80.0, -80.0, np.nan], np.float32)
PLAIN = [
    name
    for name, item in FUNCTIONS.items()
    if getattr(item, "of", None) and len(item.kernels) == 1 and not getattr(item.kernels[0], "settings", True)
    and item.kernels[0].elementwise and not item.fields
]  # fmt: skip


@every("name", PLAIN)
def test_a_kernel_has_the_edges_of_its_operator(name):
    item = FUNCTIONS[name]
    with np.errstate(all="ignore"):
        exact = np.asarray(item.of(EDGES), np.float32)
        trained = np.array([item.kernels[0].forward(x) for x in EDGES], np.float32)
    known = ~np.isnan(EDGES)
    np.testing.assert_array_equal(np.isnan(trained), np.isnan(exact))
    finite = np.isfinite(exact) & known
    np.testing.assert_array_equal(
        trained[~np.isfinite(exact) & known], exact[~np.isfinite(exact) & known]
    )
    assert (np.abs(trained - exact)[finite] <= 1e-6 + 1e-5 * np.abs(exact)[finite]).all()


def test_many_are_asked():
    assert len(PLAIN) >= 20 and "logarithm" in PLAIN
