"""Does a sweep see files as they are now, whatever was swept before in this process?"""

from archsim.chip.load import architecture_path
from archsim.exploration.space.design import resolve
from archsim.exploration.space.keys import key_of
from archsim.schemes.base import SCHEMES
from archsim.schemes.own_file import load_scheme_file
from tests.conformance.test_own_schemes import EXAMPLE

NETWORK = """
schema = 1
name = "one"
description = "one layer"
source = "this test"
input = [16]
[[layer]]
name = "fc"
operator = "linear"
features = {outputs}
"""


def test_a_sweep_sees_an_edited_network_and_chip(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    chip = architecture_path("cim40").read_text()
    rows = []
    for outputs, text in (
        (10, chip),
        (90, chip),
        (90, chip.replace("columns = 128", "columns = 256")),
    ):
        (tmp_path / "net.toml").write_text(NETWORK.format(outputs=outputs))
        (tmp_path / "chip.toml").write_text(text)
        design = {
            "network": "net.toml",
            "architecture": "chip.toml",
            "scheme": None,
            "phase": "inference",
            "batch": 1,
            "images": 1,
            "device": None,
        }
        step = resolve(design)
        rows.append((step.trace.matrices[0].columns, step.chip.tile.columns, key_of(design)))
    assert [seen[:2] for seen in rows] == [(10, 128), (90, 128), (90, 256)] and len(
        {key for *_, key in rows}
    ) == 3


def test_a_sweep_sees_an_edited_scheme(tmp_path, known):
    zones = []
    for zone in (0.25, 0.75):
        (tmp_path / "mine.py").write_text(EXAMPLE.read_text().replace("= 0.5", f"= {zone}"))
        name = load_scheme_file(tmp_path / "mine.py")
        design = {
            "network": "digits_cnn",
            "architecture": "cim40",
            "scheme": name,
            "phase": "training",
            "batch": 1,
            "images": 1,
            "device": "auto",
        }
        assert type(resolve(design).rule) is SCHEMES[name]
        zones.append(resolve(design).rule.dead_zone)
    assert zones == [0.25, 0.75]


def test_workers_that_are_kept_read_relative_names_where_the_sweep_stands(tmp_path, monkeypatch):
    # the same name in two folders, swept one after the other: a pool that is used again was started
    # in the first
    import archsim

    tiles = []
    for outputs in (10, 300):
        folder = tmp_path / str(outputs)
        folder.mkdir()
        (folder / "net.toml").write_text(NETWORK.format(outputs=outputs))
        monkeypatch.chdir(folder)
        space = {
            "schema": 1,
            "name": "here",
            "network": "net.toml",
            "architecture": "cim40",
            "axes": {"tile.rows": [64, 128]},
            "objectives": {"area_mm2": "minimise"},
        }
        tiles.append({row["tiles"] for row in archsim.explore(space, jobs=2).rows()})
    assert tiles == [{1}, {5}]
