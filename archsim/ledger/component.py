"""What is on the chip: the named components, each a part of hwlib with its parameters and how many
there are.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hwlib.errors import InputError

# Nested, from inside out: what a boundary holds is all before it in this order, so readers compare
# positions.
BOUNDARIES = ("macro", "chip", "system")


@dataclass(frozen=True)
class Component:
    """Equal instances of one part on the chip.

    Args:
        name: role that the ledger counts under (adc, buffer, ...).
        part: name of the hwlib part.
        parameters: its parameters by name; what is not given takes its default.
        count: how many there are.
        boundary: where they are counted: macro (array and converters), chip (plus buffers,
            interconnect, digital units, controller, clock) or system (plus off-chip memory).

    Raises:
        InputError: for another boundary, or a count that is no whole number of at least zero.
    """

    name: str
    # A name, not a part: a stored result is read and held against itself without the part's law.
    part: str
    parameters: dict[str, object] = field(default_factory=dict)
    count: int = 1
    boundary: str = "macro"

    def __post_init__(self) -> None:
        if self.boundary not in BOUNDARIES:
            raise InputError(
                "unknown boundary", where=self.name, got=self.boundary, allowed=BOUNDARIES
            )
        # Python's True is an int: without this a flag would be priced as one instance.
        if isinstance(self.count, bool) or not isinstance(self.count, int) or self.count < 0:
            raise InputError(
                "the number of instances is not a whole number of at least 0",
                where=self.name,
                got=self.count,
            )

    def to_row(self) -> dict[str, object]:
        """The component as a JSON row."""
        parameters = dict(self.parameters)
        return {
            "component": self.name,
            "part": self.part,
            "parameters": parameters,
            "count": self.count,
            "boundary": self.boundary,
        }
