"""Does the README's test command install all that the tests ask for, so that none is skipped
unseen?
"""

import configparser
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What a module is called where it is imported, where that is not the name of its package.
PACKAGES = {
    "sklearn": "scikit-learn",
    "distributed": "dask",
    "scipy": "scikit-learn",
    "yaml": "pyyaml",
    "vcd": "pyvcd",
}


def extras():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    return {
        name: [line for line in text.splitlines() if line and not line.startswith("#")]
        for name, text in config["options.extras_require"].items()
    }


def package_of(requirement):
    return re.match(r"[\w-]+", requirement)[0].lower()


def test_modules_that_tests_may_do_without_are_installed_for_them():
    asked = {
        name.split(".")[0]
        for path in (ROOT / "tests").rglob("*.py")
        for name in re.findall(r'importorskip\("([\w.]+)"', path.read_text(encoding="utf-8"))
    }
    installed = {package_of(line) for line in extras()["test"]}
    assert {"torch", "optuna", "distributed"} <= asked
    assert {PACKAGES.get(name, name) for name in asked} <= installed


@pytest.mark.parametrize("extra", sorted(set(extras()) - {"test"}))
def test_every_extra_is_in_the_tests_with_the_same_floor(extra):
    assert set(extras()[extra]) <= set(extras()["test"])


def test_the_build_backend_is_stated():
    # without it, pip would take whatever the machine has
    assert tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"][
        "requires"
    ]
