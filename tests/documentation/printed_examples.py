"""What is printed in the documentation, block by block, and how a test runs it: in full, on small
data.
"""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).parents[2]
TEXTS = sorted([*ROOT.glob("docs/**/*.md"), ROOT / "README.md"])
DIGITS_LIKE_MNIST = "mnist.npz"
"""A file that stands for MNIST: images of its size, so that no test downloads anything."""


class Block(NamedTuple):
    """One fenced block of a text: where it begins, its language and its lines."""

    path: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT).as_posix()}:{self.line}"


def blocks(*languages: str) -> list[Block]:
    """Every fenced block of these languages in README and docs, in order."""
    printed = []
    for path in TEXTS:
        text = path.read_text(encoding="utf-8")
        for match in re.finditer(r"^```([^\n]*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
            if match[1] in languages:
                printed.append(
                    Block(path, text[: match.start()].count("\n") + 1, match[1], match[2])
                )
    return printed


def commands(text: str) -> list[tuple[list[str], str | None]]:
    """The words of every command of a shell block, with the file that takes its output."""
    lines = []
    for line in text.splitlines():
        for command in line.split("&&"):
            words = shlex.split(command, comments=True)
            into = words[words.index(">") + 1] if ">" in words else None
            if words:
                lines.append((words[: words.index(">")] if into else words, into))
    return lines


def on_small_data(words: list[str]) -> list[str]:
    """The same command on few images and schemes: what it says stays, how long it takes does not."""
    words = [
        DIGITS_LIKE_MNIST if before == "--data" and word == "mnist" else word
        for before, word in zip(["", *words], words)
    ]
    # two layers say as much of a table as four; training.md trains the larger network
    if words[0] == "compare":
        small = {"rpu_cnn": "digits_cnn", DIGITS_LIKE_MNIST: "digits"}
        words = [small.get(word, word) for word in words]
    if words[0] in ("train", "compare"):
        words += ["--images", "20", "--epochs", "1"]
    # work that is spread over processes has tests of its own
    if words[0] in ("compare", "explore") and "--jobs" not in words:
        words += ["--jobs", "1"]
    # and so has how many seeds and trials they are
    few = {"--jobs": "1", "--seeds": "2", "--tune": "2"}
    words = [few.get(before, word) for before, word in zip(["", *words], words)]
    # the whole list of schemes has tests of its own
    return [
        re.sub(r"^all\b", "sgd,essop", word) if before == "--schemes" else word
        for before, word in zip(["", *words], words)
    ]


def write_inputs(folder: Path) -> None:
    """The files that the texts take for granted, under the names that they print."""
    draw = np.random.default_rng(1)
    images = draw.integers(0, 256, (60, 1, 28, 28), dtype=np.uint8)
    labels = np.arange(60) % 10
    np.savez(
        folder / DIGITS_LIKE_MNIST,
        train_images=images[:40],
        train_labels=labels[:40],
        test_images=images[40:],
        test_labels=labels[40:],
    )
    shutil.copytree(ROOT / "docs/examples", folder / "docs/examples")
    for name in ("reports/gokmen2017/study.toml", "reports/gokmen2017/history/um_bl1-1.json"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((ROOT / name).read_bytes())
    own = (
        (ROOT / "docs/examples/manhattan.py")
        .read_text(encoding="utf-8")
        .replace('"manhattan"', '"my_scheme"')
    )
    (folder / "my_scheme.py").write_text(own, encoding="utf-8")
    full = next(block.text for block in blocks("toml") if "[[rungs]]" in block.text)
    small = (
        full.replace('"mnist"', f'"{DIGITS_LIKE_MNIST}"')
        .replace("= 1500", "= 20")
        .replace("points = 20", "points = 2")
    )
    small = small.replace("test_images = 500", "test_images = 20")
    assert small != full
    (folder / "space.toml").write_text(small, encoding="utf-8")
    _write_convolution(folder / "resnet50.onnx", draw)


def _write_convolution(path: Path, draw: np.random.Generator) -> None:
    import onnx
    from onnx import helper, numpy_helper

    weight = numpy_helper.from_array(
        draw.normal(size=(4, 3, 3, 3)).astype(np.float32), "stem.weight"
    )
    ends = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        for name, shape in (("image", [1, 3, 8, 8]), ("out", [1, 4, 6, 6]))
    ]
    graph = helper.make_graph(
        [helper.make_node("Conv", ["image", "stem.weight"], ["out"])],
        "stem",
        ends[:1],
        ends[1:],
        [weight],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), str(path))
