"""Published figures beside what the model gives, and stored folders held against themselves."""

from archsim.validation.checks import run_checks

validate = run_checks
"""The public name: `archsim.validate()`."""

__all__ = ["run_checks", "validate"]
