"""One row a scheme, as compare.json keeps it beside the results: what each seed gave, what tuning
tried, what it trained on. Verdicts, tables and pages read these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from archsim.comparison.statistics import deviation_of, mean_of

EXACT = "exact"
"""What stands for the device where a scheme trains weights that no device holds."""
SEED_FACTS = (
    "accuracy_percent",
    "area_mm2",
    "power_uw",
    "energy_per_image_j",
    "latency_per_image_s",
    "writes_per_device",
    "images_per_second",
    "boundaries",
)
"""What a seed keeps of its result; `boundaries` are of all its `images`."""
SILICON = ("area_mm2", "power_uw", "energy_per_image_j", "latency_per_image_s", "boundaries")
"""What of it prices and figures decide."""


@dataclass(frozen=True)
class TrialRecord:
    """One trial of a tuning: the settings by path (`learning_rate`, `scheme.FIELD`,
    `training.FIELD`), the accuracy on the validation part, or None with the reason.
    """

    number: int
    settings: Mapping[str, Any]
    validation_accuracy_percent: float | None
    reason: str = ""


@dataclass(frozen=True)
class TuningRecord:
    """What tuning tried, in order, and which trial was taken."""

    trials: Sequence[TrialRecord]
    chosen_trial: int

    @property
    def chosen(self) -> Mapping[str, Any]:
        """The settings of the trial that was taken."""
        return next(trial.settings for trial in self.trials if trial.number == self.chosen_trial)

    def to_dict(self) -> dict[str, Any]:
        """As compare.json holds it."""
        return {
            "trials": [asdict(trial) for trial in self.trials],
            "chosen_trial": self.chosen_trial,
            "chosen": dict(self.chosen),
        }


@dataclass(frozen=True)
class SchemeRuns:
    """What one scheme gave beside the result of its first seed, which stands for it in `schemes`:
    the facts of every seed (`seed_facts`), its tuning, and words that warn (`flags`).
    """

    seeds: Sequence[Mapping[str, Any]]
    tuning: TuningRecord | None = None
    flags: Sequence[str] = field(default_factory=tuple)

    def row(self, first: Mapping[str, Any]) -> dict[str, Any]:
        """The row of compare.json.

        Args:
            first: the result of the first seed.
        """
        accuracies = [
            run["accuracy_percent"] for run in self.seeds if run["accuracy_percent"] is not None
        ]
        return {
            "label": first["label"],
            "scheme": first["scheme"],
            "device": first["device"] or EXACT,
            "accuracy_percent": mean_of(accuracies),
            "accuracy_std": deviation_of(accuracies),
            "seeds": [dict(run) for run in self.seeds],
            "tuning": None if self.tuning is None else self.tuning.to_dict(),
            "flags": list(self.flags),
        }


def stored_runs(row: Mapping[str, Any]) -> SchemeRuns:
    """The runs of a row that was read from compare.json."""
    tuning = row["tuning"]
    kept = None
    if tuning is not None:
        trials = [
            TrialRecord(
                trial["number"],
                trial["settings"],
                trial["validation_accuracy_percent"],
                trial["reason"],
            )
            for trial in tuning["trials"]
        ]
        kept = TuningRecord(trials, tuning["chosen_trial"])
    return SchemeRuns(row["seeds"], kept, row["flags"])


def seed_facts(document: Mapping[str, Any]) -> dict[str, Any]:
    """What a row keeps of the result of one seed: its accuracy, by epoch too, and its silicon, which
    differs by the activity that it had.
    """
    return {
        "seed": document["training"]["settings"]["seed"],
        "images": document["images"],
        **{name: document.get(name) for name in SEED_FACTS},
        "test_error_percent": [epoch["test_error_percent"] for epoch in document["epochs"]],
    }
