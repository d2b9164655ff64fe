"""Every update scheme that archsim lists passes the same battery, a user's own as well: what it
needs, a scheme declares in its class.
"""

import pytest

from archsim.conformance import CHECKS, cases_of


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("case", cases_of(), ids=lambda case: case.title)
def test_scheme(case, check):
    check(case)
