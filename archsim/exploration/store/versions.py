"""What a stored number depends on besides its design: the code that made it and the figures it was
priced with.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable
from pathlib import Path

from archsim.basics.version import VERSION

_ROOT = Path(__file__).parents[3]
# Rooms that turn numbers into pages and files change no number, nor do those above this one;
# neither do the tables of this room.
_SILENT = (
    "archsim/cli",
    "archsim/report",
    "archsim/exploration",
    "archsim/validation",
    "archsim/studies",
    "archsim/comparison",
)


@functools.cache
def code_version() -> str:
    """The version and a digest of every source file that a number depends on."""
    files = [
        path for room in ("archsim", "hwlib", "workloads") for path in (_ROOT / room).rglob("*.py")
    ]
    kept = [path for path in files if not path.relative_to(_ROOT).as_posix().startswith(_SILENT)]
    return f"{VERSION}+{_digest(kept)}"


@functools.cache
def figures_version() -> str:
    """A digest of hwlib's figure files."""
    return _digest(
        path for path in (_ROOT / "hwlib").rglob("*") if path.suffix in (".toml", ".csv")
    )


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted(paths):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(_ROOT).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()
