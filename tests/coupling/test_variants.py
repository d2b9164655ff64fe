"""Does a rule pass over a setting in silence in any of its variants? There it moves something, or a
result says that nothing read it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import pytest

from archsim.conformance.cases import Case, cases_of
from archsim.schemes import load_scheme
from hwlib.effects import Effects
from tests.coupling.fields import Field, fields_of
from tests.coupling.sightings import Sighting, sightings
from tests.coupling.test_schemes import machines, turned_on
from tests.members import every

CASES = {case.title: case for case in cases_of()}
# Variants in which a setting once did nothing and no result said so, and where.
ALONE = ("hic", "lrt", "cbram_sc:momentum")
QUICK = ("trial", "exact")


def in_variant(case: Case, field: Field, kinds: Collection[str]) -> Iterator[Sighting]:
    """A setting on the machines of a variant: on devices, on exact weights, with its practice; of
    some `kinds` alone where any are named.
    """
    effects = field.effects or Effects(accuracy="any")
    for title, machine, own in machines(case.name):
        rule = load_scheme(case.name, own)
        if not title.startswith(f"{case.title},") or field.path in rule.unused:
            continue
        kind = title.split(", ", 1)[1]
        if kinds and kind not in kinds:
            continue
        if kind == "exact" and effects.accuracy == "none":
            continue  # a reference, which has no price
        one = turned_on(title, machine, rule, own, field)
        if one is not None:
            yield from sightings(f"scheme.{field.path}", [lambda one=one: one], effects)


def silent(case: Case, kinds: Collection[str] = ()) -> list[str]:
    """Settings that moved nothing on a machine of a variant, with the machine, and those that moved
    a training whose result says that nothing read them.
    """
    told = []
    for field in fields_of(type(case.scheme)):
        if field.effects is None or field.effects.limit:
            continue
        spoken: dict[str, bool] = {}
        for one in in_variant(case, field, kinds):
            # not of time, which stands for what is assumed to be done here, and not for what is
            if one.named_now and (one.activity or one.moved["accuracy"] != "="):
                told.append(f"{field.path}: {one.where}: unused, and {one.what} moved the training")
            spoken[one.where] = spoken.get(one.where, False) or one.felt or one.named
        told += [f"{field.path}: {where}" for where, heard in spoken.items() if not heard]
    return told


@every("title", ALONE)
def test_a_setting_is_never_silent_again_where_it_was(title):
    assert silent(CASES[title], QUICK) == []


@pytest.mark.study
@every("title", CASES)
def test_no_variant_passes_over_a_setting_in_silence(title):
    assert silent(CASES[title]) == []
