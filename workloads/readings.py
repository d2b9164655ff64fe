"""What a reader of network files chose where the file leaves it open, and the option that chooses
otherwise.
"""

from __future__ import annotations

from typing import NamedTuple


class FileReading(NamedTuple):
    """One choice.

    Args:
        note: the note of the network that tells it.
        value: what was taken.
        option: of the command line, which overrules it; load_network has the same by its name.
    """

    note: str
    value: str | int
    option: str
