"""Tuning on equal terms: every rule gets the same number of trials, at the same places of the unit
cube, over its own rate and the settings that its file declares.

Trial 0 is what the rule suggests, so that tuning never takes less care than none. The others follow
a Sobol sequence, whose first points are those of any longer one: more trials go on from fewer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from archsim.basics.sobol import sobol_points
from archsim.comparison.rows import TrialRecord, TuningRecord
from archsim.comparison.terms import Terms
from archsim.comparison.variants import Variant
from archsim.schemes import load_scheme
from archsim.schemes.tuned import RATE, Tuned
from archsim.training.suggestions import suggested_for
from hwlib.errors import InputError

_TRAINING = "training."
_DIGITS = 4  # of a drawn rate
Settings = Mapping[str, Any]


def drawn_settings(variant: Variant, terms: Terms) -> list[Settings]:
    """The settings of every trial of a variant, by path: `learning_rate`, fields of its scheme, and
    `training.FIELD`.

    Args:
        variant: what it names itself is not tuned.
        terms: how many trials, and the seed of the draws.

    Returns:
        one mapping a trial; that of the first is what the variant has.

    Raises:
        InputError: where nothing is left to tune.
    """
    axes = tuned_axes(variant, terms)
    if not axes:
        raise InputError(
            "nothing is left to tune: all that its file declares is named",
            where=f"schemes: {variant.label}",
            hint="leave a setting of it away, or tune nothing",
        )
    own = {axis.name: _own_value(variant, axis, terms) for axis in axes}
    drawn: list[Settings] = [own]
    for point in sobol_points(len(axes), terms.trials - 1, terms.seed):
        values = {axis.name: axis.at(share) for axis, share in zip(axes, point)}
        if RATE.name in values:
            values[RATE.name] = float(f"{_rate(variant, terms, values):.{_DIGITS}g}")
        drawn.append(values)
    return drawn


def tuned_axes(variant: Variant, terms: Terms) -> list[Tuned]:
    """What is tuned of a variant: the rate, and what its file declares, without what was named for it
    or for all and what it does not use.
    """
    scheme = variant.scheme
    named = scheme.model_fields_set
    axes = [] if terms.rate is not None or RATE.name in variant.training else [RATE]
    for axis in scheme.tuned:
        field = axis.name.removeprefix(_TRAINING)
        taken = (
            field in variant.training
            if axis.name.startswith(_TRAINING)
            else field in named or field in scheme.unused
        )
        if not taken:
            axes.append(axis)
    return axes


def with_settings(variant: Variant, settings: Settings) -> Variant:
    """The variant with the settings of a trial; its label stays.

    Raises:
        InputError: where a setting is none of its scheme's, or they do not go together.
    """
    own = {
        path: value
        for path, value in settings.items()
        if path != RATE.name and not path.startswith(_TRAINING)
    }
    training = {
        path.removeprefix(_TRAINING): value for path, value in settings.items() if path not in own
    }
    scheme = variant.scheme
    if own:
        held = scheme.model_dump(exclude_unset=True)
        scheme = load_scheme(scheme.name, held | own)
    return replace(variant, scheme=scheme, training={**variant.training, **training})


def chosen_of(trials: Sequence[TrialRecord]) -> TuningRecord | None:
    """The tuning with the trial of the highest accuracy on the validation part, the first of equal
    ones; None where no trial could be trained.
    """
    judged = [trial for trial in trials if trial.validation_accuracy_percent is not None]
    if not judged:
        return None
    best = max(judged, key=lambda trial: (trial.validation_accuracy_percent, -trial.number))
    return TuningRecord(trials, best.number)


def _own_value(variant: Variant, axis: Tuned, terms: Terms) -> Any:
    """What a variant has where nothing is drawn."""
    if axis is RATE:
        return _suggested_rate(variant, terms)
    field = axis.name.removeprefix(_TRAINING)
    if not axis.name.startswith(_TRAINING):
        return getattr(variant.scheme, field)
    from archsim.training.settings import TrainingSettings

    return variant.scheme.suggested.get(field, TrainingSettings.model_fields[field].default)


def _rate(variant: Variant, terms: Terms, values: Settings) -> float:
    """A drawn rate: a factor of the one that is suggested with the other values."""
    others = {path: value for path, value in values.items() if path != RATE.name}
    return values[RATE.name] * _suggested_rate(with_settings(variant, others), terms)


def _suggested_rate(variant: Variant, terms: Terms) -> float:
    suggested = suggested_for(variant.scheme, terms.batch, variant.training)
    if RATE.name not in suggested:
        from archsim.training.settings import TrainingSettings

        return float(TrainingSettings.model_fields[RATE.name].default)
    return float(suggested[RATE.name])
