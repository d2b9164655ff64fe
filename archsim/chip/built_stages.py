"""The stages of building a chip that may be kept: its checks, where the weights lie, and what operations
do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archsim.chip.built_checks import check_description
from archsim.chip.cores.arrange import arranged
from archsim.chip.kept_stages import BuildStage
from archsim.chip.place import place
from archsim.chip.placement import Placement
from archsim.chip.plan.counts import ledger_of_plans, plans_of
from archsim.chip.plan.operation_plan import OperationPlan
from archsim.ledger.ledger import Ledger
from archsim.trace.operation import Trace

if TYPE_CHECKING:
    from archsim.chip.config import Architecture


class ForeseenWork(NamedTuple):
    """The plans of a trace, what they count and the number of their tile operations."""

    plans: tuple[OperationPlan, ...]
    counts: Ledger
    tile_operations: float

    @property
    def rows(self) -> int:
        """How much there is of it: counts, and work of cores."""
        works = (plan.cores.units for plan in self.plans if plan.cores is not None)
        return len(self.counts) + sum(len(unit.cores) for units in works for unit in units)


def _described(chip: Architecture, trace: Trace) -> bool:
    check_description(trace, chip)
    return True


def _placed(chip: Architecture, trace: Trace) -> Placement:
    return arranged(place(trace.matrices, chip), trace, chip)


def _planned(chip: Architecture, trace: Trace, placement: Placement, images: int) -> ForeseenWork:
    plans = tuple(plans_of(trace, chip, placement, images))
    return ForeseenWork(plans, *ledger_of_plans(trace, chip, plans, images, placement))


DESCRIBED = BuildStage(_described, lambda described: 0)
"""Of a chip and a trace, that nothing in them contradicts itself."""
PLACED = BuildStage(_placed, lambda placement: placement.tiles)
"""Of a chip and a trace, the placement: its cores arranged."""
PLANNED = BuildStage(_planned, lambda planned: planned.rows)
"""Of a chip, a trace, its placement and a number of images, what is planned."""
