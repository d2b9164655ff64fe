"""A priced result as a file: saved whole, loaded equal, re-priced without a simulation, and refused
where it is broken.
"""

import json
import random

import pytest
from toy_result import Toy, small_result

import archsim
from archsim.cost.explain import explain
from archsim.run.result import Result
from archsim.run.result_schema import check_document
from hwlib import PARTS, InputError


@pytest.fixture(autouse=True)
def toy_part():
    PARTS["toy"] = Toy
    yield
    del PARTS["toy"]


def test_reprice_at_the_same_node_is_the_same_result(tmp_path):
    result = small_result()
    assert result.reprice(40.0) == result
    loaded = Result.load(result.save(tmp_path))
    assert loaded == result and loaded.reprice(40.0) == result


def test_reprice_at_another_node_needs_only_the_file(tmp_path):
    """The toy part scales by no law, so its prices stay: what changes is the node and the note."""
    small_result().save(tmp_path)
    again = Result.load(tmp_path / "result.json").reprice(node_nm=28)
    assert (
        again.node_nm == 28 and again.cycles == 2000 and again.area_mm2 == small_result().area_mm2
    )
    assert len(again.notes) == 1 and again.notes[0].startswith(
        "re-priced at 28 nm; cycles and clock are those of the run at 40 nm"
    )


@pytest.mark.parametrize("options", [{}, {"phase": "training", "scheme": "rpu", "batch": 2}])
def test_reprice_equals_a_run_at_that_node(options, tmp_path):
    """Wires and the clock tree follow the area at the new node, as they do in a run there."""
    at40 = archsim.simulate("lenet1", "cim40", **options)
    at40.save(tmp_path)
    at28 = archsim.simulate("lenet1", "cim40", node_nm=28, **options)
    again = Result.load(tmp_path).reprice(28)
    assert again.area_mm2 < at40.area_mm2 and again.energy_j < at40.energy_j
    as_stored = json.loads(at28.to_json())
    assert as_stored.pop("digest")
    assert {**again.document, "notes": []} == {**as_stored, "notes": []}


def test_reprice_refuses_a_node_out_of_range():
    with pytest.raises(InputError, match="node outside the range"):
        archsim.simulate("lenet1", "cim40", timing=False).reprice(2)


def test_save_writes_every_table_and_no_litter(tmp_path):
    small_result().save(tmp_path / "new" / "folder")
    names = sorted(path.name for path in (tmp_path / "new" / "folder").iterdir())
    assert names == [
        "component.csv",
        "figure.csv",
        "layer.csv",
        "ledger.csv",
        "phase.csv",
        "placement.csv",
        "resource.csv",
        "result.json",
    ]
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(InputError, match="cannot write here"):
        small_result().save(blocked)


def test_save_over_an_older_result_is_whole_or_not_at_all(tmp_path):
    small_result().save(tmp_path)
    (tmp_path / "ledger.csv").unlink()
    (tmp_path / "ledger.csv").mkdir()  # a folder cannot be replaced by a file
    with pytest.raises(InputError, match="cannot write here"):
        small_result(cycles=4000).save(tmp_path)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    Result.load(tmp_path)  # still whole


def broken(change):
    """A result of an earlier version, which kept neither a digest nor prices, with a change."""
    document = json.loads(small_result().to_json())
    del document["digest"]
    for row in document["inventory"]:
        del row["unit_prices"]
    change(document)
    return json.dumps(document)


@pytest.mark.parametrize(
    "text, message",
    [
        (lambda: "{", "cannot read the result"),
        (lambda: "[" * 100_000, "cannot read the result"),
        (lambda: "[]", "a result is a JSON object"),
        (lambda: "{}", "field 'schema' is missing"),
        (lambda: broken(lambda d: d.update(schema=2)), "unknown version"),
        (lambda: broken(lambda d: d.update(schema=True)), "unknown version"),
        (lambda: broken(lambda d: d.pop("energy_j")), "field 'energy_j' is missing"),
        (lambda: broken(lambda d: d.update(cycles="many")), "cycles: not a whole number"),
        (lambda: broken(lambda d: d.update(cycles=-5)), "cycles: not a whole number"),
        (lambda: broken(lambda d: d.update(area_mm2=True)), "area_mm2: not a finite number"),
        (
            lambda: broken(lambda d: d["by_layer"][0].update(energy_j=None)),
            r"by_layer\[0\].energy_j: not a finite number",
        ),
        (
            lambda: broken(lambda d: d["ledger"][0].pop("action")),
            r"field 'ledger\[0\].action' is missing",
        ),
        (
            lambda: broken(lambda d: d.update(clock_mhz=0)),
            "clock_mhz: not a finite number above zero",
        ),
        (lambda: broken(lambda d: d.update(images=0)), "images: not a whole number of at least 1"),
        (
            lambda: broken(lambda d: d.update(area_mm2=10**400)),
            "area_mm2: cannot read the result .a number of too many digits",
        ),
        (
            lambda: broken(lambda d: d["inventory"][0]["parameters"].update(bits=[1])),
            r"parameters.bits: not a finite number or a word",
        ),
        (lambda: broken(lambda d: d["inventory"][0].update(boundary="moon")), "unknown boundary"),
        (lambda: broken(lambda d: d["inventory"].append(d["inventory"][0])), "a component twice"),
        (
            lambda: broken(lambda d: d["ledger"][0].update(component="adx")),
            "not a component of the inventory.*did you mean 'adc'",
        ),
        (
            lambda: broken(lambda d: d["ledger"][0].update(count=-1)),
            "not a finite number of at least 0",
        ),
        (lambda: broken(lambda d: d.update(area_mm2_range=[1])), "not a list of 2"),
        (
            lambda: broken(lambda d: d.update(energy_j=0)).replace(
                '"energy_j": 0,', '"energy_j": NaN,', 1
            ),
            "NaN",
        ),
        (
            lambda: broken(lambda d: d.update(energy_j=0)).replace(
                '"energy_j": 0,', '"energy_j": 1e999,', 1
            ),
            "not a number in range",
        ),
    ],
)
def test_a_broken_file_is_refused_with_its_field(tmp_path, text, message):
    path = tmp_path / "result.json"
    path.write_text(text())
    with pytest.raises(InputError, match=message):
        Result.load(path)


@pytest.mark.parametrize(
    "change, message",
    [
        (
            lambda d: d["ledger"][0].update(action="transmute"),
            "cannot be priced by this version.*transmute",
        ),
        (lambda d: d["inventory"][0].update(part="toyy"), "unknown component"),
        (lambda d: d["inventory"][0]["parameters"].update(bits=99), "out of the declared range"),
        (lambda d: d["inventory"][0]["parameters"].update(bits="many"), "not a finite number"),
        (lambda d: d.update(node_nm=2), "node outside the range"),
    ],
)
def test_a_file_that_cannot_be_priced_is_refused_when_it_is(tmp_path, change, message):
    path = tmp_path / "result.json"
    path.write_text(broken(change))
    result = Result.load(path)
    for use in (result.estimate, lambda: result.reprice(28), lambda: explain(result, "energy_j")):
        with pytest.raises(InputError, match=message):
            use()


def _leaves(value, path=()):
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(item, (*path, key))
    elif path:
        yield path


def test_no_damage_of_one_value_gives_a_traceback(tmp_path):
    """Every leaf of a result, replaced by something else: it loads and is explained, or is refused
    as input.
    """
    text = small_result().to_json()
    choice = random.Random(5)
    paths = list(_leaves(json.loads(text)))
    refused = 0
    for path in paths:
        document = json.loads(text)
        branch = document
        for key in path[:-1]:
            branch = branch[key]
        branch[path[-1]] = choice.choice([None, "word", -1, 0, 1e308, True, [], {}, 10**30])
        try:
            result = Result(check_document(document, "file"))
            explain(result, "energy_j")
            explain(result, "cycles")
            result.reprice(28)
        except InputError:
            refused += 1
    assert refused > len(paths) / 3
