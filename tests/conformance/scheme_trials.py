"""Schemes by name for tests beside the battery: settings, digits, short trainings."""

from dataclasses import replace

import archsim.conformance.cases
from archsim.conformance.cases import cases_of, digits, trained_machine
from archsim.training.settings import TrainingSettings

__all__ = ["digits", "fitting_chip", "machine_of", "settings"]


def settings(name, values=(), **more):
    """Training settings of a scheme; `values` are those that the scheme declares."""
    return TrainingSettings.model_validate({"rule": name, **dict(values), **more})


def fitting_chip(name):
    """The battery's chip for a scheme."""
    return archsim.conformance.cases.fitting_chip(cases_of([name])[0])


def machine_of(name, images, **more):
    """A machine that was trained on the first digits with what the scheme suggests, and `more`
    training settings.
    """
    case = cases_of([name])[0]
    return trained_machine(replace(case, practice={**case.practice, **more}), images)
