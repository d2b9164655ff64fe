"""Can a scientist use the public surface without opening the code: is every parameter described as
it is named, every error told?
"""

import inspect

import archsim
import hwlib
import workloads
from archsim.comparison import Comparison
from archsim.devices.device import Device
from archsim.devices.device_values import DeviceValues
from archsim.exploration.sweep import Sweep
from archsim.run.building import Build
from archsim.run.citations import Citations
from archsim.run.trained import Training
from archsim.run.unit_table import UnitTable
from archsim.schemes.base import Scheme
from archsim.schemes.rule import UpdateRule
from archsim.soc.observers import Observer
from house.docstrings import faults_of
from tests.members import every

RETURNED = (Build, Training, Comparison, Sweep, Citations, UnitTable)
SUBCLASSED = (Scheme, UpdateRule, Device, DeviceValues, Observer)


def surface():
    """(name, function) of every public function, and of every public method of a public class."""
    seen = {}
    for package in (archsim, hwlib, workloads):
        for name in package.__all__:
            thing = getattr(package, name)
            if inspect.isfunction(thing):
                seen.setdefault(thing, f"{package.__name__}.{name}")
            elif inspect.isclass(thing):
                seen |= {own: f"{name}.{method}" for method, own in methods_of(thing)}
    for kind in (*RETURNED, *SUBCLASSED):
        seen |= {own: f"{kind.__name__}.{method}" for method, own in methods_of(kind)}
    return [(name, function) for function, name in seen.items()]


def methods_of(kind):
    for name, thing in vars(kind).items():
        function = thing.__func__ if isinstance(thing, classmethod | staticmethod) else thing
        if inspect.isfunction(function) and not name.startswith("_"):
            yield name, function


@every("name, function", surface())
def test_a_docstring_says_what_the_signature_has(name, function):
    assert faults_of(function, name) == []
