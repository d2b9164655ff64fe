"""The update schemes side by side: the same network, data, chip and number of images, accuracy and silicon of each."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archsim.files import csv_text, write_files
from archsim.result import Result
from archsim.schemes import list_schemes, load_scheme
from archsim.train import train
from hwlib.errors import InputError, unknown

if TYPE_CHECKING:
    from archsim.architecture.config import Architecture
    from workloads.datasets import Dataset
    from workloads.network import Network

COLUMNS = ("scheme", "accuracy_percent", "area_mm2", "area_low_mm2", "area_high_mm2", "power_uw", "energy_per_image_j",
           "latency_per_image_s", "update_energy_per_image_j", "writes_per_device", "extra_memory_kib", "tiles")


@dataclass
class Comparison:
    """`results`: a result document a scheme, with its training; `refused`: schemes that this chip or network cannot run,
    with the reason."""

    results: list[dict]
    refused: dict[str, str]

    @property
    def rows(self) -> list[dict]:
        """One row a scheme, columns COLUMNS."""
        return [_row(document) for document in self.results]

    def to_dict(self) -> dict[str, Any]:
        """The JSON document: {"schemes": [result + accuracy], "refused": {name: reason}}."""
        return {"schemes": self.results, "refused": self.refused}

    def save(self, folder: str | Path) -> Path:
        """Write compare.json and compare.csv, whole or not at all."""
        return write_files(folder, {"compare.json": json.dumps(self.to_dict(), indent=1, allow_nan=False) + "\n",
                                    "compare.csv": csv_text(self.rows)})


def _row(document: dict) -> dict:
    images = document["images"]
    return {
        "scheme": document["scheme"], "accuracy_percent": document["accuracy_percent"], "area_mm2": document["area_mm2"],
        "area_low_mm2": document["area_mm2_range"][0], "area_high_mm2": document["area_mm2_range"][1], "power_uw": document["power_uw"],
        "energy_per_image_j": document["energy_per_image_j"], "latency_per_image_s": document["latency_per_image_s"],
        "update_energy_per_image_j": document["by_phase"].get("update", {}).get("energy_j", 0.0) / images,
        "writes_per_device": document["writes_per_device"], "extra_memory_kib": document["extra_memory_bits"] / 8192,
        "tiles": document["tiles"],
    }


def chosen_schemes(names: str | Sequence[str] | None) -> list[str]:
    """Scheme names from "all", None (all), a comma list or a list. Raises InputError with the nearest name."""
    known = list_schemes()
    if names is None or names == "all":
        return list(known)
    wanted = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    for name in wanted:
        if name not in known:
            raise unknown("scheme", name, known, "schemes")
    return list(dict.fromkeys(wanted))


def compare(network: str | Path | Network, schemes: str | Sequence[str] | None = None, chip: str | Path | Architecture = "cim40",
            data: str | Path | Dataset = "digits", epochs: int = 1, batch: int = 1, images: int | None = None, seed: int = 0,
            node_nm: float | None = None, folder: str | Path | None = None, resume: bool = False,
            progress: Callable[..., None] | None = None) -> Comparison:
    """Train and price every scheme on equal terms.

    With `folder` each scheme keeps its checkpoints and its result in a folder of its own; `resume` takes finished ones from there and
    goes on with the one that was interrupted. A scheme that the chip cannot run is not an error: it stands in `refused` with the reason.
    Raises InputError for unknown names and for settings that no scheme can run, KeyboardInterrupt where the user stopped it.
    """
    names = chosen_schemes(schemes)
    results, refused = [], {}
    for number, name in enumerate(names):
        own = Path(folder) / name if folder is not None else None
        if resume and own is not None and (own / "result.json").exists():
            results.append(Result.load(own).to_dict())
            continue
        told = _told(progress, number, len(names), name)
        try:
            trained = train(network, chip, data, name, epochs=epochs, batch=batch, seed=seed, images=images, folder=own,
                            resume=resume and own is not None and (own / "checkpoint.json").exists(), node_nm=node_nm, progress=told)
        except InputError as error:
            refused[name] = error.message
            continue
        if not trained.finished:
            raise KeyboardInterrupt
        document = trained.result.document
        document["extra_memory_bits"] = float(sum(trained.trace.state_words.values()) * trained.chip.vector_unit.word_bits)
        document["scheme_title"] = type(load_scheme(name)).title
        if own is not None:
            trained.result.save(own)
        results.append(trained.result.to_dict())
    if not results:
        raise InputError("no scheme could be run: " + "; ".join(f"{name}: {reason}" for name, reason in refused.items()), where="schemes")
    return Comparison(results, refused)


def _told(progress: Callable[..., None] | None, number: int, count: int, name: str) -> Callable[..., None] | None:
    if progress is None:
        return None

    def report(done: float, total: float | None, text: str = "") -> None:
        progress(number + (done / total if total else 0.0), count, f"{name} ({number + 1} of {count}): {text}")
    return report
