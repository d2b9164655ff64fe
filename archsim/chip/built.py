"""One trace on one chip, with every check made once: what a run, a sweep, a setup and a re-pricing
all stand on.

Whoever builds a chip another way may price what `archsim run` refuses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from archsim.chip.assumptions import assumptions_of, converter_note
from archsim.chip.built_checks import require_images, require_kept_weights
from archsim.chip.built_stages import DESCRIBED, PLACED, PLANNED
from archsim.chip.components import assemble, priced_ledger
from archsim.chip.cores.arrange import arrangement_note
from archsim.chip.cores.choose_kind import check_one_kind, kind_notes, kinds_of_layers
from archsim.chip.counts_by_kind import by_kind
from archsim.chip.fitting_buffer import with_fitting_buffer
from archsim.chip.followers import with_followers
from archsim.chip.inventory_form import FORM
from archsim.chip.keeping_pace import pace_notes, with_pace
from archsim.chip.kept_stages import BuildStages, afresh
from archsim.chip.placement import Placement, TilesOfKind
from archsim.chip.plan.counts import ledger_of_plans, plans_of
from archsim.chip.plan.operation_plan import OperationPlan
from archsim.chip.timing_closure import closure_notes, paces
from archsim.chip.written import wear_notes
from archsim.ledger.component import Component
from archsim.ledger.ledger import Ledger
from archsim.trace.operation import Trace
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.schemes.base import Scheme

MAX_JOBS = 2_000_000_000
"""Steps of an event simulation: more would take days and are taken for a mistake."""


@dataclass(frozen=True)
class BuiltChip:
    """A trace on a chip, checked. `images` go through; `rule` is the update rule of a training
    step, None for an inference.

    `parts` are the components on `placement`'s tiles at `node_nm`. `plans` are the operations as
    the chip will do them, `counts` what they count without a simulation, only of parts that are
    there, and `tile_operations` their number. `once` is the trace of what a training needs before
    its first image, None without any, with `once_plans` and `once_counts`. `missing` names roles
    that the trace asks for and the chip says to be without. `grown_kib` is what `buffer.fit` added
    to the buffer, `pace` a note of what `execution.keep_pace` added.
    """

    chip: Architecture
    trace: Trace
    rule: Scheme | None
    images: int
    node_nm: float
    placement: Placement
    parts: tuple[Component, ...]
    plans: tuple[OperationPlan, ...]
    counts: Ledger
    tile_operations: float
    once: Trace | None
    once_plans: tuple[OperationPlan, ...]
    once_counts: Ledger | None
    missing: tuple[str, ...]
    grown_kib: float = 0.0
    pace: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"BuiltChip({self.trace!r} on {self.chip.name}: {self.placement.tiles} tiles)"

    @cached_property
    def assumptions(self) -> tuple[str, ...]:
        """What a reader of its numbers has to know; worked out for who reads it, not for a sweep."""
        pace = paces(self.parts, self.chip, self.node_nm, (self.counts, self.once_counts))
        notes = closure_notes(pace, self.chip.clock_mhz)
        own = (
            *self.pace,
            *converter_note(self.chip, self.placement),
            *arrangement_note(self.placement),
            *kind_notes(self.placement, self.chip),
        )
        worn = wear_notes(self.trace, self.chip)
        return (*assumptions_of(self.trace, self.chip), *own, *worn, *notes)

    def priced(self, ledger: Ledger) -> tuple[Ledger, list[str]]:
        """The counts of a ledger as this chip's parts are asked for them, and the absent roles that
        are asked for in vain.

        Raises InputError where a part is missing or cannot do it.
        """
        return _priced(ledger, self.chip, self.parts, self.trace, self.placement)

    def check_time(self) -> None:
        """Raises InputError where simulating it step by step would never end."""
        jobs = sum(plan.jobs for plan in self.plans) * self.images
        if jobs > MAX_JOBS:
            raise InputError(
                "too much to simulate step by step",
                where=self.trace.network,
                got=f"{jobs} steps",
                allowed=f"up to {MAX_JOBS}",
                hint="fewer images, or timing=False (--no-timing), which counts and prices without events",
            )


def build_chip(
    trace: Trace,
    chip: Architecture,
    rule: Scheme | None = None,
    images: int | None = None,
    node_nm: float | None = None,
    stages: BuildStages = afresh,
) -> BuiltChip:
    """Build and check.

    Args:
        trace: what the chip has to do.
        chip: its description.
        rule: the update rule of a training step, whose parts it gets.
        images: how many go through; None for the batch of the trace.
        node_nm: node of the prices in nm; None for the chip's.
        stages: what makes placement and plans, or has them of a chip before.

    Returns:
        the chip with its tiles, parts, plans and counts.

    Raises:
        InputError: for the first thing that does not fit: the images, a read backwards that the
            chip has not, parts that follow nothing, weights that its cells cannot hold, what cores
            cannot do, tiles that are missing, weights that a reload would lose, parameters of
            parts, roles that are missing.
    """
    images = trace.batch if images is None else images
    require_images(images)
    asked_kib = chip.buffer.capacity_kib
    chip = with_fitting_buffer(trace, chip, images)
    stages(DESCRIBED, chip, trace)
    placement = stages(PLACED, chip, trace)
    described = chip
    chip = with_pace(trace, chip, placement, images)
    require_kept_weights(trace, placement, chip)
    tiles = (
        min(placement.tiles, placement.available) if chip.tile.count == "auto" else chip.tile.count
    )
    if not trace.matrices:  # weights in memory: a machine without arrays, whatever the chip's count
        tiles = 0
    rule = rule if trace.phase == "training" else None
    node = float(node_nm or chip.node_nm)
    check_one_kind(trace, placement, chip)
    parts = parts_of(chip, rule, tiles, node, placement.without(), placement.of_kinds(), stages)
    plans, ledger, tile_operations = stages(PLANNED, chip, trace, placement, images)
    counts, missing = _priced(ledger, chip, parts, trace, placement)
    once = _once(trace)
    once_counts = None
    once_plans: tuple[OperationPlan, ...] = ()
    if once is not None:
        once_plans = tuple(plans_of(once, chip, placement))
        ledger = ledger_of_plans(once, chip, once_plans, 1, placement)[0]
        once_counts = _priced(ledger, chip, parts, trace, placement)[0]
    return BuiltChip(
        chip,
        trace,
        rule,
        images,
        node,
        placement,
        parts,
        plans,
        counts,
        tile_operations,
        once,
        once_plans,
        once_counts,
        tuple(missing),
        chip.buffer.capacity_kib - asked_kib,
        tuple(pace_notes(described, chip)),
    )


def _priced(
    ledger: Ledger,
    chip: Architecture,
    parts: Sequence[Component],
    trace: Trace,
    placement: Placement,
) -> tuple[Ledger, list[str]]:
    """The counts that parts are asked for; see `BuiltChip.priced`."""
    ledger = with_followers(ledger, chip)
    kinds = placement.of_kinds()
    if len(chip.core.kinds) > 1:
        ledger = by_kind(ledger, parts, kinds_of_layers(trace, placement), kinds)
    return priced_ledger(ledger, parts, chip)


def parts_of(
    chip: Architecture,
    rule: Scheme | None,
    tiles: int,
    node_nm: float,
    without: Mapping[str, int] | None,
    kinds: Sequence[TilesOfKind] = (),
    stages: BuildStages = afresh,
) -> tuple[Component, ...]:
    """The components of a chip with `tiles` tiles and of an update rule; a role that the chip has
    is kept. `without`: see `Placement.without`; `kinds`: `Placement.of_kinds`; `stages` have parts of
    a chip before. Raises InputError with the field path of a parameter that is not allowed.
    """
    form = stages(FORM, chip, rule)
    return assemble(chip, form, tiles, float(node_nm), without or {}, kinds, stages.parts)


def _once(trace: Trace) -> Trace | None:
    """The operations before the first image as a trace of their own."""
    if not trace.setup_operations:
        return None
    return replace(
        trace,
        phase="inference",
        image_operations=trace.setup_operations,
        batch_operations=(),
        setup_operations=(),
        input_elements=0,
        batch=1,
    )
