"""What is on the chip: the named components, each a part of hwlib with its parameters and how many
there are.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hwlib.errors import InputError

BOUNDARIES = ("macro", "chip", "system")


@dataclass(frozen=True)
class Component:
    """`count` equal instances of the hwlib part `part`, counted inside the boundary `boundary`.

    `name` is the role the ledger counts under (adc, buffer, ...). Raises InputError where the
    boundary is not one of macro (array and converters), chip (plus buffers, interconnect, digital
    units, controller, clock) and system (plus off-chip memory), or where the count is not a whole
    number of at least zero.
    """

    name: str
    part: str
    parameters: dict[str, object] = field(default_factory=dict)
    count: int = 1
    boundary: str = "macro"

    def __post_init__(self):
        if self.boundary not in BOUNDARIES:
            raise InputError(
                "unknown boundary", where=self.name, got=self.boundary, allowed=BOUNDARIES
            )
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
