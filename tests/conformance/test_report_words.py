"""What a report says in words where a run is small: one layer, no leakage, nothing timed."""

from archsim.report.run.captions import caption
from archsim.report.run.headline import headline
from archsim.report.run.tables import component_table
from archsim.report.run.view import View
from tests.data_results import LENET, make_result


def test_one_layer_is_not_compared_with_others():
    view = View(make_result(LENET[:1], network="one"))
    layer = LENET[0][0]
    assert caption("layers", view).startswith(f"{layer} takes ") and "Of the layers" not in caption(
        "layers", view
    )
    assert "comes nearest" not in caption(
        "roofline", view
    ) and f"{layer} (forward) reaches " in caption("roofline", view)
    assert "Of the layers" in caption("layers", View(make_result(LENET)))
    assert "comes nearest" in caption("roofline", View(make_result(LENET)))


def test_a_chip_that_does_not_leak_is_told():
    def words(**choice):
        return caption("energy_by_component", View(make_result(LENET, **choice)))

    assert "No part of the chip leaks" in words(static=False) and "light" not in words(static=False)
    assert "No part of the chip leaks" not in words() and "light" in words()
    assert "nothing was timed" in words(timing=False) and "leaks" not in words(timing=False)


def test_leakage_over_no_time_is_not_known():
    rows = {
        timed: component_table(View(make_result(LENET, timing=timed))).rows
        for timed in (True, False)
    }
    assert all(row["static_energy_j"] is None for row in rows[False])
    assert any(row["static_energy_j"] for row in rows[True])


def test_one_of_something_has_no_s():
    result = make_result(LENET[:1]) | {"tile_operations": 1, "images": 1}
    texts = {item.name: item.detail for item in headline(View(result))}
    assert texts["Tiles"].endswith("1 tile operation") and "1 image" in texts["Energy per image"]
    untimed = {item.name: item.detail for item in headline(View(make_result(LENET, timing=False)))}
    assert "utilised" in texts["Tiles"] and "utilised" not in untimed["Tiles"]
