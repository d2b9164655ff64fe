"""Inputs of one name and another content."""

import sys
from pathlib import Path

import numpy as np

from archsim.schemes import own_file
from workloads.datasets import load_dataset

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "manhattan.py"
DEVICE = """
[mine]
law = "constant_step"
title = "mine"
source = "my own measurement"
place = "here"
confidence = "assumed"
parameters = { pulse_step = 0.01, pulse_noise = 0.1 }
"""


def as_before_but(path, old, new):
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def write_data(path, labels):
    digits = load_dataset("digits").first(train=60, test=20)
    np.savez(
        path,
        train_images=digits.train_images,
        train_labels=labels,
        test_images=digits.test_images,
        test_labels=digits.test_labels,
    )


def other_labels(folder):
    write_data(folder / "data.npz", np.roll(load_dataset("digits").first(train=60).train_labels, 1))


def other_module(folder, zone=1.5):
    """Edit what the rule imports, and begin a new session: in one session a module that was
    imported stays as it is.
    """
    (folder / "rule_parts.py").write_text(f"ZONE = {zone}\n")
    new_session()


def new_session():
    sys.modules.pop("rule_parts", None)
    own_file._loaded.clear()


CHANGES = {
    "device": lambda folder: as_before_but(
        folder / "dev.toml", "pulse_noise = 0.1", "pulse_noise = 0.9"
    ),
    "scheme": lambda folder: as_before_but(
        folder / "rule.py", "DECISION = {", "DECISION = {}\nDECISION = {"
    ),
    "what the scheme imports": lambda folder: other_module(folder),
    "data": other_labels,
    "chip": lambda folder: as_before_but(folder / "chip.toml", "rows = 128", "rows = 64"),
    "network": lambda folder: as_before_but(folder / "net.toml", "channels = 16", "channels = 8"),
}
NAMES = {"what the scheme imports": "scheme"}
