"""What papers state of their chips: one TOML file each in `facts/`."""

from __future__ import annotations

import functools
from importlib import resources
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from archsim.chip.faults import explain
from archsim.readers.documents import parse_toml

COLLECTED = (
    "as collected by Shanbhag and Roy, Benchmarking In-Memory Computing Architectures, CICC 2022, "
    "database of November 2024"
)
MEMORIES = Literal["resistive", "phase_change", "magnetic", "flash", "sram"]
CONVERTERS = Literal["sar", "charge_sharing", "slope", "oscillator", "flash", "sense_amplifier"]
DENSITY = "what the density refers to"
"""Among what is unknown: an area that follows from it may be of a core, a chip or a die."""
Positive = Annotated[float, Field(gt=0, le=1e12)]
Count = Annotated[int, Field(ge=1, le=10**6)]
Bits = Annotated[int, Field(ge=1, le=32)]


class Strict(BaseModel):
    """A table without unknown words."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Point(Strict):
    """One invocation of a core: a vector of `rows_active` inputs of `input_bits` bits is applied, and
    each converter takes `columns_together` columns; once, unless `conversions` says how many the
    invocation has. `converter_bits` where a chip has several resolutions.

    `operations` are one-bit operations, of which one of a x b bits counts a b; `tops_mm2` is their
    rate over the area.
    """

    supply_v: Positive | None = None
    input_bits: Bits
    rows_active: Count
    columns_together: Count
    conversions: Count | None = None
    converter_bits: Bits | None = None
    operations: Positive
    invocation_ns: Positive
    energy_pj: Positive | None = None
    energy_place: str = "operations of an invocation over operations a joule"
    tops_mm2: Positive | None = None


class PublishedBlock(Strict):
    """A block whose share of the core's area is stated, and the roles of the model that are in it."""

    share: Positive
    roles: tuple[str, ...]


class OwnPart(Strict):
    """A block that the paper states, as a component; `holds`: roles that are inside of it."""

    part: str
    per: str
    count: Positive = 1.0
    parameters: dict[str, float | str] = {}
    holds: tuple[str, ...] = ()


class ChipFacts(Strict):
    """A chip, or one array of a chip that has two kinds.

    `rows_on_line`: rows on one bit line, where a column has several lines one after the other.
    `held_a_column`: each column has its own sample and hold, so that all integrate at once.
    `line_voltage_v`: the highest one of its lines, where it is stated. `not_in_table`: roles that a
    study's component table has no line for, so that its figures do not hold them. `group`: chips of the same
    authors' series, which leave a fit together. `converter` is stated only
    where the paper's title or abstract says the kind. `unknown`: what a description needs and the
    sources do not state. `area_mm2` where it is stated as such. `measured`: whether it is silicon.
    `own_parts`: blocks of the paper by role, for a description that is calibrated. `checked_as`: the
    check of a hand-made description that has the same published figure.
    """

    name: str
    title: str
    authors: str
    venue: str
    year: int
    group: str
    memory: MEMORIES
    cell: str
    node_nm: Positive
    core_kbit: Positive
    rows: Count | None = None
    columns: Count | None = None
    rows_on_line: Count | None = None
    converters: Count
    converter_bits: Annotated[float, Field(gt=0, le=32)]
    line_voltage_v: Positive | None = None
    line_voltage_place: str = ""
    sensing: Literal["current", "voltage"] | None = None
    sensing_place: str = ""
    converter: CONVERTERS | None = None
    converter_place: str = ""
    area_mm2: Positive | None = None
    area_place: str = ""
    source_note: str = COLLECTED
    held_a_column: bool = False
    held_place: str = ""
    measured: bool = True
    not_in_table: tuple[str, ...] = ()
    checked_as: str = ""
    blocks: dict[str, PublishedBlock] = {}
    own_parts: dict[str, OwnPart] = {}
    unknown: tuple[str, ...]
    points: tuple[Point, ...]

    @property
    def says_area(self) -> bool:
        """Whether its sources say what a published area is of."""
        return DENSITY not in self.unknown

    @property
    def source(self) -> str:
        """The paper."""
        return f"{self.authors}, {self.venue} {self.year}: {self.title}"


class LeftOut(Strict):
    """A chip of the collection that is compared with nothing."""

    title: str
    authors: str
    venue: str
    year: int
    cell: str
    reason: str


@functools.cache
def read_left_out() -> tuple[LeftOut, ...]:
    """The chips that are left out, as `left_out.toml` has them."""
    path = resources.files("archsim.validation.chips") / "left_out.toml"
    content = parse_toml(path.read_text(encoding="utf-8"), path.name)
    return tuple(LeftOut.model_validate(entry) for entry in content["chips"])


@functools.cache
def read_facts() -> dict[str, ChipFacts]:
    """All chips by name, in the order of their files' names."""
    folder = resources.files("archsim.validation.chips") / "facts"
    chips = {}
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.name.endswith(".toml"):
            chips[path.name.removesuffix(".toml")] = parse_facts(
                path.read_text(encoding="utf-8"), path.name
            )
    return chips


def parse_facts(text: str, file: str) -> ChipFacts:
    """The chip of one file's text; its name is that of the file.

    Raises:
        InputError: with the file and the field.
    """
    content = {"name": file.removesuffix(".toml"), **parse_toml(text, file)}
    try:
        return ChipFacts.model_validate(content)
    except ValidationError as error:
        raise explain([{**fault} for fault in error.errors()], file, ChipFacts) from None
