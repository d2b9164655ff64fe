"""Are the numbers of `reports/transformers` those of today's program, and can they be made again?

GPT-2 small takes seconds a row, so ViT tiny stands for its rows here; a smaller network for the training.
"""

import csv
import io
from pathlib import Path

import pytest

from archsim.studies import adapters, transformers
from tests.near import near

REPORT = Path(__file__).resolve().parents[2] / "reports" / "transformers"


def stored(name):
    return list(csv.DictReader((REPORT / name).read_text(encoding="utf-8").splitlines()))


@pytest.mark.parametrize("way", transformers.WAYS)
def test_attention_in_every_way_costs_what_the_table_says(way):
    work = transformers.WORKS[0]
    row = next(r for r in stored("transformers.csv") if (r["network"], r["products"]) == (
        work.network, way))  # fmt: skip
    again = transformers.row_of(work, way)
    assert again.cycles == int(row["cycles"])
    assert again.millijoules == near(float(row["mj"]), 1e-5)
    assert again.attention_share == near(float(row["attention_share_of_time"]), 1e-5)
    assert again.limited_by == row["limited_by"]
    shares = {name: float(row[f"share {name}"]) for name in again.shares}
    assert sum(again.shares.values()) == near(1.0)
    assert all(abs(again.shares[name] - share) <= 6e-5 for name, share in shares.items())


def test_table_and_plot_hold_every_row(tmp_path):
    work = transformers.WORKS[0]
    rows = [transformers.row_of(work, way) for way in ("matrix units", "arrays")]
    table = list(csv.DictReader(io.StringIO(transformers.table_of(rows))))
    assert [row["products"] for row in table] == ["matrix units", "arrays"]
    transformers.draw(rows, tmp_path)
    drawn = (tmp_path / "transformers.svg").read_bytes()
    transformers.draw(rows, tmp_path)
    # the same picture for the same numbers
    assert (tmp_path / "transformers.svg").read_bytes() == drawn


@pytest.mark.parametrize("held_in", ["", "arrays", "memory"])
def test_a_step_with_adapters_costs_what_the_table_says(held_in):
    rows = stored("adapters.csv")
    row = next(r for r in rows if (r["rule"], r["held_in"]) == ("rpu", held_in))
    again = adapters.priced("vit_tiny", "rpu", int(row["rank"]), held_in or "arrays")
    for name in ("milliseconds", "millijoules", "area_mm2", "moved"):
        assert getattr(again, name) == near(float(row[name]), 1e-5), name


def test_fine_tuning_moves_what_it_says(tmp_path, monkeypatch):
    monkeypatch.setattr(adapters, "FIRST_EPOCHS", 1)
    monkeypatch.setattr(adapters, "EPOCHS", 1)
    monkeypatch.setattr(adapters, "RULES", {"rpu": {}})
    digits = adapters.load_dataset("digits").first(train=64)
    monkeypatch.setattr(adapters, "load_dataset", lambda name: digits)
    adapters.main([str(tmp_path), "train"])
    whole, low_rank = csv.DictReader((tmp_path / "fine_tuning.csv").read_text().splitlines())
    # by hand: embedding 8 x 16, three projections and the way out 16 x 16, read-out 128 x 10; biases
    # of the first, the way out and the read-out
    assert int(whole["trained"]) == 8 * 16 + 4 * 16 * 16 + 128 * 10 + 16 + 16 + 10
    # rank 2 beside the five matrices, and the read-out itself
    inputs_and_outputs = (8 + 16) + 4 * (16 + 16)
    assert int(low_rank["trained"]) == 2 * inputs_and_outputs + 128 * 10 + 10
