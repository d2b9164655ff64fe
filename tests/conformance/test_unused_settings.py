"""Does a setting that a variant of a scheme does not use change a bit of anything: weights,
activity, counts, trace, parts?
"""

import typing
from dataclasses import replace

import numpy as np
import pytest

import archsim
from archsim.conformance.cases import Case, cases_of, digits, fitting_chip
from archsim.schemes import load_scheme
from archsim.trace import build_trace
from archsim.training.machine import Machine
from archsim.training.recorder import device_writes, measured_activities, performed
from workloads import load_network

IMAGES = 16


def choices(field, value):
    """Other values of a setting, far from `value`, within its range."""
    if typing.get_origin(field.annotation) is typing.Literal:
        return [other for other in typing.get_args(field.annotation) if other != value]
    if field.annotation is bool:
        return [not value]
    bounds = {
        word: getattr(limit, word)
        for limit in field.metadata
        for word in ("ge", "gt", "le", "lt")
        if hasattr(limit, word)
    }
    low = bounds.get("ge", bounds.get("gt"))
    high = bounds.get("le", bounds.get("lt"))
    tried = (
        [value + 1, value - 1, 2 * value]
        if field.annotation is int
        else [value / 4, (value + high) / 2]
    )
    return [other for other in tried if low < other < high and other != value][:1]


def variants(case):
    """The case, and the case with each of its words and switches in every other position."""
    base = load_scheme(case.name, case.practice.get("scheme_settings"))
    listed = [base]
    for name, field in type(base).model_fields.items():
        if typing.get_origin(field.annotation) is typing.Literal or field.annotation is bool:
            listed += [
                type(base)(**base.model_dump() | {name: value})
                for value in choices(field, getattr(base, name))
            ]
    return list(dict.fromkeys(listed))


def outcome(case, scheme):
    """All that a scheme decides, by name."""
    practice = {
        name: value
        for name, value in case.practice.items()
        if name not in ("epochs", "scheme_settings")
    }
    tried = Case(case.name, case.variant, practice | {"scheme_settings": scheme.model_dump()})
    machine = Machine(load_network("digits_cnn"), tried.settings())
    data = digits()
    flat = np.ascontiguousarray(data.train_images[:IMAGES].reshape(IMAGES, -1), np.float32)
    machine.train(
        flat,
        np.asarray(data.train_labels[:IMAGES], np.int64).reshape(IMAGES, -1),
        np.arange(IMAGES),
        0,
    )
    # which names the settings that it was made with
    trace = build_trace(load_network("digits_cnn"), scheme, "training", 4)
    state = {} if machine.rule is None else machine.rule.state()
    return {
        "trace": repr(replace(trace, scheme_settings={})),
        "parts": repr(scheme.parts(fitting_chip(tried))),
        "suggested": repr(scheme.suggested),
        "weights": machine.arrays.weights.tobytes(),
        "state": {name: values.tobytes() for name, values in state.items()},
        "activity": repr(measured_activities(machine)),
        "counts": repr(performed(machine)),
        "writes": repr(device_writes(machine)),
    }


def changed(case, scheme, names):
    """What moves where the settings `names` are set to other values."""
    fields = type(scheme).model_fields
    others = {name: choices(fields[name], getattr(scheme, name))[0] for name in names}
    first = outcome(case, scheme)
    second = outcome(case, type(scheme)(**scheme.model_dump() | others))
    return [what for what in first if first[what] != second[what]]


@pytest.mark.parametrize("case", cases_of(), ids=lambda case: case.title)
def test_a_setting_that_is_not_used_changes_no_bit(case):
    for scheme in variants(case):
        assert scheme.unused <= set(type(scheme).model_fields)
        if scheme.unused and changed(case, scheme, scheme.unused):
            pytest.fail(
                f"{scheme!r}: "
                + "; ".join(
                    f"{name} moves {moved}"
                    for name in sorted(scheme.unused)
                    if (moved := changed(case, scheme, [name]))
                )
            )


@pytest.mark.parametrize(
    "settings", [{"epsilon": 2.5e-9}, {"momentum": 0.5, "beta1": 0.1, "beta2": 0.2}]
)
def test_plain_sgd_prints_the_same_numbers(settings):
    plain, other = (
        archsim.train(
            "digits_cnn",
            "cim40",
            data="digits",
            scheme=load_scheme("sgd", changes),
            epochs=1,
            images=32,
            seed=3,
        )
        for changes in ({}, settings)
    )
    assert all(
        np.array_equal(weights, other.trained.weights[layer])
        for layer, weights in plain.trained.weights.items()
    )
    assert (
        other.result.document["unused"] == [f"scheme.{name}" for name in sorted(settings)]
        and plain.result.document["unused"] == []
    )
    assert all(any(f"scheme.{name}" in note for note in other.result.notes) for name in settings)
    assert plain.activities == other.activities and plain.result.ledger == other.result.ledger
    assert (
        plain.result.energy_j,
        plain.result.area_mm2,
        plain.result.cycles,
        plain.accuracy_percent,
    ) == (other.result.energy_j, other.result.area_mm2, other.result.cycles, other.accuracy_percent)


def test_the_optimisers_see_the_inputs_that_plain_sgd_sees():
    """The first images of two digital trainings are the same: so is their measured activity,
    whichever code computes them.
    """
    plain, momentum = (
        archsim.train(
            "digits_cnn",
            "cim40",
            data="digits",
            scheme=load_scheme("sgd", changes),
            epochs=1,
            images=8,
            batch=8,
            seed=3,
        )
        for changes in ({}, {"optimiser": "momentum"})
    )
    for key, activity in plain.activities.items():
        if key[1] != "update":
            assert momentum.activities[key] == activity and activity.input_density > 0
