"""What a block of the chip is, and what its law may look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, NamedTuple, TypeVar

from archsim.chip.section import Section
from archsim.ledger.ledger import Ledger
from archsim.trace.operation import Trace

if TYPE_CHECKING:
    # The description of a chip is made of the sections of its blocks, and a law reads the whole
    # description: for types, the two must name each other.
    from archsim.chip.blocks.step import Step
    from archsim.chip.blocks.tile import TileJob
    from archsim.chip.config import Architecture
    from archsim.chip.usage import Usage

S = TypeVar("S", bound=Section)


class Contradiction(NamedTuple):
    """A setting that does not go with another, and what to do instead."""

    field: str
    got: object
    why: str
    hint: str


class Acts(NamedTuple):
    """When a setting acts in a run, and why it does not otherwise."""

    condition: Callable[[Usage], bool]
    otherwise: str


def timed(run: Usage) -> bool:
    """Whether the run is simulated as events."""
    return run.timed


TIMED = Acts(timed, "nothing is timed")


@dataclass(frozen=True, slots=True)
class ServerPlan:
    """A shared resource: its name and kind in a result, its equal ports, and whether lower
    priority numbers go first on it.
    """

    name: str
    kind: str
    ports: int = 1
    prioritised: bool = False


class RunTotals(NamedTuple):
    """What a run was as a whole; `cycles` is None where nothing was timed."""

    trace: Trace
    chip: Architecture
    images: int
    issues: int
    cycles: int | None


class Block(Generic[S]):
    """A block of the chip: a section of its settings, the resources that operations queue for, how
    many cycles a step takes of them, and what it counts.

    To add one: a file in this folder with a subclass and `BLOCK`, an instance of it, and a line in
    `NAMES` of the folder. `name` is that of its section of the chip's description and in plans.
    `down` and `up` are its stations on the way of inputs to the tiles and on that of results from
    them: data pass lower numbers first. The way up begins with the interconnect, behind whose
    wires all other stations lie. `kinds` are the operations that keep the tiles busy by its law,
    `roles` the components that it counts under, `without` those of them that a chip may be without.
    `acts` says, by field, when a setting acts; a field that is not there acts in every run.
    """

    name: ClassVar[str]
    section: type[S]
    down: ClassVar[int | None] = None
    up: ClassVar[int | None] = None
    kinds: ClassVar[tuple[str, ...]] = ()
    roles: ClassVar[tuple[str, ...]] = ()
    without: ClassVar[frozenset[str]] = frozenset()
    acts: ClassVar[Mapping[str, Acts]] = {}
    per: ClassVar[str | None] = None
    """The word by which parts of a chip are counted by this block (`per` of a component), if they
    can be: as many as `parts` says, so that area and contention come from one setting."""
    in_every_core: ClassVar[bool] = False
    """Whether what its word counts is a part of every core, as many in each."""
    optional: ClassVar[bool] = False
    """Whether only some chips have it, so that a result says how busy it was only where it was
    asked."""
    on_cores: ClassVar[bool] = True
    """Whether it is asked by the steps of a chip of cores, where archsim/chip/cores says what
    buffers, wires and lanes of a core do."""
    only_times: ClassVar[bool] = False
    """Whether its settings move at most when data come, never what they are."""

    def settings(self, chip: Architecture) -> S:
        """Its section of a chip."""
        section = getattr(chip, self.name)
        assert isinstance(section, self.section)
        return section

    def servers(self, chip: Architecture, trace: Trace) -> tuple[ServerPlan, ...]:
        """What operations of the trace queue for, as it is on this chip: one resource for both
        ways, or one for the way down and one for the way up.
        """
        return ()

    def cycles_for(self, role: str, action: str, chip: Architecture) -> int | None:
        """Cycles of the clock that an action of one of its roles is given.

        Args:
            role: one of `roles`.
            action: what its part does.
            chip: whose settings say how long.

        Returns:
            cycles; one where nothing says otherwise, None for what is not on the chip's clock.
        """
        return 1

    def stops(self, chip: Architecture) -> bool:
        """Whether its clock can be stopped: where it has resources of its own, their busy cycles
        say when it works.
        """
        return type(self).servers is not Block.servers

    def parts(self, chip: Architecture, tiles: int) -> int:
        """How many there are of what its word counts, on a chip with so many tiles."""
        raise NotImplementedError

    def flat_only(self, chip: Architecture) -> Iterator[Contradiction]:
        """Its settings, as they are on this chip, that only a flat chip can have."""
        yield from ()

    def plan_job(self, job: TileJob) -> None:
        """What an operation of one of its `kinds` does on the tiles: counts and cycles."""
        raise NotImplementedError

    def plan_step(self, step: Step) -> None:
        """What one step of any operation asks of it: counts, and cycles on either way."""

    def count_run(self, ledger: Ledger, totals: RunTotals) -> None:
        """What belongs to no operation: images from outside, control."""
