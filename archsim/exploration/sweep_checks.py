"""What a sweep needs before it begins, and what it has to have at its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from archsim.exploration.space.space import Space
from archsim.exploration.store.store import Store
from archsim.exploration.store.table import DONE, REFUSED, PointTable
from archsim.exploration.work.preview import nothing_built


def changed_since(store: Store, inputs: Mapping[str, Any]) -> list[str]:
    """Notes on inputs that were others when the rows of the store were worked out: their points are
    worked out anew.
    """
    stored = [head["inputs"] for head in store.heads if isinstance(head.get("inputs"), dict)]
    latest: dict[str, Any] = {name: value for one in stored for name, value in one.items()}
    return [
        f"{name} has changed since this sweep was begun: its points are worked out anew"
        for name, value in inputs.items()
        if latest.get(name, value) != value
    ]


def need_known_schemes(space: Space) -> None:
    """Raises InputError where the workers of a cluster would not know a scheme that only this
    process does.
    """
    from archsim.schemes.base import SCHEMES
    from archsim.schemes.own_file import refuse_unknown_there

    names = {
        space.fixed["scheme"],
        *(value for axis in space.axes if axis.path == "scheme" for value in axis.values),
    }
    refuse_unknown_there(SCHEMES[name] for name in sorted(names & set(SCHEMES)))


def need_some(space: Space, table: PointTable) -> None:
    """Raises InputError where no point of a rung came to a result: an empty front is no success."""
    if (table.status == DONE).any():
        return
    if not len(table):
        return  # the rung below has no point that meets the constraints
    reasons: dict[str, int] = {}
    for index in np.flatnonzero(table.status == REFUSED).tolist() or range(len(table)):
        reasons[table.reasons[index]] = reasons.get(table.reasons[index], 0) + 1
    raise nothing_built(space, reasons, len(table))
