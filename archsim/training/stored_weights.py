"""The weights that a training left in its folder, by layer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from archsim.schemes import load_scheme
from archsim.training.arrays import below_each_other
from archsim.training.checkpoints import load_checkpoint
from archsim.training.digital_biases import with_biases
from archsim.training.inputs import layers_digest
from archsim.training.kept_words import roles_of
from archsim.training.program import build_program
from archsim.training.sections import LayerTiles
from archsim.training.settings import CORE_RULES
from archsim.training.table import COLUMNS, COPIES, ROWS, WORDS
from hwlib.errors import InputError
from workloads.network import Network


class CheckpointWeights(NamedTuple):
    """By layer float32 (outputs, inputs), the bias in the last column; and by layer and role what
    other layers take (see `kept_words.roles_of`), and the words that they kept.
    """

    weights: dict[str, np.ndarray]
    roles: dict[str, dict[str, np.ndarray]]
    words: np.ndarray


def checkpoint_weights(network: Network, folder: Path) -> dict[str, np.ndarray]:
    """The weights (outputs, inputs) of a training's last checkpoint, by layer; see
    `read_checkpoint_weights`.
    """
    return read_checkpoint_weights(network, folder).weights


def read_checkpoint_weights(network: Network, folder: Path) -> CheckpointWeights:
    """What an inference takes of a training's last checkpoint.

    Args:
        network: that was trained.
        folder: of `archsim train --out`.

    Returns:
        weights, several devices of one averaged, and what other layers take.

    Raises:
        InputError: for a folder without a checkpoint, a damaged one, and one of another network.
    """
    facts, arrays = load_checkpoint(folder)
    if facts.get("network") != layers_digest(network):
        raise InputError(
            "the checkpoint is that of another network", where=str(folder), allowed=network.name
        )
    settings = facts.get("settings")
    copies = settings.get("devices_per_weight", 1) if isinstance(settings, dict) else 1
    names = [layer.name for layer in network.matrix_layers]
    table = dict.fromkeys(names, copies) if isinstance(copies, int) else copies
    program = build_program(network, table, _errors_of(settings), _tiles_of(settings))
    flat = arrays.get("weights")
    sizes = [int(row[ROWS] * row[COLUMNS] * row[COPIES]) for row in program.arrays]
    if flat is None or flat.ndim != 1 or flat.size != sum(sizes) or flat.dtype != np.float32:
        raise InputError(
            "the checkpoint's weights do not fit",
            where=str(folder),
            got=None if flat is None else flat.shape,
            allowed=f"{sum(sizes)} weights of '{network.name}'",
        )
    biases = arrays.get("biases", np.zeros(0, np.float32))
    if biases.shape != (program.biases,) or biases.dtype != np.float32:
        raise InputError(
            "the checkpoint's biases do not fit",
            where=str(folder),
            got=biases.shape,
            allowed=f"{program.biases} digital biases",
        )
    copies_of: dict[int, list[np.ndarray]] = {}
    # arrays lie one after the other
    firsts = np.cumsum([0, *sizes])
    for index, (row, size, first) in enumerate(zip(program.arrays, sizes, firsts)):
        held = flat[first : first + size].reshape(int(row[COPIES]), int(row[ROWS]), -1)
        own = biases[row[WORDS] : row[WORDS] + row[ROWS]] if row[WORDS] >= 0 else None
        copies_of[index] = [with_biases(matrix, own) for matrix in held]
    kept = arrays.get("kept.values", np.zeros(0, np.float32))
    if kept.shape != program.first_words.shape or kept.dtype != np.float32:
        raise InputError(
            "the checkpoint's digital words do not fit",
            where=str(folder),
            got=kept.shape,
            allowed=f"{len(program.first_words)} words of normalisations",
        )
    weights = below_each_other(program.names, copies_of)
    return CheckpointWeights(weights, roles_of(program, kept), kept)


def _tiles_of(settings: Any) -> dict[str, LayerTiles]:
    """Where a checkpoint's settings put biases: of its layers' tiles nothing else matters here."""
    tiles = settings.get("tiles") if isinstance(settings, dict) else None
    return {
        name: LayerTiles(bias="digital")
        for name, layer in (tiles if isinstance(tiles, Mapping) else {}).items()
        if isinstance(layer, dict) and layer.get("bias") == "digital"
    }


def _errors_of(settings: Any) -> int:
    """Errors that the update rule of a checkpoint takes back an image. Of its settings only the rule
    and what the rule was set to are read: others may be those of an earlier version.
    """
    kept = settings if isinstance(settings, dict) else {}
    rule = str(kept.get("rule", "float"))
    own = kept.get("scheme_settings")
    if rule in CORE_RULES:
        return 1
    return load_scheme(rule, own if isinstance(own, dict) else {}).output_errors
