"""What a scheme suggests for its training, and the notes of what was taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archsim.schemes.base import Scheme
from archsim.training.settings import TrainingSettings

_WORDS = {
    "learning_rate": "learning rate",
    "batch": "mini-batch",
    "initial_scale": "scale of the first weights",
}


def suggestion_note(scheme: Scheme, suggested: Mapping[str, float], used: int | None) -> str:
    """What the scheme suggests; `used` is the mini-batch that the user names."""
    words = ", ".join(f"{_WORDS[name]} {value:.6g}" for name, value in suggested.items())
    own = scheme.suggested.get("batch", 1)
    if "learning_rate" not in suggested or used in (None, own):
        beside = ""
    elif used is not None and used > own:
        beside = f"; that is its rate for mini-batches of {own}"
    else:
        rate = scheme.suggested["learning_rate"]
        beside = f"; {rate:.6g} for mini-batches of {own}, less in proportion for smaller ones"
    return f"{words}: suggested by scheme {scheme.name}, as none was named{beside}"


def suggested_for(
    scheme: Scheme, batch: int | None, changes: TrainingSettings | Mapping[str, Any] | None
) -> dict[str, float | int]:
    """Learning rate, mini-batch and scale of the first weights that the scheme suggests, as far as
    the user names none.

    The loss is a mean over the mini-batch: for one that is named and smaller than the suggested
    one, the rate is smaller in proportion (linear scaling: Goyal et al., arXiv 1706.02677), which
    keeps the step of an epoch. For a larger one it is not raised.
    """
    if isinstance(changes, TrainingSettings):
        return {}
    used = named_batch(batch, changes)
    own = scheme.suggested.get("batch", 1)
    named = {"batch"} if used is not None else set()
    suggested = {
        name: value
        for name, value in scheme.suggested.items()
        if name not in named | set(changes or {})
    }
    if used is not None and used < own and "learning_rate" in suggested:
        suggested["learning_rate"] *= used / own
    return suggested


def named_batch(batch: int | None, changes: Mapping[str, Any] | None) -> int | None:
    """The mini-batch that the user names, if it is a number: settings check it later."""
    named = (changes or {}).get("batch", batch)
    named = int(named) if isinstance(named, str) and named.isdecimal() else named
    return named if isinstance(named, int) and named > 0 else None
