"""Does every setting of every update rule move what it declares, and nothing else?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import pytest

from archsim.conformance.cases import Case, cases_of
from archsim.schemes import list_schemes, load_scheme
from archsim.schemes.base import Scheme
from hwlib.errors import InputError
from tests.coupling.fields import Field, fields_of, other_values
from tests.coupling.machines import Machine, Outcome, run
from tests.coupling.sightings import Try, complaints, sightings
from tests.members import every

CHIP = {"read.transposed": True}
PIPELINED = {"execution.mode": "pipelined"}
# Words of training state that the chip has no room for are area here, and traffic elsewhere.
FITTING = {"buffer.fit": True, "buffer.capacity_kib": 0.0625}
EXACT = {"device": "exact"}
FORGETS = {"retention_s": 1e-2}
FIELDS = {
    (name, field.path): field
    for name in list_schemes()
    for field in fields_of(type(load_scheme(name)))
}


def home(name: str, field: str) -> type:
    """The class that declares a setting of a rule: rules that inherit it share the declaration."""
    kinds = type(load_scheme(name)).__mro__
    return next(kind for kind in kinds if field in vars(kind).get("__annotations__", {}))


@cache
def first_of(kind: type, field: str) -> str:
    """The rule that stands for all that share a declaration: one that reads it, the class that
    declares it where that is a rule.
    """
    sharing = [rule for rule, other in FIELDS if other == field and home(rule, other) is kind]
    sharing.sort(key=lambda rule: type(load_scheme(rule)) is not kind)
    readers = [rule for rule in sharing if reads(rule, field)]
    return (readers or sharing)[0]


def reads(name: str, field: str) -> bool:
    """Whether a rule says of any of its variants that it reads a setting."""
    own = [trial(case)[1] for case in cases_of([name])]
    return any(True for settings in own for _ in with_words(name, settings, field))


def is_first(name: str, field: str) -> bool:
    """Whether a rule stands for all that share a declaration."""
    return name == first_of(home(name, field), field)


def trial(case: Case) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings of a training in which one small mini-batch moves weights clearly, and those of the
    rule.
    """
    both = {**case.practice, **case.trial}
    own = {**case.practice.get("scheme_settings", {}), **case.trial.get("scheme_settings", {})}
    left_out = ("epochs", "scheme_settings")
    return {name: value for name, value in both.items() if name not in left_out}, own


def machines(name: str) -> Iterator[tuple[str, Machine, dict[str, Any]]]:
    """A rule and its variants in a trial, as they are practised, on devices that forget and on
    none.
    """
    for case in cases_of([name]):
        training, own = trial(case)
        device = {**training.get("device_settings", {}), **FORGETS}
        practice = {
            key: value
            for key, value in case.practice.items()
            if key not in ("epochs", "scheme_settings")
        }
        # of so few images most rules need a steep rate to reach the weights at all
        steep = [settings["learning_rate"] for settings in (practice, training)]
        practice["learning_rate"] = max(steep)
        exact = {key: value for key, value in training.items() if key != "device_settings"}
        for what, settings, of_rule in (
            ("trial", training, own),
            ("practice", practice, case.practice.get("scheme_settings", {})),
            ("on devices that forget", {**training, "device_settings": device}, own),
            ("exact", {**exact, **EXACT}, own),
        ):
            settings = {"maintenance_images": 4, "batch": 4, **settings}
            machine = Machine("cim40", CHIP, name, of_rule, settings)
            yield f"{case.title}, {what}", machine, of_rule
        ageing = {"maintenance_images": 4, "batch": 4, **training, "device_settings": device}
        pipelined = Machine("cim40", {**CHIP, **PIPELINED}, name, own, ageing, images=8)
        yield f"{case.title}, on devices that forget in a pipeline", pipelined, own
        fitting = Machine("cim40", CHIP | FITTING, name, own, training)
        yield f"{case.title}, with a buffer that grows", fitting, own


def with_words(name: str, own: dict[str, Any], field: str) -> Iterator[dict[str, Any]]:
    """Settings of a rule with each of its words and switches in every position, those first in
    which it reads the field.
    """
    base = load_scheme(name, own)
    turned = [own]
    for other in fields_of(type(base)):
        now = getattr(base, other.path)
        if other.path != field and isinstance(now, bool | str):
            turned += [{**own, other.path: value} for value in other_values(other.info, now)]
    for settings in turned:
        try:
            if field not in load_scheme(name, settings).unused:
                yield settings
        except InputError:
            continue


SHARED = [key for key in FIELDS if not is_first(*key)]


def tries_of(name: str, field: Field) -> Iterator[Callable[[], Try | None]]:
    """The setting of a rule on machine after machine; what acts through time begins where devices
    forget.
    """
    kinds = list(machines(name))
    if field.effects is not None and field.effects.accuracy == "ageing":
        kinds.sort(key=lambda kind: "forget" not in kind[0])
    for title, machine, own in kinds:
        for settings in with_words(name, own, field.path):
            rule = load_scheme(name, settings)
            yield partial(turned_on, title, machine, rule, settings, field)


def turned_on(
    title: str, machine: Machine, rule: Scheme, settings: dict[str, Any], field: Field
) -> Try | None:
    """The setting of a rule on a machine, which may be none for it."""
    now = getattr(rule, field.path)

    def after(value: Any) -> Outcome:
        return outcome(machine, load_scheme(rule.name, {**settings, field.path: value}))

    try:
        before = outcome(machine, rule)
    except InputError:
        return None
    values = other_values(field.info, now)
    return Try(f"{title} {settings}", before, values, now, after, "forget" in title)


_OUTCOMES: dict[str, Outcome] = {}


def outcome(machine: Machine, rule: Scheme) -> Outcome:
    """The outcome of a machine by a rule, worked out once."""
    key = repr((machine, rule.name, rule.model_dump()))
    if key not in _OUTCOMES:
        _OUTCOMES[key] = run(machine, machine.described(), rule)
    return _OUTCOMES[key]


@every("name, field", [key for key in FIELDS if key not in SHARED])
def test_a_setting_of_a_rule_moves_what_it_declares(name, field):
    assert turned(name, field) == []


@pytest.mark.study
@every("name, field", SHARED)
def test_a_setting_that_rules_share_moves_what_it_declares(name, field):
    assert turned(name, field) == []


def turned(name: str, field: str) -> list[str]:
    """Everything in which a setting of a rule differs from its declaration."""
    effects = FIELDS[name, field].effects
    assert effects is not None, f"{name}.{field} declares no effects (hwlib.effects)"
    tries = tries_of(name, FIELDS[name, field])
    seen = list(sightings(f"scheme.{field}", tries, effects, more=0))
    if (name, field) in SHARED and not seen:
        return []  # the rule itself says that none of its variants reads it (`unused`)
    # a variant of a rule may read a setting and be indifferent to it
    return complaints(effects, seen, silent=True)
