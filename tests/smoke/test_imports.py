"""Imports only run downwards, heavy packages wait until they are needed, and nothing that is read
is ever executed.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path for package in ("hwlib", "workloads", "archsim") for path in (ROOT / package).rglob("*.py")
)

# From the ground up. The longest prefix counts; a room may import itself and what stands above it
# in this list.
ROOMS = (
    "hwlib",
    "archsim.basics",
    "archsim.readers",
    "archsim.kernels",
    "archsim.operators",
    "workloads",
    "archsim.ledger",
    "archsim.devices",
    "archsim.trace",
    "archsim.chip",
    "archsim.schemes",
    "archsim.training",
    "archsim.soc",
    "archsim.cost",
    "archsim.run",
    "archsim.torch",
    "archsim.comparison",
    "archsim.conformance",
    "archsim.exploration",
    "archsim.report",
    "archsim.studies",
    "archsim.validation",
    "archsim.documentation",
    "archsim.cli",
)
# What a room may use from outside (google: protobuf comes with onnx); every other room is free to
# use what setup.cfg installs.
OUTSIDE = {
    "hwlib": {"numpy"},
    "archsim.readers": {"numpy", "yaml"},
    "workloads": {"numpy", "onnx", "google", "onnxscript", "torch"},
    "archsim.kernels": {"llvmlite", "numpy", "numba"},
    "archsim.cost": {"numpy"},
}
HEAVY = {
    "pandas",
    "numba",
    "onnx",
    "matplotlib",
    "simpy",
    "pydantic",
    "jinja2",
    "rich",
    "joblib",
    "scipy",
    "numpy",
}


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module):
    rooms = [room for room in ROOMS if module == room or module.startswith(f"{room}.")]
    return max(rooms, key=len) if rooms else None


def imports(tree):
    """Imported modules, wherever they stand, except those for type checkers only."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            for name in inside:
                # `from archsim.report import format` names a module, `from
                # archsim.report.drawing.format import si` does not
                is_module = (ROOT / Path(*name.split("."))).with_suffix(".py").exists() or (
                    ROOT / Path(*name.split("."))
                ).is_dir()
                yield (name if is_module else node.module), node.lineno
        else:
            yield from imports(node)


def parse(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def upward_imports(name, tree):
    """Imports of a module that do not run downwards."""
    room = room_of(name)
    for target, line in imports(tree):
        if target.split(".")[0] in ("hwlib", "workloads", "archsim") and target != "archsim":
            other = room_of(target)
            if other is None or ROOMS.index(other) > ROOMS.index(room):
                yield f"{name}:{line} ({room}) imports {target} ({other})"


def test_every_module_has_a_room():
    # the package's own __init__ holds nothing but lazy names
    assert [
        name for name in map(module_name, FILES) if name != "archsim" and room_of(name) is None
    ] == []


def test_imports_run_downwards():
    faults = [
        fault
        for path in FILES
        if module_name(path) != "archsim"
        for fault in upward_imports(module_name(path), parse(path))
    ]
    assert faults == []


def test_an_upward_import_is_seen():
    lines = (
        "import archsim.cli.main",
        "def f():\n    from archsim.report import format",
        "from archsim.cost.estimate import price_run",
    )
    for text in lines:
        assert list(upward_imports("archsim.soc.tile", ast.parse(text))), text
    assert not list(
        upward_imports("archsim.soc.tile", ast.parse("from archsim.ledger.ledger import Ledger"))
    )


def test_workloads_use_only_the_errors_of_hwlib_and_the_readers():
    used = {
        target
        for path in FILES
        if module_name(path).startswith("workloads")
        for target, _ in imports(parse(path))
    }
    assert {target for target in used if target.startswith("hwlib")} <= {
        "hwlib.errors",
        "hwlib.text",
    }
    of_archsim = {target for target in used if target.startswith("archsim")}
    assert {room_of(target) for target in of_archsim} == {"archsim.readers", "archsim.operators"}


def test_ground_rooms_use_little_from_outside():
    for path in FILES:
        name = module_name(path)
        for room, allowed in OUTSIDE.items():
            if name == room or name.startswith(f"{room}."):
                outside = {target.split(".")[0] for target, _ in imports(parse(path))}
                outside -= {*sys.stdlib_module_names, "hwlib", "workloads", "archsim"}
                assert outside <= allowed, (name, outside)


def test_nothing_read_is_executed():
    for path in FILES:
        tree = parse(path)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                # a builtin is called by its name alone
                called = node.func.id if isinstance(node.func, ast.Name) else ""
                assert called not in ("eval", "exec", "compile", "__import__"), (path, node.lineno)
                unsafe = [
                    keyword
                    for keyword in node.keywords
                    if keyword.arg == "allow_pickle" and ast.unparse(keyword.value) != "False"
                ]
                assert not unsafe, (path, node.lineno)
        assert not {target.split(".")[0] for target, _ in imports(tree)} & {
            "pickle",
            "marshal",
            "shelve",
            "dill",
        }, path


def test_files_stay_small():
    lengths = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in FILES)
    assert lengths[-1] <= 500
    assert sum(length > 250 for length in lengths) <= len(lengths) // 20
    tests = {
        path.name: len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / "tests").rglob("*.py")
    }
    assert {name: length for name, length in tests.items() if length > 500} == {}


def loaded_after(code):
    code = f"import sys\n{code}\nprint('modules:', *sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {name.split(".")[0] for name in done.stdout.split("modules:")[1].split()}


@pytest.mark.parametrize(
    "code",
    [
        "import archsim",
        "from archsim.cli.main import main; main(['--help'])",
        "from archsim.cli.main import main; main(['run', '--help'])",
        "import hwlib",
        "import workloads",
    ],
)
def test_nothing_heavy_is_imported_before_it_is_needed(code):
    assert loaded_after(code) & HEAVY == set()


def test_lazy_names_are_there():
    import archsim

    for name in archsim.__all__:
        assert getattr(archsim, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'simulat'"):
        _ = archsim.simulat


def test_no_room_has_the_name_of_a_verb():
    # or importing the room would hide the function of the package
    import archsim

    rooms = {
        module_name(path).split(".")[1]
        for path in FILES
        if module_name(path).startswith("archsim.")
    }
    assert not rooms & set(archsim.__all__)
