"""Migrations that need more than a line: what an older document said, in the words of the version
after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_KEPT = (
    "accuracy_percent",
    "area_mm2",
    "power_uw",
    "energy_per_image_j",
    "latency_per_image_s",
    "writes_per_device",
    "images_per_second",
    "boundaries",
)


def rows_of_a_seed(document: dict[str, Any]) -> dict[str, Any]:
    """Version 1 of a comparison trained each scheme with one seed and tuned nothing: version 2 says
    so in its rows.

    Args:
        document: version 1, without the field of its version.

    Returns:
        version 2, without verdicts, which need draws. Terms that were not written down are left
        out; what a result lacks is None, so that the check of the result says it.
    """
    rows = [_row(result) for result in document["schemes"] if isinstance(result, dict)]
    lists: dict[str, Any] = {
        name: [] for name in ("verdicts", "best", "provisional", "provisional_best", "bands")
    }
    verdicts = lists | {"guards": {}, "draws": 0}
    return document | {"terms": {}, "rows": rows, "paired": []} | verdicts


def _row(result: Mapping[str, Any]) -> dict[str, Any]:
    training = _table(result.get("training"))
    epochs = result.get("epochs")
    seed = {
        "seed": _table(training.get("settings")).get("seed", result.get("seed")),
        "images": result.get("images"),
        **{name: result.get(name) for name in _KEPT},
        "test_error_percent": [
            _table(epoch).get("test_error_percent")
            for epoch in (epochs if isinstance(epochs, list) else [])
        ],
    }
    return {
        "label": result.get("label") or result.get("scheme"),
        "scheme": result.get("scheme"),
        "device": result.get("device") or "exact",
        "accuracy_percent": result.get("accuracy_percent"),
        "accuracy_std": None,
        "seeds": [seed],
        "tuning": None,
        "flags": [],
    }


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
