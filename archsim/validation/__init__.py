"""Published figures beside what the model gives, and stored folders held against themselves.

In: what papers state (the TOML files, one a design) and the designs as chips of ours; a folder that
a command wrote. Out: a check a figure, with its relative difference and whether the model was
fitted to it (`checks.py`); findings on a folder (`stored_results.py`). Begin with `checks.py`, then
`wu2023.py`.
"""

from archsim.validation.checks import run_checks

validate = run_checks
"""The public name: `archsim.validate()`."""

__all__ = ["run_checks", "validate"]
