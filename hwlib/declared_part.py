"""A part written as one TOML file: its parameters, actions, laws, figures and sources.

    [part]        name, title, group, scaling, native_node_nm, description
    [parameters]  a table each: default, low, high, unit, integer, monotone, note; or choices
    [actions]     name = what one action is
    [laws]        area, leakage, energy.ACTION and latency.ACTION as expressions
    [figures]     a table each: value, unit, low, high, kind, source, place, node_nm, note
    bibtex        entries of the sources that the bibliography does not have yet
    [[rows]]      what the figures were fitted to, for readers and for a test that fits again

A law reads parameters (in their own unit), figures of the file by their key and figures of the
library by their name, both in base units; it gives um2, W, J or s. It must be monotone in every
figure, as the laws in Python are, or its range would miss an extreme.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, get_args

from hwlib.effects import QUANTITY_WORDS, Effects
from hwlib.errors import InputError, is_finite, nearest, unknown
from hwlib.expressions import Expression
from hwlib.figures import figure, find_figure, load_figures
from hwlib.part import Parameter, Part
from hwlib.part_documents import table_of
from hwlib.quantity import Quantity, derive
from hwlib.scaling import SCALING_CLASSES

_TABLES = ("part", "parameters", "actions", "laws", "figures", "bibtex", "rows")
_PART_FIELDS = (
    "name",
    "title",
    "group",
    "scaling",
    "native_node_nm",
    "description",
    "holds_clock",
    "enabled_by",
)
_PARAMETER_FIELDS = tuple(field.name for field in fields(Parameter) if field.name != "name")

_PARAMETER_KINDS: dict[str, type] = {
    "unit": str,
    "note": str,
    "choices": list,
    "integer": bool,
    "monotone": bool,
    "effects": dict,
}


@dataclass(frozen=True)
class Law:
    """One law of a part file, and the figures that it reads: name in the text -> in the library."""

    expression: Expression
    figures: Mapping[str, str]

    def work_out(self, values: Mapping[str, float | int | str], unit: str) -> Quantity:
        """The law at the parameters' `values`, in base `unit`, with the range of its figures."""

        def at(*numbers: float) -> float:
            # Figures stand last: a name that a parameter has too is refused when the file is read.
            worked_out = self.expression({**values, **dict(zip(self.figures, numbers))})
            if not is_finite(worked_out):
                raise InputError(
                    "a law must give a finite number", where=self.expression.where, got=worked_out
                )
            return float(worked_out)

        inputs = (figure(name) for name in self.figures.values())
        return derive(self.expression.text, unit, at, *inputs)


class DeclaredPart(Part):
    """A part whose laws a file states as expressions."""

    laws: ClassVar[Mapping[str, Law]]

    def area(self) -> Quantity:
        return self.laws["area"].work_out(self.values, "um2")

    def leakage(self) -> Quantity:
        return self.laws["leakage"].work_out(self.values, "W")

    def energy(self, action: str) -> Quantity:
        return self.laws[f"energy.{action}"].work_out(self.values, "J")

    def latency(self, action: str) -> Quantity:
        law = self.laws.get(f"latency.{action}")
        return law.work_out(self.values, "s") if law else super().latency(action)


def parse_part(document: Mapping[str, object], where: str) -> type[DeclaredPart]:
    """The part of one file, not yet registered.

    Args:
        document: the tables of the file.
        where: name of the file, for errors.

    Returns:
        a Part class; its figures must be in the library already (`load_figures` reads them).

    Raises:
        InputError: for a table, field or name that is unknown, missing or wrong.
    """
    _only(document, _TABLES, "table", where)
    about = table_of(document, "part", where)
    _only(about, _PART_FIELDS, "field", f"{where}: part")
    name, title, group, description = (
        _text(about, key, f"{where}: part") for key in ("name", "title", "group", "description")
    )
    scaling = about.get("scaling")
    if scaling not in SCALING_CLASSES:
        raise unknown("scaling class", str(scaling), SCALING_CLASSES, f"{where}: part.scaling")
    native_node_nm = about.get("native_node_nm", Part.native_node_nm)
    if not is_finite(native_node_nm):
        raise InputError("not a number", where=f"{where}: part.native_node_nm", got=native_node_nm)
    parameters = tuple(
        _parameter(key, entry, f"{where}: parameters.{key}")
        for key, entry in table_of(document, "parameters", where).items()
    )
    actions = table_of(document, "actions", where)
    body = {
        "__doc__": description,
        "__module__": f"hwlib.parts ({where})",
        # As a part in Python declares them, so that pages and tests that ask a class need not know
        # which it is.
        "__annotations__": {parameter.name: _kind(parameter) for parameter in parameters},
        "name": name,
        "title": title,
        "group": group,
        "scaling": scaling,
        "native_node_nm": float(native_node_nm),
        "parameters": parameters,
        "actions": {action: _text(actions, action, f"{where}: actions") for action in actions},
        **_clock(about, actions, f"{where}: part"),
        "laws": _laws(document, name, [parameter.name for parameter in parameters], where),
    }
    return type(name, (DeclaredPart,), body)


def _clock(
    about: Mapping[str, object], actions: Mapping[str, object], where: str
) -> dict[str, bool | str]:
    """Whether the part's energies hold a clock, and which action clocks its flip-flops."""
    holds = about.get("holds_clock", Part.holds_clock)
    if not isinstance(holds, bool):
        raise InputError("must be true or false", where=f"{where}.holds_clock", got=holds)
    action = about.get("enabled_by", Part.enabled_by)
    if action and action not in actions:
        raise unknown("action", str(action), actions, f"{where}.enabled_by")
    return {"holds_clock": holds, "enabled_by": str(action)}


def _laws(
    document: Mapping[str, object], part: str, parameters: list[str], where: str
) -> dict[str, Law]:
    """Every law that the part needs; a law of anything else, or that is missing, is refused."""
    actions = table_of(document, "actions", where)
    needed = {"area", "leakage", *(f"energy.{action}" for action in actions)}
    own = {key: f"{part}.{key}" for key in table_of(document, "figures", where)}
    for name in parameters:
        if name in own:
            raise InputError("a parameter and a figure have one name", where=where, got=name)
    written: dict[str, object] = {}
    for key, law in table_of(document, "laws", where).items():
        written |= (
            {f"{key}.{action}": text for action, text in law.items()}
            if isinstance(law, dict)
            else {key: law}
        )
    _only(written, (*needed, *(f"latency.{action}" for action in actions)), "law", where)
    for missing in sorted(needed - set(written)):
        raise InputError(f"the law of {missing} is missing", where=f"{where}: laws")
    laws = {}
    for key, text in written.items():
        expression = Expression(text, f"{where}: laws.{key}")
        # A figure of the file hides one of the library: a file must mean the same whatever the
        # library gains.
        read = {name: own.get(name, name) for name in expression.names if name not in parameters}
        if any(name not in own and find_figure(name) is None for name in read):
            # All figure files are parsed for the nearest name alone; a good file needs few of them.
            known = {*parameters, *own, *load_figures()}
            expression.check_names(known, "parameter or figure")
        laws[key] = Law(expression, read)
    return laws


def _parameter(name: str, entry: object, where: str) -> Parameter:
    if not isinstance(entry, dict):
        raise InputError("a parameter is a table", where=where, got=entry)
    _only(entry, _PARAMETER_FIELDS, "field", where)
    if not name.isidentifier():
        raise InputError("a parameter's name is letters, digits and _", where=where, got=name)
    for key, kind in _PARAMETER_KINDS.items():
        # `kind()` is an empty one of the right kind: a field that is left out passes.
        if not isinstance(entry.get(key, kind()), kind):
            raise InputError(f"must be a {kind.__name__}", where=f"{where}.{key}", got=entry[key])
    given = {**entry, "choices": tuple(map(str, entry.get("choices", ())))}
    if not given["choices"] and not (is_finite(given.get("low")) and is_finite(given.get("high"))):
        raise InputError("needs low and high, or choices", where=where)
    if "default" not in given:
        raise InputError("field 'default' is missing", where=where)
    if "effects" in given:
        given["effects"] = _effects(given["effects"], f"{where}.effects")
    parameter = Parameter(name, **given)
    # A default outside its own range would be an error of every user that leaves it out.
    parameter.check(parameter.default, f"{where}.default")
    return parameter


def _effects(entry: Mapping[str, object], where: str) -> Effects:
    words = {name: get_args(kind) for name, kind in QUANTITY_WORDS.items()}
    _only(entry, (*words, "nothing"), "field", where)
    for name, word in entry.items():
        if name in words and word not in words[name]:
            raise unknown("effect", str(word), words[name], f"{where}.{name}")
    try:
        # held to their words above; a type checker knows them as texts only
        held: dict[str, Any] = {name: str(word) for name, word in entry.items()}
        return Effects(**held)
    except ValueError as error:
        raise InputError(str(error), where=where, got=dict(entry)) from None


def _kind(parameter: Parameter) -> str:
    if parameter.choices:
        return "str"
    return "int" if parameter.integer else "float"


def _text(table: Mapping[str, object], key: str, where: str) -> str:
    text = table.get(key)
    if not isinstance(text, str) or not text.strip():
        raise InputError("must be a text", where=f"{where}.{key}", got=text)
    return text


def _only(table: Mapping[str, object], allowed: tuple[str, ...], what: str, where: str) -> None:
    for key in table:
        if key not in allowed:
            raise InputError(
                f"unknown {what} '{key}'",
                where=where,
                allowed=sorted(allowed),
                hint=nearest(key, allowed),
            )
