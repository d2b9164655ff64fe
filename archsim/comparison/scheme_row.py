"""One row of a comparison: what the table and compare.csv say of a scheme."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archsim.comparison.guards import held_back
from archsim.run.fact_tables import Row


def an_image(value: float | None, images: int) -> float | None:
    """What of a run falls to one of its images; None where it has no price."""
    return None if value is None else value / images


def scheme_row(document: Row, entry: Row) -> Row:
    images = document["images"]
    area = document["area_mm2_range"] or (None, None)  # a reference run has no price
    system = document["boundaries"]["system"]
    return {
        "scheme": document["scheme"],
        "label": document["label"],
        "device": entry["device"],
        "learning_rate": document["training"]["settings"]["learning_rate"],
        "batch": document["batch"],
        "accuracy_percent": entry["accuracy_percent"],
        "accuracy_std": entry["accuracy_std"],
        "seeds": len(entry["seeds"]),
        "trials": len(entry["tuning"]["trials"]) if entry["tuning"] else 0,
        "area_mm2": document["area_mm2"],
        "area_low_mm2": area[0],
        "area_high_mm2": area[1],
        "system_area_mm2": system["area_mm2"],
        "power_uw": document["power_uw"],
        "energy_per_image_j": document["energy_per_image_j"],
        "system_energy_per_image_j": an_image(system["energy_j"], images),
        "off_chip": off_chip(document),
        "latency_per_image_s": document["latency_per_image_s"],
        "update_energy_per_image_j": an_image(
            document["by_phase"].get("update", {}).get("energy_j", 0.0), images
        ),
        "writes_per_device": document["writes_per_device"],
        "most_writes_per_device": most_writes(document),
        "extra_memory_kib": document["extra_memory_bits"] / 8192,
        "tiles": document["tiles"],
        "images_per_second": document["images_per_second"],
        "setup_energy_j": document.get("setup", {}).get("energy_j"),
        "setup_seconds": document.get("setup", {}).get("seconds"),
        "held_back": "; ".join(held_back(entry, document)),
    }


def off_chip(document: Mapping[str, Any]) -> str:
    """What of a training the buffer does not hold, in words: the state, the feature maps, or both;
    empty where all of it is on chip, or where a result from before this was recorded says nothing.
    """
    memory = document.get("memory") or {}
    spilled = [
        # "0 %" and "100 %" would say what isn't so.
        (f"state {100 * share:.0f} %" if 0.005 < share < 0.995 else "state", share)
        for share in [memory.get("state_off_chip", 0.0)]
    ]
    spilled.append(("feature maps", memory.get("maps_off_chip", 0.0)))
    words = [word for word, share in spilled if share > 0]
    return f"{' and '.join(words)} spilled off chip" if words else ""


def most_writes(document: Mapping[str, Any]) -> float | None:
    """Writes a device in the whole training, mean over the arrays of that kind which are written
    most: the weights, or further arrays (fast, reference, accumulator), of which
    `writes_per_device` says nothing. None where the training tells no writes.
    """
    further = [
        writes["mean"]
        for kind, writes in document["training"].get("writes", {}).items()
        # Arrays beside the weights proper, as the second device of a mixed scheme, wear out by
        # themselves.
        if kind.startswith(".")
    ]
    known = [value for value in (document.get("writes_per_device"), *further) if value is not None]
    return max(known, default=None)


def images_per_second(epochs: list[Row]) -> float | None:
    """Images a second of one core over all epochs, which have the same number of images; None where
    none was finished.
    """
    # A harmonic mean, as it is times that add up.
    return len(epochs) / sum(1 / row["images_per_cpu_second"] for row in epochs) if epochs else None
