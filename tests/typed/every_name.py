"""Every public name and every public method once, for a type checker to read; nothing runs it."""

from pathlib import Path
from typing import Any, assert_type

import archsim
from archsim.comparison import Comparison
from archsim.cost.estimate import Estimate
from archsim.cost.trail import Node
from archsim.exploration.sweep import Sweep
from archsim.ledger.component import Component
from archsim.ledger.ledger import Ledger
from archsim.run.building import Build
from archsim.run.citations import Citations
from archsim.run.fitting import FittedDevice
from archsim.run.network_check import NetworkCheck
from archsim.run.run_facts import RunFacts
from archsim.run.trained import Training
from archsim.validation.stored_results import Verification
from workloads.datasets import Dataset
from workloads.network import Layer

Row = dict[str, Any]


def load() -> None:
    network = archsim.load_network("lenet1")
    assert_type(network, archsim.Network)
    assert_type(network.layer("conv1"), Layer)
    assert_type(network.input_shape + network.output_shape, tuple[int, ...])
    assert_type(network.weights + network.multiply_accumulates, int)
    assert_type(network.decoding(cache=15), archsim.Network)
    assert_type(network.array_layers, tuple[Layer, ...])
    assert_type(network.matrix_layers, tuple[Layer, ...])
    assert_type(network.gaps, tuple[str, ...])
    chip = archsim.load_architecture(Path("mine.toml"), {"tile.rows": 64, "read.adc_bits": "8"})
    assert_type(chip, archsim.Architecture)
    assert_type(chip.tile.rows * chip.adcs_per_tile, int)
    assert_type(chip.weight_columns_of("conv1"), int)
    assert_type(chip.read_from("here").origin, str)
    assert_type(chip.conditions, dict[str, float | str])
    assert_type(chip.alike, list[archsim.Architecture])
    chip.check_tiles()
    assert_type(chip.of_kind(""), archsim.Architecture)
    trace = archsim.load_trace("step.json")
    assert_type(trace, archsim.Trace)
    assert_type(trace.vector_operations(images=2), int)
    assert_type(trace.activity, str)
    assert_type(archsim.load_dataset("digits"), Dataset)
    assert_type(archsim.__version__, str)


def lists() -> dict[str, str]:
    return {
        **archsim.list_networks(),
        **archsim.list_architectures(),
        **archsim.list_schemes(),
        **archsim.list_components(),
        **archsim.list_devices(),
        **archsim.list_datasets(),
    }


def simulate(network: archsim.Network, chip: archsim.Architecture) -> None:
    def progress(done: int, total: int) -> None: ...

    result = archsim.simulate(
        network,
        chip,
        "rpu",
        phase="training",
        batch=8,
        images=16,
        node_nm=28.0,
        seed=1,
        timing=True,
        setup=False,
        data=None,
        observers=(),
        progress=progress,
        activity=None,
    )
    assert_type(result, archsim.Result)
    assert_type(result.area_mm2 + result.energy_j + result.energy_per_image_j, float)
    assert_type(result.power_uw, float | None)
    assert_type(result.cycles, int | None)
    assert_type(result.by_component["adc"], Row)
    assert_type(result.rows("layer"), list[Row])
    result.table("component").to_latex()
    assert_type(result.reprice(node_nm=16), archsim.Result)
    assert_type(result.estimate(), Estimate)
    assert_type(result.inventory_components(), list[Component])
    assert_type(result.to_dict(), Row)
    assert_type(result.to_json(), str)
    assert_type(result.files(), dict[str, str])
    assert_type(archsim.Result.load(result.save("results")), archsim.Result)
    if result.outputs is not None:
        assert_type(result.outputs.shape, tuple[Any, ...])
    assert_type(archsim.explain(result, "energy_j.by_component.adc"), Node)
    assert_type(archsim.from_torch(object(), None, name="net"), archsim.Network)
    tested = archsim.infer("lenet1", "cim40", "digits", weights="weights.npz", seeds=3, at=1.0)
    assert_type(tested.accuracy_range, list[float])
    assert_type(tested.reference_accuracy_percent, float)
    checked = archsim.check("lenet1", padding=None)
    assert_type(checked, NetworkCheck)
    assert_type(checked.to_dict()["macs"], Any)
    assert_type(checked.assumptions[0].option, str | None)
    fitted = archsim.fit({"direction": ["up"], "pulse": [0]}, law="auto", name="mine")
    assert_type(fitted, FittedDevice)
    assert_type(fitted.parameters["pulse_step"], float | str)
    assert_type(fitted.save("devices"), Path)
    sources = archsim.cite(result)
    assert_type(sources, Citations)
    assert_type(sources.text() + sources.bibtex(), str)


def price(facts: RunFacts, inventory: list[Component], ledger: Ledger) -> archsim.Result:
    return archsim.Result.from_run(facts, inventory, ledger)


def build() -> None:
    step = archsim.build("digits_cnn", "cim40", scheme="rpu", phase="training", batch=4)
    assert_type(step, Build)
    assert_type(step.tiles, int)
    assert_type(step.parts + step.assumptions + step.missing, tuple[str, ...])
    assert_type(step.price, archsim.Result)
    assert_type(step.run(seed=1, timing=False), archsim.Result)
    assert_type(step.train(data="digits", epochs=1, images=20, early_stop=2), Training)
    assert_type(step.sweep({"tile.rows": [64]}, {"area_mm2": "minimise"}, jobs=2), Sweep)


def train() -> None:
    trained = archsim.train(
        "digits_cnn",
        data="digits",
        scheme="rpu",
        epochs=3,
        batch=8,
        seed=1,
        device="gokmen2016",
        settings={"learning_rate": 0.02},
        images=100,
        folder=Path("runs"),
        resume=False,
        early_stop=2,
        node_nm=28.0,
    )
    assert_type(trained, Training)
    assert_type(trained.to_onnx("trained.onnx"), Path)
    assert_type(trained.to_torch(), Any)
    assert_type(trained.accuracy_percent, float | None)
    assert_type(trained.writes_per_device, float)
    assert_type(trained.finished, bool)
    assert_type(trained.epochs + trained.rows("layer"), list[Row])
    trained.table("epoch").to_latex("epochs.tex")
    assert_type(trained.to_dict(), Row)
    assert_type(trained.result, archsim.Result)


def compare() -> None:
    compared = archsim.compare(
        "digits_cnn", ["sgd", "rpu"], "cim40", epochs=1, rate=0.1, jobs=2, seed=3
    )
    assert_type(compared, Comparison)
    assert_type(compared.rows, list[Row])
    assert_type(compared.judge(), Comparison)
    assert_type(compared.seed_rows, list[Row])
    assert_type(compared.table().to_latex(), str | None)
    assert_type(compared.to_dict(), Row)
    assert_type(compared.save("runs/c"), Path)


def explore() -> None:
    sweep = archsim.explore("space.toml", jobs=2, out="sweeps/s", resume=True)
    assert_type(sweep, Sweep)
    assert_type(sweep.front(), list[Row])
    assert_type(next(sweep.rows()), Row)
    assert_type(sweep.runs(["key"]), dict[str, Row])
    sweep.table().with_units()
    assert_type(sweep.to_dict(), Row)
    assert_type(len(sweep.top), int)


def check() -> None:
    verified = archsim.verify("results")
    assert_type(verified, Verification)
    assert_type(archsim.validate(), list[Row])
    try:
        archsim.load_network("lenet9")
    except archsim.InputError as error:
        assert_type(error.message, str)
