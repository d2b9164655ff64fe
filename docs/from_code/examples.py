"""The files that chapters go through, each as a page: those of `docs/examples`, and those of the
package that show how something is added.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs/examples"
# Files of the package that a chapter shows: page -> file.
OF_THE_PACKAGE = {
    "piecewise_step": "archsim/devices/piecewise_step.py",
    "relu": "archsim/operators/vector/relu.py",
    "gelu": "archsim/operators/vector/gelu.py",
    "lookup_unit": "archsim/chip/blocks/lookup_unit.py",
    "event_table": "archsim/soc/observers/event_table.py",
    "adc_flash": "hwlib/parts/adc_flash.toml",
}
LANGUAGES = {".py": "python", ".toml": "toml", ".csv": "text"}


def example_files() -> dict[str, Path]:
    """Page name -> file."""
    own = {path.stem: path for path in sorted(EXAMPLES.iterdir()) if path.suffix in LANGUAGES}
    return own | {name: ROOT / path for name, path in OF_THE_PACKAGE.items()}


def example_pages() -> dict[str, str]:
    """Path under docs/ -> the file as a page of its own, which no table of contents lists."""
    return {f"examples/{name}.md": _page(path) for name, path in example_files().items()}


def _page(path: Path) -> str:
    shown = path.relative_to(ROOT).as_posix()
    text = path.read_text(encoding="utf-8").rstrip()
    return (
        "---\norphan: true\n---\n\n# "
        f"{path.name}\n\n`{shown}`\n\n````{LANGUAGES[path.suffix]}\n{text}\n````\n"
    )


def to_pages(text: str) -> str:
    """Links of a chapter to files of `docs/examples` as links to their pages."""
    for path in EXAMPLES.iterdir():
        text = text.replace(f"examples/{path.name})", f"examples/{path.stem}.md)")
    return text
