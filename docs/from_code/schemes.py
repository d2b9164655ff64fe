"""Update rules: each with its law, source and settings."""

from __future__ import annotations

from archsim.schemes import list_schemes, load_scheme
from archsim.studies.scheme_table import scheme_table
from docs.from_code.markdown import anchor, code, docstring, page, prose, table
from docs.from_code.settings import field_rows

INTRODUCTION = """Every built-in update rule with its settings, which `--set scheme.FIELD=VALUE` changes.
[Your own](../learn/my_update_rule.md) is one file. What they have in common is told under [update schemes](../schemes.md).

The table says what each counts with its default settings; what a training measures takes the place of what is assumed until then."""


def schemes_page() -> str:
    """One section a scheme."""
    return page("Update rules", INTRODUCTION, scheme_table(), *map(_scheme, list_schemes()))


def _scheme(name: str) -> str:
    scheme = type(load_scheme(name))
    device = code(scheme.device) if scheme.device else "exact weights"
    practice = ", ".join(f"{key} {value}" for key, value in scheme.practice.items())
    keys = ", ".join(map(code, scheme.references))
    rows = [(code(row.path), row.default, row.allowed) for row in field_rows(scheme)]
    return "\n\n".join(
        [
            f"{anchor(f'scheme-{name}')}## {name}",
            f"{prose(scheme.title)}. After {prose(scheme.source)}"
            + (f" ({keys})." if keys else "."),
            docstring(scheme),
            f"Device: {device}; default chip {code(scheme.default_chip)}. Suggested: "
            f"{practice or 'nothing'}. "
            f"Class `{scheme.__module__}.{scheme.__name__}`.",
            table(("setting", "default", "allowed"), rows) if rows else "No settings.",
        ]
    )
