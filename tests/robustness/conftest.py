"""What tests of this folder share."""

import gzip
import sys
from pathlib import Path

import pytest

import archsim
from archsim.schemes import list_schemes, own_file
from archsim.schemes.base import SCHEMES
from tests.robustness.exchanged_inputs import DEVICE, EXAMPLE, write_data
from tests.robustness.long_sweep import LONG
from tests.robustness.tiny_datasets import make_content, make_source
from workloads.datasets import load, load_dataset
from workloads.datasets.catalogue import PARTS


@pytest.fixture
def content():
    return make_content()


@pytest.fixture
def mirror(tmp_path, content):
    """A folder that plays the mirror; file:// goes through the same door as https://."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    for part in PARTS:
        (folder / f"{part}-idx.gz").write_bytes(gzip.compress(content[part], mtime=0))
    return folder


@pytest.fixture
def source(tmp_path, monkeypatch, content, mirror):
    """A catalogue with one tiny set, an empty cache, no ARCHSIM_DATA."""
    made = make_source(content, [f"{mirror.as_uri()}/"])
    monkeypatch.setattr(load, "catalogue", lambda: {"tiny": made})
    monkeypatch.setenv("ARCHSIM_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("ARCHSIM_DATA", raising=False)
    return made


@pytest.fixture(scope="session")
def undisturbed():
    """The table of LONG as one undisturbed process makes it."""
    return list(archsim.explore(LONG).rows())


@pytest.fixture
def inputs(tmp_path, monkeypatch):
    """One file of every kind of input, in the current folder."""
    monkeypatch.chdir(tmp_path)
    list_schemes()
    before = dict(SCHEMES)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "dev.toml").write_text(DEVICE)
    (tmp_path / "net.toml").write_text(
        Path(archsim.__file__).parents[1].joinpath("workloads/networks/digits_cnn.toml").read_text()
    )
    (tmp_path / "chip.toml").write_text(
        Path(archsim.__file__).parent.joinpath("chip/files/cim40.toml").read_text()
    )
    (tmp_path / "rule_parts.py").write_text("ZONE = 0.5\n")
    (tmp_path / "rule.py").write_text(
        EXAMPLE.read_text()
        .replace("= 0.5\n", "= rule_parts.ZONE\n", 1)
        .replace("import numpy as np\n", "import numpy as np\nimport rule_parts\n", 1)
        .replace('"manhattan"', '"own_rule"', 1)
    )
    digits = load_dataset("digits").first(train=60, test=20)
    write_data(tmp_path / "data.npz", digits.train_labels)
    yield tmp_path
    SCHEMES.clear()
    SCHEMES.update(before)
    sys.modules.pop("rule_parts", None)
    own_file._loaded.clear()
