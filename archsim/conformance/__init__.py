"""The conformance battery: what every update scheme has to pass, those of archsim and a user's own.

A scheme declares what the battery needs in its class: `practice` (settings with which it learns the
digits), `trial` (settings with which one small mini-batch clearly moves weights) and `variants`
(further settings to try). `python -m archsim.conformance NAME|FILE.py` runs it; in pytest,
`check(case)` for every check of CHECKS and every case of `cases_of([name])`. Begin with
`checks.py`.
"""

from archsim.conformance.cases import Case, cases_of
from archsim.conformance.checks import CHECKS
from archsim.conformance.trials import NotConforming

__all__ = ["CHECKS", "Case", "NotConforming", "cases_of"]
