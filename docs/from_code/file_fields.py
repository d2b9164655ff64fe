"""Every field of the other TOML files: networks, design spaces, devices, figures of hwlib, studies.

The names come from the readers; what each means is said here, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping

from archsim.devices import presets
from archsim.exploration.space import axes, load, read_ladder, space
from archsim.operators.vocabulary import FUNCTIONS
from archsim.studies import study_file
from docs.from_code.markdown import code, page, table
from hwlib import figures
from workloads import toml_file
from workloads.layers import FIELDS as OPERATOR_FIELDS

Meanings = Mapping[str, str]

NETWORK: Meanings = {
    "schema": "1, the version of the format; needed",
    "name": "name of the network (default: that of the file)",
    "description": "one line, printed by `archsim list networks`",
    "source": "where it comes from",
    "input": "shape of an image without the batch axis; needed",
    "layer": "`[[layer]]`, one table a layer; needed",
}
LAYER: Meanings = {
    "name": "name of the layer; needed",
    "operator": "one of [the operators](operators.md); needed",
    "inputs": "layers that it reads (default: the one before; `input` is the network's input)",
    "channels": "output channels; needed",
    "features": "output features; needed",
    "hidden": "size of the state; needed",
    "kernel": "size of the window, a number or [height, width]; needed",
    "stride": "step of the window (1; of a pool: the kernel)",
    "padding": (
        'a number, [vertical, horizontal], [top, left, bottom, right], "same" or "valid" (0); '
        "needed by `pad`"
    ),
    "dilation": "distance of the window's elements (1)",
    "groups": "parts that do not see each other; as many as channels: depthwise (1)",
    "bias": "true or false (false)",
    "shares": "an earlier layer whose weights this one reads",
    "transposed": "those weights are read transposed (false)",
    "count_include_pad": "an average is over the padding too (false)",
    "size": "channels of a local response (5)",
    "axis": "axis of a concatenation, a slice (0) or a softmax (the channels, else the last)",
    "shape": "the new shape, one -1 at most; of a further `input`: its shape; needed",
    "axes": "order of the axes (reversed)",
    "start": "first index (0)",
    "stop": "index after the last (the end)",
    "alpha": "slope below zero (0.01)",
    "low": "lowest output (0)",
    "high": "highest output (6)",
} | {field: text for item in FUNCTIONS.values() for field, text in item.meanings.items()}
SPACE: Meanings = {
    "schema": "1; needed",
    "name": "name, and the folder where `--out` names none (default: that of the file)",
    "title": "one line over the report",
    "network": "as `archsim run` takes it; needed, here or as an axis",
    "architecture": "the chip",
    "scheme": "the update rule",
    "device": "the device of the weights",
    "phase": "`inference` or `training`",
    "batch": "images of a training step",
    "images": "images of a run",
    "settings": "fields of the chip, the scheme, the device or the training that are fixed",
    "axes": "fields that vary: a list of values, or a range",
    "derived": "fields that follow from others, by expressions",
    "conditions": "expressions between axes and fields; what breaks one is not worked out",
    "constraints": "expressions on results; what breaks one is shown, but on no front",
    "objectives": "numbers of the result, each `minimise` or `maximise`",
    "record": "more numbers to keep, by their path in the JSON of a run",
    "sampler": "how points are chosen",
    "rungs": "`[[rungs]]`, from cheap to dear (default: `price` alone)",
}
RANGE: Meanings = {
    "from": "lowest value; needed",
    "to": "highest value; needed",
    "step": "distance of the values",
    "factor": "ratio of the values",
    "count": "how many values",
    "scale": "`linear` or `log`",
    "integer": "whole numbers only",
}
SAMPLER: Meanings = {
    "kind": ", ".join(f"`{kind}`" for kind in space.SAMPLERS) + " (`grid`)",
    "points": "how many; needed but for a grid, which has all",
    "seed": "seed of the draws (0)",
    "population": "designs of a generation of `nsga2` (50)",
}
RUNG: Meanings = {
    "kind": ", ".join(f"`{kind}`" for kind in space.RUNGS) + "; needed",
    "points": "designs of the rung below that come here (all)",
    "each": "axes of whose every combination of values so many come",
    "data": "data set of a training; needed there",
    "epochs": "epochs of a training",
    "images": "images trained on",
    "test_images": "images tested on",
    "seed": "seed of the training",
}
DEVICE: Meanings = {
    "law": "one of [the laws](devices.md); needed",
    "title": "one line; needed",
    "source": "where the numbers come from, in your own words; needed",
    "place": "page, table or file there; needed",
    "confidence": "how they are known: " + ", ".join(presets.CONFIDENCES) + "; needed",
    "parameters": "`[NAME.parameters]`: those of the law that are not at its default; needed",
    "note": "free text",
}
FIGURE: Meanings = {
    "value": "the number; needed",
    "unit": "its unit; needed",
    "low": "lowest value that the source or its kind allows; needed",
    "high": "highest; needed",
    "kind": "measured, simulated, scaled, stated or assumed; needed",
    "source": "a key of `hwlib/sources.bib`; needed",
    "place": "page, table or equation there; needed",
    "node_nm": "node that the number belongs to, in nm",
    "note": "free text",
}
STUDY: Meanings = {
    "title": "one line over the report",
    "source": "the publication",
    "network": "network of all rows",
    "data": "data set of all rows",
    "mean_of_last": "epochs at the end over which errors are averaged",
    "settings": "settings that all rows share",
    "row": "`[[row]]`, one a training",
    "priced": "`[[priced]]`, tables that `archsim report --reprice` makes again",
}
ROW: Meanings = {
    "name": "name of the row, and of its folder; needed",
    "title": "what the row is",
    "published_percent": "published error of the row, in per cent",
    "tolerance_percent": "how far from it the row may be",
    "published_text": "what was published, where it is no number",
    "settings": "settings of its training, over those that all rows share",
    "seeds": "seeds, each a training of its own",
}

INTRODUCTION = """Chips have [a page of their own](chip_fields.md), and so have [trainings](training_fields.md). In parentheses stands the
default."""


def files_page() -> str:
    """One section a kind of file."""
    return page(
        "Fields of the other files",
        INTRODUCTION,
        _section("A network", "[How to write one](../learn/my_network.md).", NETWORK),
        _section(
            "`[[layer]]` of a network",
            "Which operator has which is under [operators](operators.md).",
            LAYER,
        ),
        _section("A design space", "[Exploring a design space](../explore.md).", SPACE),
        _section("A range on an axis", "`read.adc_bits = { from = 6, to = 8 }`", RANGE),
        _section("`[sampler]`", "", SAMPLER),
        _section("`[[rungs]]`", "What stands from `data` on belongs to the rung `training`.", RUNG),
        _section(
            "A device",
            "One table `[NAME]` a device; [how to write one](../learn/my_device.md).",
            DEVICE,
        ),
        _section("A figure of hwlib", "One table `[TABLE.KEY]` a figure.", FIGURE),
        _section("A study", "`study.toml` in a folder of `reports/`.", STUDY),
        _section("`[[row]]` of a study", "", ROW),
    )


def _section(title: str, text: str, meanings: Meanings) -> str:
    rows = ((code(name), meaning) for name, meaning in meanings.items())
    return "\n\n".join(filter(None, [f"## {title}", text, table(("field", "means"), rows)]))


def named_by_readers() -> dict[str, tuple[set[str], set[str]]]:
    """Kind of file -> the fields that its reader takes, and those that have a meaning here."""
    layer = {field for fields in OPERATOR_FIELDS.values() for field in fields}
    return {
        "network": (set(toml_file._TOP), set(NETWORK)),
        "layer": (layer | {"name", "operator", "inputs"}, set(LAYER)),
        "space": (set(load.FIELDS), set(SPACE)),
        "range": (set(axes.RANGE_FIELDS), set(RANGE)),
        "rung": ({"kind", "points", "each", *read_ladder._TRAINING_OPTIONS}, set(RUNG)),
        "device": ({*presets._REQUIRED, "note"}, set(DEVICE)),
        "figure": ({*figures._REQUIRED, *figures._OPTIONAL}, set(FIGURE)),
        "study": (set(study_file._FIELDS), set(STUDY)),
        "row": (set(study_file._ROW_FIELDS), set(ROW)),
    }
