"""What a setting was seen to move, held against what it declares and what the result says of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple
from zlib import crc32

from hwlib.effects import QUANTITIES, Effects
from hwlib.errors import InputError
from tests.coupling.machines import Outcome

AMOUNTS = ("area", "energy", "time")
DIRECTIONS = ("up", "down", "any")
ANOMALY = 0.005
# Messages on links wait for each other in an order that moves with every time: more of something
# may end later, by as much as is allowed of any chip.
ANOMALY_OF_A_NETWORK = 0.03
"""Where operations overtake each other, what comes later can end a run sooner (Graham 1969): so much
of a time, and of what is spent in it, is no direction.
"""


class Sighting(NamedTuple):
    """One value of a setting on one machine.

    `moved`: by quantity "=", "+" (with a larger value), "-" or, of bits, "*"; `activity`: whether
    what was counted of the computation moved; `ages`: whether its devices age; `owed`: quantities
    that the setting moves here if it acts; `slight`: those that moved by no more than an anomaly of
    a pipeline; `named`, `named_now`: whether a result, that of this value, says that
    nothing read it.
    """

    where: str
    what: str
    moved: dict[str, str]
    activity: bool = False
    ages: bool = False
    owed: Collection[str] = ()
    slight: Collection[str] = ()
    named: bool = False
    named_now: bool = False

    @property
    def felt(self) -> bool:
        """Whether anything moved."""
        return self.activity or any(word != "=" for word in self.moved.values())


class Try(NamedTuple):
    """A machine to turn a setting on: its name, the outcome before, and that with another value."""

    where: str
    before: Outcome
    values: list[Any]
    now: Any
    after: Callable[[Any], Outcome]
    ages: bool = False
    anomaly: float = 0.0


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


def sightings(
    path: str, tries: Iterable[Callable[[], Try | None]], effects: Effects, more: int | None = None
) -> Iterator[Sighting]:
    """Turn a setting, which results name by its `path`, on machine after machine until all that it
    declares was seen, then on as many `more`, drawn by its path: on all where none is said.
    """
    left = list(tries)
    wanted = set(effects.moved)
    while left and wanted:
        yield from _turned(path, left.pop(0)(), effects, wanted)
    if more is not None and left:
        start = crc32(path.encode()) % len(left)
        left = [*left[start:], *left[:start]][:more]
    for make in left:
        yield from _turned(path, make(), effects, wanted)


def _turned(path: str, one: Try | None, effects: Effects, wanted: set[str]) -> Iterator[Sighting]:
    """Turn a setting on a machine until it has moved what is `wanted` still and what it owes."""
    if one is None:
        return
    owed = set() if effects.limit else _owed(effects, one.before) or {"anything"}
    for value in one.values:
        try:
            after = one.after(value)
        except InputError:
            if effects.admits:  # the design is refused: it moved as a whole
                yield Sighting(one.where, "refused", dict.fromkeys(effects.moved, "*"))
                wanted.clear()
                return
            continue
        moved = compare(one.before, after, one.now, value)
        seen = Sighting(
            one.where,
            f"{one.now} to {value}",
            moved,
            after.activity != one.before.activity,
            one.ages,
            _owed(effects, one.before),
            _slight(one, after),
            path in one.before.unused | after.unused,
            path in after.unused,
        )
        yield seen
        wanted -= {name for name in wanted if moved[name] != "="}
        if seen.activity or moved["accuracy"] != "=":
            wanted -= {name for name in wanted if getattr(effects, name) == "activity"}
        owed -= {name for name, word in moved.items() if word != "="}
        owed -= {"anything"} if seen.felt else set()
        # what nothing reads is turned once
        if not wanted and (not owed or seen.named):
            return


def _slight(one: Try, after: Outcome) -> list[str]:
    """Amounts that moved by no more than an anomaly."""
    before = one.before
    allowed = one.anomaly
    changes = {name: getattr(after, name) - getattr(before, name) for name in ("energy", "time")}
    return [name for name, by in changes.items() if 0 < abs(by) <= allowed * getattr(before, name)]


def _owed(effects: Effects, before: Outcome) -> set[str]:
    """What a setting moves on every machine on which it acts: area may have been there before, time
    may pass beside other work, but what is done takes energy, and what is better or worse computes
    other numbers.
    """
    owed: set[str] = set()
    if effects.limit:
        return owed
    if before.energy and effects.energy in DIRECTIONS:
        owed.add("energy")
    if before.accuracy and effects.accuracy in ("up", "down"):
        owed.add("accuracy")
    return owed


def complaints(effects: Effects, seen: Iterable[Sighting], silent: bool = False) -> list[str]:
    """Everything in which sightings differ from a declaration, and from what results say; whether a
    setting may be `silent` on some machines.
    """
    seen = list(seen)
    told = [
        f"{one.where}, {one.what}: {fault}" for one in seen for fault in _forbidden(effects, one)
    ]
    for where, those in groupby([] if silent else seen, lambda one: one.where):
        told += [f"{where}: {fault}" for fault in _silent(effects, list(those))]
    for name in effects.moved:
        word = getattr(effects, name)
        if any(one.moved[name] != "=" for one in seen):
            continue
        if word == "activity" and any(one.activity or one.moved["accuracy"] != "=" for one in seen):
            continue
        tried = ", ".join(f"{one.where}, {one.what}" for one in seen)
        tried = tried or "no machine took another value"
        told.append(f"{name} is declared {word!r} and never moved ({tried})")
    return told


def _silent(effects: Effects, seen: list[Sighting]) -> Iterator[str]:
    """What a setting should have moved on one machine, by all its values, and did not."""
    tried = "; ".join(one.what for one in seen)
    if effects.nothing or any(one.named for one in seen):
        return
    if not any(one.felt for one in seen):
        if not effects.limit:
            yield f"moved nothing, and no result names it as unused ({tried})"
        return
    for name in sorted(seen[0].owed):
        if all(one.moved[name] == "=" for one in seen):
            yield f"{name} is declared {getattr(effects, name)!r} and did not move here ({tried})"


def _forbidden(effects: Effects, one: Sighting) -> Iterator[str]:
    if one.named_now and one.felt:
        yield "the result names it as unused, and it moved"
    for name in QUANTITIES:
        word = getattr(effects, name)
        moved = one.moved.get(name, "=")
        if moved == "=":
            continue
        against = (word, moved) in (("up", "-"), ("down", "+"))
        wrong = (
            word == "none"
            or (against and name not in one.slight)
            or (word == "ageing" and not one.ages)
            or (word == "activity" and not one.activity and one.moved["accuracy"] == "=")
        )
        if wrong:
            yield f"{name} is declared {word!r} and moved {moved}"
