"""Is a result without a digest, whose numbers were changed, refused by its own sums?"""

import json

import pytest

from archsim.cli.main import main
from archsim.cost.added_up import check_sums
from archsim.readers.digest import digest_of, seal
from archsim.run.result import Result
from archsim.validation.stored_results import verify
from hwlib.errors import InputError, StoredNote


def edited(document, change):
    """A stored document with a change, its digest left away: what an earlier version, or a hand,
    would have written.
    """
    document = json.loads(json.dumps(document))
    document.pop("digest", None)
    change(document)
    return document


def scaled(*path, by=10.0):
    def change(document):
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] *= by

    return change


CHANGES = [
    scaled("area_mm2"),
    scaled("energy_j"),
    scaled("energy_per_image_j"),
    scaled("power_uw"),
    scaled("static_power_uw"),
    scaled("dynamic_power_uw"),
    scaled("latency_s"),
    scaled("latency_per_image_s"),
    scaled("utilisation", by=0.5),
    scaled("boundaries", "system", "energy_j"),
    scaled("boundaries", "macro", "area_mm2"),
    scaled("boundaries", "die", "area_mm2"),
    scaled("boundaries", "die", "shares", "parts"),
    scaled("by_component", "adc", "area_mm2"),
    scaled("by_component", "adc", "energy_j"),
    scaled("by_layer", 0, "energy_j"),
    scaled("by_phase", "forward", "energy_j"),
    scaled("inventory", 3, "area_mm2"),
    scaled("cycles", by=2),
    scaled("images", by=2),
    scaled("clock_mhz"),
    scaled("resources", 0, "busy_cycles", by=2),
    scaled("area_mm2_range", 0, by=1000),
]


@pytest.mark.parametrize("number", range(len(CHANGES)))
def test_a_result_without_digest_still_has_to_add_up(number, folders, tmp_path, capsys):
    document = json.loads((folders["result"][0] / "result.json").read_text())
    (tmp_path / "result.json").write_text(json.dumps(edited(document, CHANGES[number])))
    for line in (
        ["report", str(tmp_path)],
        ["explain", str(tmp_path), "area_mm2"],
        ["verify", str(tmp_path)],
    ):
        assert main(line) == 2
    assert "internal" not in capsys.readouterr().err and not (tmp_path / "report.html").exists()


def test_counts_and_prices_belong_together(folders, tmp_path):
    """With its own prices a result is added up from its ledger: no count and no price can change
    alone.
    """
    document = json.loads((folders["result"][0] / "result.json").read_text())
    rows = [number for number, row in enumerate(document["ledger"]) if row["count"]]
    changes = [
        scaled("ledger", rows[0], "count", by=2),
        scaled("ledger", rows[-1], "count", by=2),
        scaled("inventory", 2, "unit_prices", "area_mm2", 0),
        scaled("inventory", 2, "count", by=2),
    ]
    for change in changes:
        with pytest.raises(InputError, match="does not follow from"):
            check_sums(edited(document, change), "x")


def test_figures_of_another_day_do_not_matter(folders, tmp_path):
    """A result whose prices are all twice those of today agrees with itself, and is read."""
    document = edited(
        json.loads((folders["result"][0] / "result.json").read_text()), lambda _: None
    )
    for row in document["inventory"]:
        row["area_mm2"] *= 2
        row["unit_prices"]["area_mm2"] = [2 * value for value in row["unit_prices"]["area_mm2"]]
        document["by_component_off_chip" if row["boundary"] == "system" else "by_component"][
            row["component"]
        ]["area_mm2"] *= 2
    for row in (document, *document["boundaries"].values()):
        row["area_mm2"] *= 2
        row["area_mm2_range"] = [2 * value for value in row["area_mm2_range"]]
    shares = document["boundaries"]["die"]["shares"]
    shares |= {name: 2 * value for name, value in shares.items()}
    (tmp_path / "result.json").write_text(json.dumps(seal(document)))
    assert Result.load(tmp_path).area_mm2 == document["area_mm2"]
    assert verify(tmp_path).findings[0].verdict == "good"


def test_what_was_stored_without_digest_is_read_with_a_note(folders, tmp_path, capsys):
    document = edited(
        json.loads((folders["result"][0] / "result.json").read_text()), lambda _: None
    )
    (tmp_path / "result.json").write_text(json.dumps(document))
    with pytest.warns(StoredNote, match="without digest"):
        Result.load(tmp_path)
    assert main(["explain", str(tmp_path), "area_mm2"]) == 0 and "note: " in capsys.readouterr().err
    assert (
        main(["explain", str(tmp_path), "area_mm2", "--quiet"]) == 0
        and "note: " not in capsys.readouterr().err
    )
    assert main(["verify", str(tmp_path)]) == 0 and "noted" in capsys.readouterr().out


def test_the_digest_is_of_the_content_not_of_the_form():
    document = {"b": [1, 2.5, None], "a": {"x": "µ"}, 3: (True,)}
    sealed = seal(document)
    assert (
        json.loads(json.dumps(sealed, indent=7, sort_keys=True))["digest"]
        == sealed["digest"]
        == seal(sealed)["digest"]
    )
    assert digest_of({"a": 1}) != digest_of({"a": 1.0}) != digest_of({"a": "1"})
