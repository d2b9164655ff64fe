"""What a training costs on its chip, and what the result says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from archsim.chip.of_device import endurance_note
from archsim.cost.unpriced import take_out_prices
from archsim.devices.presets import electrical_of
from archsim.run.kept_training import kept_activities
from archsim.run.trained import Training
from archsim.run.training_cost import MeasuredTraining, cost_of_all, cost_of_steps
from archsim.trace import Trace
from archsim.training.by_layer import device_name
from archsim.training.digital_words import digital_notes
from archsim.training.settings import device_of, is_reference
from archsim.training.totals import mean_activities, writes_of

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.schemes.base import Scheme
    from archsim.training.loop import TrainingResult
    from workloads.network import Network


def with_silicon(
    trained: TrainingResult,
    trace: Trace,
    chip: Architecture,
    scheme: Scheme,
    notes: Sequence[str] = (),
    node_nm: float | None = None,
    network: Network | None = None,
) -> Training:
    """A training with the cost of its steps on a chip: the mean activity of all finished epochs in
    place of the assumed one.
    """
    activities = mean_activities(trained.activity_history or [trained.activities])
    if not trace.matrices:  # products on lanes: their counts follow from shapes alone
        activities = {}
    measurement = MeasuredTraining(
        trace, activities, trained.refreshes, trained.images, trained.settings, network
    )
    cost = cost_of_steps(measurement, chip, scheme, node_nm)
    result = cost.result
    measured = cost.trace
    writes = writes_of(trained, trace)
    worn = _worn(trained, writes)
    own = {
        "notes": [*notes, *worn, *_told(trained), *_unread(trained)],
        "unused": [f"device.{name}" for name in trained.unread],
    }
    result.document.update(
        {
            "dataset": trained.data,
            "device": device_of(trained.settings) or None,
            "reference": is_reference(trained.settings, scheme),
            "epochs": trained.history,
            "accuracy_percent": 100.0 - trained.history[-1]["test_error_percent"]
            if trained.history
            else None,
            "writes_per_device": writes[""]["mean"],
            "activity_file": None,
            "notes": [*cost.notes, *own["notes"]],
            "unused": sorted({*cost.unused, *own["unused"]}),
            "training": {
                "finished": trained.finished,
                **({"later": trained.later} if trained.later else {}),
                "reason": trained.reason,
                "images": trained.images,
                "writes": writes,
                "digital": trained.digital,
                "refreshes": {layer: asdict(done) for layer, done in trained.refreshes.items()},
                # with these the silicon is priced again without training: see
                # `training_cost.price_again`
                "activities": kept_activities(activities),
                "scheme_settings": scheme.model_dump(mode="json"),
                **own,
                **cost_of_all(result, trained.images),
                "settings": trained.settings.model_dump(mode="json"),
            },
        }
    )
    if result.document["reference"]:
        take_out_prices(result.document)
    return Training(result, trained, trace, measured, activities, chip, scheme, network)


def _worn(trained: TrainingResult, writes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Notes on devices that were pulsed more often than they last, by the device of each layer."""
    settings = trained.settings
    most: dict[str, float] = {}
    for layer, own in writes.items():
        # "" are all layers, which need not have one device
        if layer or not settings.cores:
            device = device_name(settings, layer)
            most[device] = max(most.get(device, 0.0), own["maximum"])
    return [
        note
        for device, pulses in most.items()
        for note in endurance_note(device, electrical_of(device), pulses, trained.images)
    ]


def _told(trained: TrainingResult) -> list[str]:
    """What the devices, the digital numbers and the update rule say of a training."""
    return [*_lost(trained), *digital_notes(trained.digital), *trained.notes]


def _unread(trained: TrainingResult) -> list[str]:
    """A note on each parameter of the device that was set for nothing."""
    return [
        f"device.{name} is set but nothing in this run reads it: {why}"
        for name, why in trained.unread.items()
    ]


def _lost(trained: TrainingResult) -> list[str]:
    """A note where refreshes did not bring weights back."""
    pairs, outside = (
        sum(getattr(done, field) for done in trained.refreshes.values())
        for field in ("pairs", "outside")
    )
    if not outside:
        return []
    return [
        f"{outside:,} of {pairs:,} refreshed pairs were left further from their weight than a "
        "pulse of their devices: they ran into "
        "their bounds or into device.refresh_pulses"
    ]
