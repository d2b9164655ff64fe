"""Every update scheme that archsim lists passes the same battery, a user's own as well: what it
needs, a scheme declares in its class.
"""

from itertools import product

import pytest

from archsim.conformance import CHECKS, cases_of
from archsim.conformance.checks import learns_the_digits


def asked(case, check):
    """A pair with its name; the longest check of further variants is a study."""
    marks = [pytest.mark.study] if case.variant and check is learns_the_digits else []
    return pytest.param(case, check, id=f"{case.title}-{check.__name__}", marks=marks)


@pytest.mark.parametrize("case, check", [asked(*pair) for pair in product(cases_of(), CHECKS)])
def test_scheme(case, check):
    check(case)
