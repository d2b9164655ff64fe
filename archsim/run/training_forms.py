"""The form of what a training and an inference add to a result file."""

from __future__ import annotations

from archsim.readers.form import Form, nullable

_TRAINING: dict[str, Form] = {
    "finished": "flag",
    "reason": "text",
    "images": "count",
    "energy_j": "amount",
    "seconds": "amount",
    "settings": {"*": "any"},
    "test_set??": {"images": "some", "classes": "some", "largest_class_percent": "percent"},
    "later??": {"seconds": "amount", "test_error_percent": "percent", "test_loss": "amount"},
    "writes": {
        "*": {
            "mean": "amount",
            "maximum": "amount",
            "histogram": {"edges": ["number"], "counts": ["count"]},
        }
    },
}


# What `archsim train` adds; checked where the field "training" is there.
TRAINING: dict[str, Form] = {
    "dataset": "text",
    "device": "text?",
    "accuracy_percent": "percent?",
    "writes_per_device": "amount",
    "activity_file": "text?",
    "epochs": [
        {
            "epoch": "some",
            "train_error_percent": "percent",
            "test_error_percent": "percent",
            "images_per_second": "amount",
        }
    ],
    "training": _TRAINING,
}


# What `archsim infer` adds; checked where the field "inference" is there.
INFERENCE: dict[str, Form] = {
    "dataset": "text",
    "device": "text?",
    "accuracy_percent": "percent",
    "accuracy_range": ("percent", "percent"),
    "reference_accuracy_percent": "percent",
    "seeds": "some",
    "inference": {
        "images": "some",
        "at_s": "amount",
        "calibration_images": "some",
        "normalisation_images??": "some",
        "accuracies_percent": ["percent"],
    },
}


UNPRICED_TRAINING: dict[str, Form] = TRAINING | {"training": nullable(_TRAINING, "energy_j")}
