"""Comparisons in the JSON form of `archsim compare`, made by arithmetic: any number of schemes, no
training. For tests of what is shown.
"""

from __future__ import annotations

import warnings

from archsim.readers.versions import migrated
from hwlib.errors import StoredNote
from tests.consistent import settle
from tests.data_results import LENET, make_result

NAMES = (
    "sgd",
    "rpu",
    "mixed_precision",
    "hic",
    "sbpca",
    "sbpca:rank=10",
    "sbe",
    "lrt",
    "essop",
    "cbram_sc",
    "cbram_sc:stream_source=lfsr",
    "zero_shift",
    "tiki_taka:version=v1",
    "tiki_taka:version=v2",
    "tiki_taka",
    "tiki_taka:training.batch=8:version=agad",
    "lns_madam",
    "dsc",
)


def make_comparison(
    names: tuple[str, ...] = NAMES, epochs: int = 3, refused: dict[str, str] | None = None
) -> dict:
    """A whole document. Every scheme has its own area, energy, time and error; the third never
    writes a device.
    """
    schemes = [_scheme(index, name, epochs) for index, name in enumerate(names)]
    return {
        "schemes": schemes,
        "refused": {"outer": "the array has no transposed read"} if refused is None else refused,
    }


def as_read(document: dict) -> dict:
    """The document as a reader gives it: of the version of today, with rows of one seed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StoredNote)
        return migrated("comparison", document, "made")


def _scheme(index: int, name: str, epochs: int) -> dict:
    result = make_result(LENET, ("forward", "backward", "update"), batch=8)
    joules = 1.3**index
    for key in ("energy_j", "energy_per_image_j", "latency_s", "latency_per_image_s", "cycles"):
        result[key] = type(result[key])(result[key] * joules)
    for part in (*result["by_component"].values(), *result["by_phase"].values()):
        part["energy_j"] *= joules
    area = 1 + index % 5 / 4
    result["area_mm2"] *= area
    for part in result["by_component"].values():
        part["area_mm2"] *= area
    result["area_mm2_range"] = [end * area for end in result["area_mm2_range"]]
    settle(result)
    error = 90.0 / (1 + (7 * index) % len(NAMES))
    history = [
        {
            "epoch": epoch,
            "train_error_percent": min(100.0, 1.4 * error / epoch),
            "test_error_percent": error / epoch,
            "images_per_second": 100.0 * (index + 1),
            "train_loss": 1.0,
            "test_loss": 1.0,
            "seconds": 1.0,
        }
        for epoch in range(1, epochs + 1)
    ]
    writes = 0.0 if index == 2 else 3.0 * 1.7**index
    return result | {
        "scheme": name.split(":")[0],
        "label": name,
        "images_per_second": 100.0 * (index + 1),
        "scheme_title": f"what {name} does",
        "dataset": "digits",
        "device": None if index % 2 else "gokmen2016",
        "activity": "measured",
        "accuracy_percent": 100.0 - history[-1]["test_error_percent"] if history else None,
        "writes_per_device": writes,
        "activity_file": None,
        "epochs": history,
        "extra_memory_bits": 8192.0 * index,
        "notes": [*result["notes"], f"only {name}"],
        "training": {
            "finished": True,
            "reason": "",
            "images": 1000,
            "energy_j": 1.0,
            "seconds": 1.0,
            "settings": {
                "rule": name,
                "learning_rate": 0.01 * (index + 1),
                "batch": 8,
                "scheme_settings": {"rank": index},
            },
            "writes": {
                "": {
                    "mean": writes,
                    "maximum": 2 * writes,
                    "histogram": {"edges": [0.0], "counts": []},
                }
            },
        },
    }
