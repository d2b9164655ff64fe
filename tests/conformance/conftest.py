"""What tests of this folder share: trained folders to price again, schemes that are known."""

import pytest

import archsim
from archsim.schemes import list_schemes, own_file
from archsim.schemes.base import SCHEMES


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """A comparison and a training on few images, with what they keep."""
    folder = tmp_path_factory.mktemp("kept")
    archsim.compare(
        "digits_cnn",
        ["rpu", "hic"],
        "cim40",
        "digits",
        images=60,
        seed=4,
        folder=folder / "compare",
    )
    trained = archsim.train("digits_cnn", "cim40", "digits", "rpu", epochs=1, images=60, seed=4)
    trained.result.save(folder / "train")
    return folder


@pytest.fixture
def untrained(monkeypatch):
    """Whoever trains now fails."""

    def train(*_, **__):
        raise AssertionError("a training was started")

    monkeypatch.setattr("archsim.training.loop.train", train)
    return monkeypatch


@pytest.fixture
def known():
    """The schemes and files known before, again afterwards."""
    list_schemes()  # imports those of archsim
    before = dict(SCHEMES)
    files = dict(own_file._loaded)
    yield
    for table, kept in ((SCHEMES, before), (own_file._loaded, files)):
        table.clear()
        table.update(kept)
