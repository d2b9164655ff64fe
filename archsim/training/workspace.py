"""What a thread works in while images pass: made anew for each."""

from __future__ import annotations

import numpy as np

from archsim.kernels.cache_lines import zeros_apart
from archsim.kernels.tile_records import READ_COUNTS
from archsim.training.records import Counters, Workspace
from archsim.training.table import Program

F = np.float32


def new_workspace(program: Program, images: int, answers: int) -> Workspace:
    """Memory of so many images with so many answers each, and the scratch of a thread.

    Args:
        program: says how much.
        images: whose activations and errors are kept at a time.
        answers: to an image.
    """
    return Workspace(
        zeros_apart((images, program.memory), F),
        zeros_apart(program.activations, F),
        zeros_apart(program.room, F),
        zeros_apart(program.words, np.uint64),
        zeros_apart((images, answers, 2)),
    )


def new_counters(arrays: int) -> Counters:
    """Counts of so many arrays, from zero."""
    return Counters(
        zeros_apart((arrays, 2, READ_COUNTS), np.int64), zeros_apart((arrays, 2, 5)), zeros_apart(3)
    )
