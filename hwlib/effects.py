"""What a setting must move: declared beside the setting, proved by a test, shown in the manual."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Price = Literal["none", "up", "down", "any", "activity"]
Accuracy = Literal["none", "up", "down", "any", "ageing"]
QUANTITY_WORDS = {"area": Price, "energy": Price, "time": Price, "accuracy": Accuracy}
QUANTITIES = tuple(QUANTITY_WORDS)


@dataclass(frozen=True, slots=True)
class Effects:
    """What a larger number, a switch that is on, or another word of a setting must move.

    `up` and `down` hold on every machine on which it moves at all, `any` has no direction, `none`
    is never moved. What a declaration leaves out is never moved.

    Args:
        area: silicon in mm2.
        energy: of all parts, in J; "activity": only through what is computed, which is counted.
        time: of a run, in s; "activity" as with energy.
        accuracy: what is computed, every bit of it; "up": closer to exact arithmetic; "ageing": only
            through the time of a run, where devices drift or forget.
        limit: it holds something back, or takes time behind something slower: in a run that never
            waits for it another value moves nothing, although it is read.
        admits: it decides whether a design can be run, beside what it moves.
        nothing: why it moves nothing at all, as a sentence; empty for all others.

    Raises:
        ValueError: where it moves nothing and says no reason, or the other way round.
    """

    area: Price = "none"
    energy: Price = "none"
    time: Price = "none"
    accuracy: Accuracy = "none"
    limit: bool = False
    admits: bool = False
    nothing: str = ""

    def __post_init__(self) -> None:
        # Both or neither: silence about a setting is what these declarations are there to end.
        if bool(self.moved) == bool(self.nothing):
            raise ValueError("a setting moves something, or says why it moves nothing")

    @property
    def moved(self) -> tuple[str, ...]:
        """The quantities that it can move."""
        return tuple(name for name in QUANTITIES if getattr(self, name) != "none")

    def as_limit(self) -> Effects:
        """The same of a setting that is felt only where a run waits for it."""
        return replace(self, limit=True)


def effects_in(metadata: object) -> Effects | None:
    """The declaration among the metadata of a field; None where there is none."""
    items = metadata if isinstance(metadata, list | tuple) else ()
    return next((item for item in items if isinstance(item, Effects)), None)


# What many settings have in common.
DEARER = Effects(area="up", energy="up")
"""More of it is a larger circuit."""
OTHER_CIRCUIT = Effects(area="any", energy="any")
"""Another word is another circuit."""
OTHER_MACHINE = Effects(area="any", energy="any", time="any", accuracy="any")
"""It moves everything, in either direction."""
COMPUTED = Effects(energy="activity", time="activity", accuracy="any")
"""It is a number of what is computed; a price follows through the activity alone."""
BETTER = Effects(energy="activity", time="activity", accuracy="up")
"""The same, and more of it is closer to exact arithmetic."""
WORSE = Effects(energy="activity", time="activity", accuracy="down")
"""The same, and more of it is further from exact arithmetic."""
SLOWER = Effects(energy="up", time="up", accuracy="ageing")
"""More of it takes longer."""
FASTER = Effects(energy="any", time="down", accuracy="ageing")
"""More of it takes less time."""
OTHER_WORK = Effects(energy="any", time="any", accuracy="any")
"""It moves what is done, in either direction."""
FINER = Effects(area="up", energy="up", accuracy="any")
"""More of it is a larger circuit, which computes otherwise."""
MORE_WORK = Effects(energy="up", time="up", accuracy="any")
"""More of it is more to do, and computes otherwise."""
SIDE_BY_SIDE = Effects(area="up", energy="any", time="down", accuracy="ageing")
"""More of it works at the same time, in a larger circuit."""
OTHER_ORDER = Effects(energy="any", time="any", accuracy="ageing")
"""It moves when things are done, in either direction."""
