"""Published figures beside what the model gives."""

from archsim.validation.checks import run_checks

__all__ = ["run_checks"]
