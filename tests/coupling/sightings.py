"""What a setting was seen to move, held against what it declares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from hwlib.effects import QUANTITIES, Effects
from hwlib.errors import InputError
from tests.coupling.machines import Outcome

AMOUNTS = ("area", "energy", "time")


class Sighting(NamedTuple):
    """One value of a setting on one machine: by quantity "=", "+" (with a larger value), "-" or, of
    bits, "*"; whether what was counted of the computation moved; whether its devices age.
    """

    where: str
    moved: dict[str, str]
    activity: bool = False
    ages: bool = False


class Try(NamedTuple):
    """A machine to turn a setting on: its name, the outcome before, and that with another value."""

    where: str
    before: Outcome
    values: list[Any]
    now: Any
    after: Callable[[Any], Outcome]
    ages: bool = False


def compare(before: Outcome, after: Outcome, now: object, value: object) -> dict[str, str]:
    """What moved between two outcomes, in the direction of the larger of two values."""
    sign = 1
    if isinstance(now, int | float) and isinstance(value, int | float):
        sign = 1 if value > now else -1
    moved = {}
    for name in AMOUNTS:
        change = (getattr(after, name) - getattr(before, name)) * sign
        moved[name] = "=" if change == 0 else "+" if change > 0 else "-"
    moved["accuracy"] = "=" if after.accuracy == before.accuracy else "*"
    return moved


def sightings(tries: Iterable[Try], effects: Effects) -> Iterator[Sighting]:
    """Turn a setting on machine after machine, until all that it declares was seen."""
    wanted = set(effects.moved)
    for one in tries:
        for value in one.values:
            try:
                after = one.after(value)
            except InputError:
                if effects.admits:  # the design is refused: it moved as a whole
                    yield Sighting(one.where, dict.fromkeys(effects.moved, "*"))
                    wanted.clear()
                continue
            moved = compare(one.before, after, one.now, value)
            activity = after.activity != one.before.activity
            yield Sighting(f"{one.where}, {one.now} to {value}", moved, activity, one.ages)
            wanted -= {name for name in wanted if moved[name] != "="}
            if activity or moved["accuracy"] != "=":
                wanted -= {name for name in wanted if getattr(effects, name) == "activity"}
            if not wanted:
                return


def complaints(effects: Effects, seen: Iterable[Sighting]) -> list[str]:
    """Everything in which sightings differ from a declaration."""
    seen = list(seen)
    told = [f"{one.where}: {fault}" for one in seen for fault in _forbidden(effects, one)]
    for name in effects.moved:
        word = getattr(effects, name)
        if any(one.moved[name] != "=" for one in seen):
            continue
        if word == "activity" and any(one.activity or one.moved["accuracy"] != "=" for one in seen):
            continue
        tried = ", ".join(one.where for one in seen) or "no machine took another value"
        told.append(f"{name} is declared {word!r} and never moved ({tried})")
    return told


def _forbidden(effects: Effects, one: Sighting) -> Iterator[str]:
    for name in QUANTITIES:
        word, moved = getattr(effects, name), one.moved.get(name, "=")
        if moved == "=":
            continue
        wrong = (
            word == "none"
            or (word == "up" and moved == "-")
            or (word == "down" and moved == "+")
            or (word == "ageing" and not one.ages)
            or (word == "activity" and not one.activity and one.moved["accuracy"] == "=")
        )
        if wrong:
            yield f"{name} is declared {word!r} and moved {moved}"
