"""A sweep says what the simulator says: lean prices, stored runs, and the same table whoever works
it out.
"""

import pytest

import archsim
from archsim.cli.main import main
from archsim.exploration import load_space, price_point
from archsim.exploration.space.design import resolve
from archsim.exploration.sweep import explore, load_sweep
from archsim.exploration.work.metrics import OTHER, PRICED, TIMED, read_metric
from archsim.exploration.work.rungs import price_rung
from archsim.exploration.work.worker import RungJob, run_point, with_absolute_paths
from tests.conformance.swept_design import design
from tests.explore_points import LADDER, SPACE

ANY_NUMBER = (
    "by_component.adc.area_mm2",
    "by_component.adc.energy_j",
    "by_component_off_chip.off_chip_memory.energy_j",
    "boundaries.system.energy_j",
    "boundaries.macro.area_mm2",
    "by_component.array.count",
)
CASES = {
    "default": design(),
    "node": design(node_nm=28),
    "large": design(**{"tile.rows": 512, "tile.columns": 256}),
    "pulse width": design(
        **{"read.input": "pulse_width", "read.slot_cycles": 255, "clock_mhz": 1000.0}
    ),
    "training": design(architecture="rpu", scheme="rpu", phase="training", batch=4),
    "mixed": design(
        architecture="wu2023",
        scheme="mixed_precision",
        phase="training",
        batch=2,
        **{"scheme.optimiser": "sgd"},
    ),
    "images": design(network="mlp", images=3),
    "cnn": design(network="rpu_cnn", node_nm=65.0, **{"placement.copies.k1": 2}),
}


@pytest.mark.parametrize("name", CASES)
def test_a_lean_price_is_that_of_the_simulator(name):
    step = resolve(CASES[name])
    document = archsim.simulate(
        step.trace, step.chip, scheme=step.rule, images=step.images, timing=False
    ).to_dict()
    metrics = (*PRICED, *OTHER, *TIMED, *ANY_NUMBER)
    wanted = [read_metric(document, metric) for metric in metrics]
    priced = price_point(CASES[name], metrics)
    unsaid = {"dynamic_power_uw", "latency_s", *TIMED}  # nothing was timed
    assert {m: f for m, f in zip(metrics, priced) if m not in unsaid} == {
        m: w for m, w in zip(metrics, wanted) if m not in unsaid
    }
    assert {f for m, f in zip(metrics, priced) if m in unsaid} == {None}


def test_a_path_into_layers_comes_from_the_whole_document():
    metrics = ("by_phase.forward.energy_j", "by_layer.conv1.forward.energy_j", "area_mm2")
    document = archsim.simulate("lenet1", "cim40", timing=False).to_dict()
    assert price_point(design(), metrics) == [read_metric(document, metric) for metric in metrics]


def test_a_timed_point_is_a_simulation_and_another_node_a_price():
    space = LADDER | {
        "objectives": {
            "area_mm2": "minimise",
            "power_uw": "minimise",
            "accuracy_percent": "maximise",
        },
        "record": list(ANY_NUMBER),
    }
    sweep = explore(space | {"rungs": [{"kind": "price", "points": 12}, {"kind": "timing"}]})
    assert sweep.counts["repriced"] == 8  # 4 chips at 3 nodes
    for row in sweep.top.rows():
        chip = archsim.load_architecture(
            "cim40", {path: row[path] for path in ("tile.rows", "read.adc_bits", "node_nm")}
        )
        chip = archsim.load_architecture(chip, {"read.transposed": False})
        document = archsim.simulate("lenet1", chip).to_dict()
        for metric in (*PRICED, *TIMED, *ANY_NUMBER):
            assert row[metric] == read_metric(document, metric), (metric, row["point"])


def same(sweep):
    return [{key: value for key, value in row.items()} for row in sweep.rows()]


def test_one_worker_two_workers_and_a_cluster_give_one_table(tmp_path):
    alone = same(explore(LADDER))
    assert same(explore(LADDER, jobs=2, out=tmp_path / "two")) == alone
    assert same(load_sweep(tmp_path / "two")) == alone
    with pytest.raises(AttributeError, match="cannot assign"):
        load_sweep(tmp_path / "two").counts = {}
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=None, processes=False
    ) as cluster:
        assert (
            same(explore(LADDER, cluster=cluster.scheduler_address, out=tmp_path / "dask")) == alone
        )


def test_a_worker_that_starts_elsewhere_finds_the_files_of_a_space(tmp_path, monkeypatch, capsys):
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for chip, rows in (("a.toml", "64"), ("b.toml", "128")):
        capsys.readouterr()
        assert main(["show", "architecture", "cim40", "--toml"]) == 0
        text = capsys.readouterr().out
        assert "\nrows = 128\n" in text
        (tmp_path / "here" / chip).write_text(text.replace("\nrows = 128\n", f"\nrows = {rows}\n"))
    space = load_space(
        {
            "schema": 1,
            "network": "lenet1",
            "axes": {"architecture": ["a.toml", "b.toml"], "read.adc_bits": [6]},
            "objectives": {"area_mm2": "minimise"},
        }
    )
    job = RungJob(space, price_rung, ("area_mm2",))
    points = [("1", ("a.toml", 6)), ("2", ("b.toml", 6))]
    here = [run_point(job, *point) for point in points]
    sent = with_absolute_paths(job)
    monkeypatch.chdir(tmp_path / "there")
    assert [run_point(sent, *point) for point in points] == here
    assert None not in (one := here[0].metrics) and one != here[1].metrics
    assert run_point(job, *points[0]).extra["status"] == "refused"


def test_overlapping_spaces_share_their_points(tmp_path):
    explore(SPACE, out=tmp_path)
    wider = SPACE | {"axes": SPACE["axes"] | {"tile.rows": [64, 128, 256]}}
    assert explore(wider, out=tmp_path, resume=True).counts == {
        "new": 18,
        "reused": 36,
        "repriced": 0,
    }
    # written another way: an axis is a setting, a setting says what the chip has anyway, numbers
    # are whole or not
    same_chip = SPACE | {
        "settings": {"read.transposed": False, "tile.rows": 128, "clock_mhz": 200},
        "axes": {"read.adc_bits": [6, 5], "node_nm": [28.0, 65.0]},
    }
    assert explore(same_chip, out=tmp_path, resume=True).counts == {
        "new": 0,
        "reused": 4,
        "repriced": 0,
    }
    wanted = SPACE | {"record": ["by_component.adc.area_mm2"]}
    # the rows lack this number
    assert explore(wanted, out=tmp_path, resume=True).counts["new"] == 36
