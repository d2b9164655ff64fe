"""Why a scheme enters no verdict: references, chance, and trainings that have not settled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from archsim.training.standing import guards_of, held_out_of, not_settled


def held_back(row: Mapping[str, Any], document: Mapping[str, Any]) -> list[str]:
    """Why a scheme enters no verdict, in words; empty where nothing holds it back."""
    reasons = guards_of(document)
    tested = held_out_of(document)
    for run in row["seeds"][1:]:
        why = not_settled(run["test_error_percent"], tested)
        if why:
            reasons.append(f"seed {run['seed']} {why}")
            break
    return reasons


def only_early(reasons: Sequence[str]) -> bool:
    """Whether all that holds a scheme back is that it has not settled."""
    return all("not settled" in reason for reason in reasons)
