"""Whether the parts keep pace with the clock: what each does in the cycles that it is given, beside
what its law says that it takes.

A chip runs at the clock of its description all the same: delays of parts are known within a factor
of about two either way, so a run says which part is too slow and what clock it allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from archsim.chip.blocks import owner_of
from archsim.chip.config import Architecture
from archsim.chip.kind_chips import base_role, kind_of_part, only_kind
from archsim.ledger.component import Component
from archsim.ledger.ledger import Ledger
from hwlib import price

# Relative difference of a delay and a time that are one and the same, but for rounding.
_ROUNDING = 1e-6
_NAMED = 3
_BEGINS = "clock_mhz="
_FASTER = " is faster than its parts: "


@dataclass(frozen=True, slots=True)
class Pace:
    """An action of a part beside the clock: it is given `cycles`, and its law allows a clock of
    `allows_mhz`, between `low_mhz` and `high_mhz`.
    """

    role: str
    action: str
    part: str
    cycles: int
    allows_mhz: float
    low_mhz: float
    high_mhz: float

    def keeps(self, clock_mhz: float) -> bool:
        """Whether the part does it in time."""
        return self.allows_mhz >= clock_mhz * (1 - _ROUNDING)

    def __str__(self) -> str:
        given = "a cycle" if self.cycles == 1 else f"{self.cycles} cycles"
        return (
            f"{self.role}.{self.action} (part {self.part}, {given}) allows {self.allows_mhz:.4g} MHz "
            f"({self.low_mhz:.3g} to {self.high_mhz:.3g})"
        )


def paces(
    parts: Iterable[Component], chip: Architecture, node_nm: float, counted: Iterable[Ledger | None]
) -> list[Pace]:
    """What was done, beside the clock.

    Args:
        parts: the components of the chip.
        chip: whose blocks say what time there is.
        node_nm: node of the delays in nm.
        counted: ledgers of what was done; what nobody asks for limits no clock.

    Returns:
        one `Pace` for each action that takes time of its own, the slowest first.
    """
    asked = _asked(counted)
    listed = []
    for part in parts:
        delays = price(part.part, part.parameters, node_nm).latency
        for action in sorted(asked.get(part.name, ())):
            delay = delays[action]
            own = chip.of_kind(kind_of_part(part.name) or only_kind(chip))
            cycles = cycles_for(base_role(part.name), action, own)
            if cycles is None or not part.count or delay.low <= 0:
                continue
            allows, low, high = (
                cycles * 1e-6 / seconds for seconds in (delay.value, delay.high, delay.low)
            )
            listed.append(Pace(part.name, action, part.part, cycles, allows, low, high))
    return sorted(listed, key=lambda pace: (pace.allows_mhz, pace.role, pace.action))


def cycles_for(role: str, action: str, chip: Architecture) -> int | None:
    """Cycles that the chip gives to an action of a role; None where it is not on its clock.

    A part of a name of its own works beside others, or in their place: it has their time.
    """
    block = owner_of(role)
    if block is not None:
        return block.cycles_for(role, action, chip)
    entry = chip.components.get(role)
    if entry is None:
        return 1
    sources = [*entry.follows.get(action, ()), *entry.takes.get(action, ())]
    pairs = (source.split(".", 1) for source in sources)
    given = [cycles_for(followed, done, chip) for followed, done in pairs]
    known = [cycles for cycles in given if cycles is not None]
    return min(known) if known else None if given else 1


def closure_notes(listed: Sequence[Pace], clock_mhz: float) -> list[str]:
    """One line that names the parts which do not keep pace, the slowest first; none where all do."""
    slow = [pace for pace in listed if not pace.keeps(clock_mhz)]
    if not slow:
        return []
    more = f"; {len(slow) - _NAMED} further actions are too slow" if len(slow) > _NAMED else ""
    named = "; ".join(str(pace) for pace in slow[:_NAMED])
    return [f"{_BEGINS}{clock_mhz:g}{_FASTER}{named}{more}"]


def is_closure_note(note: str) -> bool:
    """Whether a line of a result's notes is one of `closure_notes`."""
    return note.startswith(_BEGINS) and _FASTER in note


def _asked(counted: Iterable[Ledger | None]) -> Mapping[str, set[str]]:
    asked: dict[str, set[str]] = {}
    for ledger in counted:
        for (role, action, _, _), count in ledger.counts.items() if ledger else ():
            if count:
                asked.setdefault(role, set()).add(action)
    return asked
