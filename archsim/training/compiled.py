"""The decorator of the compiled passes: that of `kernels.compiled`, with this room's sources added to the name of its cache folder."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from types import FunctionType

from archsim.kernels.compiled import kernel

SOURCES = ("activity", "arrays", "compiled", "crossbar", "passes", "pointwise", "program", "pulses", "recurrent", "steps", "windows")
"""Modules with compiled code, or with numbers that it reads."""


@functools.cache
def _room() -> str:
    digest = hashlib.sha256()
    for name in SOURCES:
        digest.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    return digest.hexdigest()[:16]


def compiled(function):
    """Compile on the first call; the machine code on disk is that of exactly these sources."""
    return kernel(function, law_name=f"training {_room()}")


def compiled_for(function, law_file: str, law_name: str, **names):
    """`function` compiled for a device law, with some of its global names replaced (see `kernels.compiled.template`)."""
    specialised = FunctionType(function.__code__, {**function.__globals__, **names}, function.__name__)
    specialised.__qualname__ = function.__qualname__
    return kernel(specialised, law_file, f"training {_room()} {law_name}")
