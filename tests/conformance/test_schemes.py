"""Every update scheme that archsim lists passes the same battery, a user's own as well: what it needs, a scheme declares in its class."""

from dataclasses import replace

import pytest

from archsim.conformance import CHECKS, cases_of, counts_the_actions_it_performed


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("case", cases_of(), ids=lambda case: case.title)
def test_scheme(case, check):
    check(case)


@pytest.mark.parametrize("parts", ["separate", "difference"])
def test_counted_actions_of_one_and_of_two_parts_of_an_error(parts):
    case = cases_of(["dsc"])[0]
    counts_the_actions_it_performed(replace(case, practice={**case.practice, "scheme_settings": {"error_parts": parts}}))
