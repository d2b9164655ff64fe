"""What a training costs on a chip: some of its steps, simulated with the activity that it measured.

`cost_of_steps` serves a training that has just ended, `price_again` one of which only its document
is left: both take the same way, so that a result priced again has the numbers which training it
again would give. Nothing here trains.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archsim.chip.built import build_chip
from archsim.chip.load import validate
from archsim.chip.unused import NOTE, unused_notes, unused_settings
from archsim.cost.unpriced import take_out_prices
from archsim.run.kept_training import (
    Activities,
    read_activities,
    require_covered,
    require_same_training,
)
from archsim.run.result import Result
from archsim.run.simulation import simulate
from archsim.run.step_time import STEP_IMAGES
from archsim.run.step_trace import step_trace
from archsim.schemes import load_scheme
from archsim.soc.engine import by_work_alone
from archsim.trace import Trace, recorded_on, with_activity
from archsim.trace.upkeep import Refreshes, with_refreshes
from archsim.training.inputs import network_digest
from archsim.training.settings import (
    TrainingSettings,
    device_of,
    images_between,
    is_reference,
    read_settings,
)
from archsim.training.setup import silicon_scheme
from archsim.training.unused import left_by_both
from hwlib.errors import InputError
from workloads import load_network

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.schemes.base import Scheme
    from workloads.network import Network


@dataclasses.dataclass(frozen=True)
class StepCost:
    """`result` of some training steps; their measured `trace`; the `notes` of the silicon; settings
    that nothing read (`unused`).
    """

    result: Result
    trace: Trace
    notes: list[str]
    unused: list[str]


@dataclasses.dataclass(frozen=True)
class MeasuredTraining:
    """What a training of `images` images measured: the mean `activities` by (layer, phase) of a
    step, whose assumed `trace` it is, and the `refreshes` of each layer.
    """

    trace: Trace
    activities: Activities
    refreshes: Mapping[str, Refreshes]
    images: int
    settings: TrainingSettings
    network: Network | None = None


def cost_of_steps(
    training: MeasuredTraining,
    chip: Architecture,
    scheme: Scheme,
    node_nm: float | None = None,
    measured_on: Architecture | None = None,
) -> StepCost:
    """Training steps on a chip with the activity of a training, which was `measured_on` a chip
    (this one).
    """
    trace = training.trace
    settings = training.settings
    measured = with_refreshes(
        with_activity(trace, training.activities),
        training.refreshes,
        training.images,
        images_between(settings),
    )
    measured = recorded_on(measured, measured_on or chip, device_of(settings) or None)
    # Whole mini-batches, at least so many images.
    through = trace.batch * -(-STEP_IMAGES // trace.batch)
    with by_work_alone():
        result = simulate(
            measured, chip, scheme, images=through, node_nm=node_nm, seed=settings.seed
        )
    unused = unused_settings(build_chip(measured, chip, scheme, through, node_nm), timed=True)
    unused = left_by_both(unused, chip, scheme, settings, training.network)
    notes = [note for note in result.notes if not note.startswith(NOTE)]
    return StepCost(result, measured, [*notes, *unused_notes(unused)], sorted(unused))


def price_again(
    document: Mapping[str, Any],
    where: str,
    chip: Architecture | None = None,
    network: Network | None = None,
) -> tuple[dict[str, Any], Trace]:
    """The document of a training with the silicon that this version gives for it, and the measured
    trace of a step: trace, simulation and prices are made anew from the activity that it kept, what
    the training itself found stays. Nothing is trained.

    `chip` in place of the document's own, `network` where its name is not a built-in one. Raises
    InputError where the activity was not kept or no longer covers the operations of a step, and for
    a chip on which the training would have gone another way.
    """
    training = document["training"]
    settings = read_settings(training["settings"], f"{where}: training.settings")
    scheme = silicon_scheme(
        load_scheme(document["scheme"], _scheme_settings(document, settings, where)), settings
    )
    own = chip_of(document, where)
    network = load_network(document["network"]) if network is None else network
    inputs = training.get("inputs") or {}
    if inputs.get("network", network_digest(network)) != network_digest(network):
        raise InputError(
            "this network is not the one that was trained",
            where=where,
            got=network.name,
            hint="name its file with --network",
        )
    if chip is not None:
        require_same_training(own, chip, scheme, settings, network, where)
    trace = step_trace(network, scheme, settings)
    activities = read_activities(training.get("activities"), f"{where}: training.activities")
    require_covered(trace, activities, document, where)
    refreshes = {layer: Refreshes(**done) for layer, done in training.get("refreshes", {}).items()}
    # None where it is the chip's own, as the run then says nothing of another node.
    node = document["node_nm"] if document["node_nm"] != own.node_nm else None
    measured = MeasuredTraining(trace, activities, refreshes, training["images"], settings, network)
    cost = cost_of_steps(measured, chip or own, scheme, node, own)
    result = cost.result.document
    # of the old document stays what the training itself gave
    priced = result | {name: value for name, value in document.items() if name not in result}
    trained = training | {
        "notes": training.get(
            "notes", [note for note in document.get("notes", ()) if note not in cost.notes]
        ),
        "unused": training.get("unused", []),
    }
    priced["notes"] = [*cost.notes, *trained["notes"]]
    priced["unused"] = sorted({*cost.unused, *trained["unused"]})
    priced["training"] = trained | cost_of_all(cost.result, training["images"])
    if is_reference(settings, scheme):
        priced["reference"] = True
        take_out_prices(priced)
    if "extra_memory_bits" in document:
        priced["extra_memory_bits"] = float(
            sum(cost.trace.state_words.values()) * (chip or own).vector_unit.word_bits
        )
    return priced, cost.trace


def chip_of(document: Mapping[str, Any], where: str) -> Architecture:
    """The chip of a result, of which its file may say as much as it said before: what is at its
    default counts as not stated.
    """
    whole = validate(document["settings"], f"{where}: settings")
    return validate(
        whole.model_dump(mode="json", by_alias=True, exclude_defaults=True), f"{where}: settings"
    )


def cost_of_all(result: Result, images: int) -> dict[str, float]:
    """Energy in J and time in s of a whole training of `images` images whose steps cost so much."""
    seconds = result.latency_per_image_s
    if seconds is None:
        raise RuntimeError("the steps of a training have no time")
    return {"energy_j": result.energy_per_image_j * images, "seconds": seconds * images}


def _scheme_settings(
    document: Mapping[str, Any], settings: TrainingSettings, where: str
) -> dict[str, Any]:
    kept = document.get("scheme_settings", document["training"].get("scheme_settings"))
    if kept is None and document["scheme"] != settings.rule:
        raise InputError(
            "the settings of the scheme were not kept",
            where=f"{where}: scheme_settings",
            got=document["scheme"],
        )
    return settings.scheme_settings if kept is None else kept
