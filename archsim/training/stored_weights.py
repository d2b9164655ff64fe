"""The weights that a training left in its folder, by layer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from archsim.training.checkpoints import load_checkpoint
from archsim.training.digital_biases import with_biases
from archsim.training.program import build_program
from archsim.training.resume import network_digest
from archsim.training.sections import LayerTiles
from archsim.training.table import COLUMNS, COPIES, ROWS, WORDS
from hwlib.errors import InputError
from workloads.network import Network


def checkpoint_weights(network: Network, folder: Path) -> dict[str, np.ndarray]:
    """The weights of a training's last checkpoint.

    Args:
        network: that was trained.
        folder: of `archsim train --out`.

    Returns:
        by layer float32 (outputs, inputs), the bias in the last column; several devices of a weight
        averaged.

    Raises:
        InputError: for a folder without a checkpoint, a damaged one, and one of another network.
    """
    facts, arrays = load_checkpoint(folder)
    if facts.get("network") != network_digest(network):
        raise InputError(
            "the checkpoint is that of another network", where=str(folder), allowed=network.name
        )
    settings = facts.get("settings")
    copies = settings.get("devices_per_weight", 1) if isinstance(settings, dict) else 1
    names = [layer.name for layer in network.array_layers]
    table = dict.fromkeys(names, copies) if isinstance(copies, int) else copies
    program = build_program(network, table, tiles=_tiles_of(settings))
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
    weights: dict[str, list[np.ndarray]] = {}
    # arrays lie one after the other
    firsts = np.cumsum([0, *sizes])
    for name, row, size, first in zip(program.names, program.arrays, sizes, firsts):
        held = flat[first : first + size].reshape(int(row[COPIES]), int(row[ROWS]), -1)
        own = biases[row[WORDS] : row[WORDS] + row[ROWS]] if row[WORDS] >= 0 else None
        weights.setdefault(name, []).extend(with_biases(matrix, own) for matrix in held)
    return {
        name: np.asarray(np.mean(held, axis=0, dtype=np.float64), np.float32)
        for name, held in weights.items()
    }


def _tiles_of(settings: Any) -> dict[str, LayerTiles]:
    """Where a checkpoint's settings put biases: of its layers' tiles nothing else matters here."""
    tiles = settings.get("tiles") if isinstance(settings, dict) else None
    return {
        name: LayerTiles(bias="digital")
        for name, layer in (tiles if isinstance(tiles, Mapping) else {}).items()
        if isinstance(layer, dict) and layer.get("bias") == "digital"
    }
