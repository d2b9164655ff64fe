"""Is a training that was kept still the training of this chip, network and version?"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archsim.run.step_time import needs_clock, seconds_per_image
from archsim.run.step_trace import step_trace
from archsim.trace import Activity, Trace
from archsim.training.settings import TrainingSettings
from archsim.training.setup import settings_of
from hwlib.errors import InputError, unknown

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.schemes.base import Scheme
    from workloads.network import Network


Activities = Mapping[tuple[str, str], Activity]
"""By layer and phase."""
_SHOWN = 6


def kept_activities(activities: Activities) -> dict[str, dict[str, Any]]:
    """Measured activities as a document keeps them: "layer.phase" -> fields."""
    return {
        f"{layer}.{phase}": dataclasses.asdict(activity)
        for (layer, phase), activity in activities.items()
    }


def read_activities(kept: Any, where: str) -> dict[tuple[str, str], Activity]:
    """What `kept_activities` wrote; values are checked where they enter a trace. Raises InputError
    with the field.
    """
    if not isinstance(kept, dict):
        raise InputError(
            "the measured activity was not kept, so nothing can be priced again without training",
            where=where,
        )
    fields = {field.name: field.type for field in dataclasses.fields(Activity)}
    activities = {}
    for name, values in kept.items():
        if "." not in name or not isinstance(values, dict):
            raise InputError(
                "not the activity of a layer and phase", where=f"{where}.{name}", got=values
            )
        for field, value in values.items():
            if field not in fields:
                raise unknown("field of an activity", field, fields, f"{where}.{name}")
            if field != "source" and (
                isinstance(value, bool) or not isinstance(value, int | float)
            ):
                raise InputError("not a number", where=f"{where}.{name}.{field}", got=value)
        layer, phase = name.rsplit(".", 1)
        activities[layer, phase] = Activity(**{**values, "source": "measured"})
    return activities


def require_same_training(
    own: Architecture,
    chip: Architecture,
    scheme: Scheme,
    settings: TrainingSettings,
    network: Network,
    where: str,
) -> None:
    """Raises InputError where a training takes other settings from `chip` than from its own one."""
    then, now = (
        settings_of(
            one,
            scheme,
            epochs=settings.epochs,
            batch=settings.batch,
            seed=settings.seed,
            device=None,
            changes=None,
            network=network,
        )[0].model_dump(mode="json")
        for one in (own, chip)
    )
    changed = sorted(_differences(then, now) + _other_clock(own, chip, scheme, settings, network))
    if changed:
        raise InputError(
            "on this chip the training itself would have been another one, so its activity is not "
            "that of this chip",
            where=where,
            got=", ".join(
                f"{path}: {after}, trained with {before}"
                for path, before, after in changed[:_SHOWN]
            ),
            hint="train again (archsim train, compare or explore)",
        )


def _other_clock(
    own: Architecture,
    chip: Architecture,
    scheme: Scheme,
    settings: TrainingSettings,
    network: Network,
) -> list[tuple[str, Any, Any]]:
    """The time of an image where devices aged by that of `own` and `chip` takes another."""
    if not needs_clock(settings):
        return []
    trace = step_trace(network, scheme, settings)
    then, now = (seconds_per_image(trace, one, scheme) for one in (own, chip))
    # a time that the user named is that of neither
    if settings.seconds_per_image != then or then == now:
        return []
    return [("seconds_per_image", then, now)]


def _differences(
    then: Mapping[str, Any], now: Mapping[str, Any], path: str = ""
) -> list[tuple[str, Any, Any]]:
    changed: list[tuple[str, Any, Any]] = []
    for name in {**then, **now}:
        before, after = then.get(name), now.get(name)
        if isinstance(before, dict) and isinstance(after, dict):
            changed += _differences(before, after, f"{path}{name}.")
        elif before != after:
            changed.append((f"{path}{name}", before, after))
    return changed


def require_covered(
    trace: Trace, activities: Activities, document: Mapping[str, Any], where: str
) -> None:
    """Raises InputError where an operation of today's step has no measured activity, or a measured
    one has no operation.
    """
    operations = trace.image_operations + trace.batch_operations
    needed = dict.fromkeys((op.matrix_name, op.phase) for op in operations if op.kind != "digital")
    missing = (
        [".".join(key) for key in needed if key not in activities]
        if document.get("activity", "measured") == "measured"
        else []
    )
    arrays = {
        (matrix.layer, phase)
        for matrix in trace.matrices
        for phase in ("forward", "backward", "update")
    }
    stray = [".".join(key) for key in activities if key not in arrays]
    for words, names in (
        ("operations of a step of this version were not measured", missing),
        ("measured, but no matrix of a step of this version", stray),
    ):
        if names:
            raise InputError(
                words,
                where=f"{where}: training.activities",
                got=", ".join(names[:_SHOWN]),
                hint="train again",
            )
