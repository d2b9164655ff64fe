"""The page of the networks that were imported, from what `measure_imports` found."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / "imported.md"
EXPORTERS = ("torch.export", "TorchScript")
EXACT = 1e-4
"""Of the largest output: what a float32 network may differ from onnxruntime's."""
_HEAD = """# Networks that were imported

Architectures of PyTorch and of the package transformers, narrow and shallow, with random weights: {total} networks, each exported
by both of PyTorch's exporters. {loaded} of {files} files load, {equal} of these have the counts that PyTorch's own graph gives, and
{exact} compute what onnxruntime computes, within 1e-4 of the largest output (the largest difference is {worst:.1e}).

*MACs* and *weights* are counted in the graph of `torch.export`, without ONNX: multiply-accumulates of products with weights and
between activations, and weights that take part in a product (a table of rows is none). A file is *equal* where the importer counts
the same of both. `archsim train` takes {trained} of {networks} networks that load, the others for the reason in the last column. Written
by `python -m docs.from_code.measure_imports`, which makes all networks itself.

| network | MACs | weights | by `torch.export` | by TorchScript | trains |
|---|---|---|---|---|---|
"""


def write(measured: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the page.

    Args:
        measured: by network what PyTorch counts and what became of each exporter's file.
    """
    rows = [
        f"| {name} | {_count(facts, 'macs')} | {_count(facts, 'weights')} | "
        + " | ".join(_verdict(facts, exporter) for exporter in EXPORTERS)
        + f" | {_trains(facts)} |"
        for name, facts in measured.items()
    ]
    PAGE.write_text(_HEAD.format(**_totals(measured)) + "\n".join(rows) + "\n", encoding="utf-8")


def _totals(measured: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    files = [
        (facts, facts[exporter])
        for facts in measured.values()
        for exporter in EXPORTERS
        if exporter in facts and "exporter" not in facts[exporter]
    ]
    loaded = [(facts, file) for facts, file in files if "refused" not in file]
    differences = [file["difference"] for _, file in loaded if "difference" in file]
    return {
        "total": len(measured),
        "files": len(files),
        "loaded": len(loaded),
        "equal": sum(_equal(facts, file) for facts, file in loaded),
        "exact": sum(difference <= EXACT for difference in differences),
        "trained": sum(_trains(facts)[:4] in ("yes", "with") for facts in measured.values()),
        "networks": sum(bool(_trains(facts)) for facts in measured.values()),
        "worst": max(differences, default=0.0),
    }


def _equal(facts: Mapping[str, Any], file: Mapping[str, Any]) -> bool:
    return all(facts.get(name) == file[name] for name in ("macs", "weights"))


def _trains(facts: Mapping[str, Any]) -> str:
    """Whether a network trains, by the first of its files that loads."""
    told = (facts[exporter].get("trains") for exporter in EXPORTERS if exporter in facts)
    return next((_plain(word) for word in told if word), "")


def _count(facts: Mapping[str, Any], name: str) -> str:
    return f"{facts[name]:,}" if name in facts else ""


def _verdict(facts: Mapping[str, Any], exporter: str) -> str:
    """What became of a network's file, in a few words."""
    file = facts.get(exporter)
    if file is None or "exporter" in file:
        why = facts.get("fault", "") if file is None else file["exporter"]
        return f"not exported ({_plain(why)})"
    if "refused" in file:
        return f"refused: {_plain(file['refused'])}"
    words = [
        "equal" if _equal(facts, file) else f"{file['macs']:,} MACs, {file['weights']:,} weights"
    ]
    if "difference" not in file:
        words.append(
            "priced only" + (f" ({_plain(file['no_values'])})" if "no_values" in file else "")
        )
    elif file["difference"] > EXACT:
        words.append(f"differs by {file['difference']:.1e}")
    return ", ".join(words)


def _plain(text: str) -> str:
    return text.replace("|", "/").replace("<", "").replace(">", "")[:100]
