"""The parameter values of a device: what a law declares, checked, and read like attributes."""

from __future__ import annotations

import copy
from typing import Any, ClassVar, Self

from archsim.devices.parameters import AGEING, BOUNDS, STEP, WEIGHT_UNITS
from hwlib.errors import unknown
from hwlib.part import Parameter


class DeviceValues:
    """A value for every parameter that a law declares; a law is a `Device`."""

    name: ClassVar[str]
    parameters: ClassVar[tuple[Parameter, ...]] = STEP + BOUNDS + AGEING
    paired: ClassVar[bool] = False

    def __init__(self, **values: object):
        known = {parameter.name: parameter for parameter in self.parameters}
        for key in values:
            if key not in known:
                raise unknown(f"parameter of device law '{self.name}'", key, known)
        self.values = {
            key: parameter.check(values.get(key, parameter.default), f"{self.name}.{key}")
            for key, parameter in known.items()
        }

    def number(self, name: str, default: float = 0.0) -> float:
        """A parameter that is a number.

        Args:
            name: of the parameter.
            default: what is given where the law has none of this name.

        Returns:
            the value.

        Raises:
            TypeError: for a parameter that is a word.
        """
        value = self.values.get(name, default)
        if isinstance(value, str):
            raise TypeError(f"parameter '{name}' of device law '{self.name}' is a word")
        return value

    def scaled(self, factor: float) -> Self:
        """The device of a layer whose weights are `factor` times those of the device's file: every
        parameter that is a weight is so many times as large, shares and shapes stay.

        Args:
            factor: what weight 1 of the file stands for in the layer.

        Returns:
            a device of the same law; this one for a factor of 1.
        """
        if factor == 1.0:
            return self
        device = copy.copy(self)
        device.values = {
            # Past the check of ranges: a layer of large weights may have bounds that no file is
            # allowed to state.
            name: value * factor if name in WEIGHT_UNITS and not isinstance(value, str) else value
            for name, value in self.values.items()
        }
        return device

    @property
    def range(self) -> float:
        """The largest weight that the mean device holds in both signs."""
        upper = self.number("upper_bound")
        return upper if self.paired else min(upper, -self.number("lower_bound") or upper)

    @property
    def weight_noise(self) -> float:
        """Standard deviation of a weight in a read: that of its device, or of a pair together."""
        # The two devices of a pair stray independently.
        return self.number("read_noise") * (2.0 if self.paired else 1.0) ** 0.5

    def __getattr__(self, key: str) -> Any:
        # Declared parameters read like attributes in the laws: self.pulse_step
        try:
            return self.__dict__["values"][key]
        except KeyError:
            raise AttributeError(key) from None
