"""From measured curves to a device: all laws tried, one suggested, its spreads and its noise."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from archsim.devices import LAWS, load_law
from archsim.devices.fit.ageing import MeasuredAgeing, fit_ageing
from archsim.devices.fit.curves import to_weights
from archsim.devices.fit.law_fit import LawFit, fit_law
from archsim.devices.fit.measurement import Measured
from archsim.devices.fit.noise import Noise, fit_noise
from archsim.devices.fit.spread import fit_spread
from hwlib.errors import InputError, unknown
from hwlib.part import Parameter

TIE = 1.05
"""Laws whose residual is within 5 % of the smallest are as good; the one of the fewest parameters is
suggested."""


@dataclass(frozen=True)
class DeviceFit:
    """A device out of measured curves.

    Attributes:
        measured: the curves.
        fits: every law that was tried, best first.
        chosen: the law of the device: the suggested one, or the one that was asked for.
        suggested: name of the law that the residuals suggest.
        noise: noise of a pulse and of a reading.
        ageing: drift and retention; None where no hold was measured.
        parameters: all parameters of the device, ready for a device file.
        notes: what was assumed, and which option overrules it.
    """

    measured: Measured
    fits: tuple[LawFit, ...]
    chosen: LawFit
    suggested: str
    noise: Noise
    ageing: MeasuredAgeing | None
    parameters: Mapping[str, float | str]
    notes: tuple[str, ...]

    @property
    def zero_us(self) -> float:
        """Conductance of weight 0, µS."""
        return to_weights(self.measured, load_law(self.chosen.law).paired)[0]

    @property
    def unit_us(self) -> float:
        """Conductance of one unit of weight, µS."""
        return to_weights(self.measured, load_law(self.chosen.law).paired)[1]


def fit_device(
    measured: Measured,
    laws: Sequence[str] = (),
    *,
    fixed: Mapping[str, float] | None = None,
    reading_noise: str = "instrument",
) -> DeviceFit:
    """Fit device laws to measured curves.

    Args:
        measured: what `read_measured` gives.
        laws: laws to try; all where empty. With one, that one is taken.
        fixed: parameters that are known and keep their values.
        reading_noise: whose the noise of the readings is: `instrument` leaves it out of the
            device, `device` makes it the law's `write_noise`, drawn anew at each pulse.

    Returns:
        The device with residuals of every law.

    Raises:
        InputError: for unknown laws, parameters that no tried law has, curves that never change.
    """
    if reading_noise not in ("instrument", "device"):
        raise unknown("owner of the reading noise", reading_noise, ("instrument", "device"))
    fixed = dict(fixed or {})
    for law in laws:
        load_law(law)
    # Of any of the laws that are tried: what one of them has not, it passes over.
    known = {p.name for law in (laws or LAWS) for p in load_law(law).parameters}
    for name in fixed:
        if name not in known:
            raise unknown("parameter of the laws that are fitted", name, sorted(known))
    both = any(not run.up for run in measured.runs)
    notes = []
    fits = [fit_law(measured, law, _of(law, fixed)) for law in (laws or LAWS)]
    # A law that leaves half of the measurement out has a small residual for that reason: behind all
    # others.
    fits.sort(key=lambda fit: (fit.up_only and both, score(fit)))
    suggested = suggest(fits, both)
    chosen = next(f for f in fits if f.law == suggested)
    noise = fit_noise(measured, chosen)
    spread = fit_spread(chosen)
    ageing = fit_ageing(measured.holds)
    parameters: dict[str, float | str] = {**chosen.parameters, **spread, **noise.choices}
    if noise.name:
        parameters[noise.name] = noise.pulse
    names = {p.name: p for p in load_law(chosen.law).parameters}
    notes.extend(_notes_on_spread(chosen, names, spread))
    notes.append(_reading(noise, reading_noise, parameters, names))
    notes.extend(_notes_on_ageing(measured, chosen, ageing, parameters, names))
    if chosen.up_only and both:
        notes.append(
            f"{chosen.law} is reset instead of pulsed down: the down pulses were not used "
            "(--law NAME takes another law)"
        )
    # a parameter left to its law's default would bring another device's spread into this one
    quiet = {name: value for name, value in _silent(names).items() if name not in parameters}
    parameters = {**quiet, **parameters}
    # Last, so that what the user knows wins over what the data say.
    for name, value in fixed.items():
        if name in names:
            parameters[name] = value
    return DeviceFit(
        measured,
        tuple(fits),
        chosen,
        suggested,
        noise,
        ageing,
        {name: _inside(names[name], value) for name, value in parameters.items()},
        tuple(note for note in notes if note),
    )


def score(fit: LawFit) -> float:
    """The residual on cycles that the fit did not see; of all where there are none."""
    return fit.residual if math.isnan(fit.held_out) else fit.held_out


def suggest(fits: Sequence[LawFit], both: bool) -> str:
    """The law of the smallest residual, the simplest of those that are as good."""
    eligible = [fit for fit in fits if not (fit.up_only and both)] or list(fits)
    least = min(score(fit) for fit in eligible)
    good = [fit for fit in eligible if score(fit) <= TIE * least]
    return min(good, key=lambda fit: (len(fit.parameters), score(fit))).law


def _of(law: str, fixed: Mapping[str, float]) -> dict[str, float]:
    names = {p.name for p in load_law(law).parameters}
    return {name: value for name, value in fixed.items() if name in names}


def _silent(names: Mapping[str, Parameter]) -> dict[str, float]:
    return {name: 0.0 for name in names if name.endswith("_spread")}


def _inside(parameter: Parameter, value: float | str) -> float | str:
    if isinstance(value, str) or parameter.low is None or parameter.high is None:
        return value
    return min(max(float(value), parameter.low), parameter.high)


def _notes_on_spread(
    fit: LawFit, names: Mapping[str, Parameter], spread: Mapping[str, float | str]
) -> list[str]:
    if fit.gains.shape[1] < 2:
        return ["one device: its spread from device to device is not measured and is set to 0"]
    missing = sorted(n for n in names if n.endswith("_spread") and n not in spread)
    if not missing:
        return []
    return [f"not told by such curves and set to 0: {', '.join(missing)} (--set NAME=VALUE)"]


def _reading(
    noise: Noise, owner: str, parameters: dict[str, float | str], names: Mapping[str, Parameter]
) -> str:
    if not noise.reading > 0:
        return ""
    share = f"a reading strays by {noise.reading:.3g} of the unit of weight"
    if owner == "device":
        if "write_noise" not in names or "pulse_step" not in parameters:
            raise InputError(
                "this law has no noise of what a read sees",
                where="--reading-noise",
                got="device",
                allowed="instrument",
            )
        parameters["write_noise"] = noise.reading / float(parameters["pulse_step"])
        return f"{share}; taken for the device's (write_noise)"
    return f"{share}; taken for the instrument's and left out (--reading-noise device takes it in)"


def _notes_on_ageing(
    measured: Measured,
    fit: LawFit,
    ageing: MeasuredAgeing | None,
    parameters: dict[str, float | str],
    names: Mapping[str, Parameter],
) -> list[str]:
    if ageing is None:
        return ["nothing was measured over time: the device neither drifts nor forgets"]
    zero, unit = to_weights(measured, load_law(fit.law).paired)
    notes = []
    # The decay has a parameter more (where it ends): it must be better by a fifth to be taken.
    decays = ageing.retention_residual < 0.8 * ageing.drift_residual and math.isfinite(
        ageing.retention_s
    )
    if decays and "retention_s" in names:
        parameters["retention_s"] = ageing.retention_s
        parameters["retention_spread"] = ageing.retention_spread
        parameters["rest_weight"] = (ageing.rest_us - zero) / unit
        notes.append(
            f"readings over time decay with {ageing.retention_s:.3g} s to {ageing.rest_us:.3g} µS"
        )
    elif ageing.drift_exponent > 0 and "drift_exponent" in names:
        parameters["drift_exponent"] = ageing.drift_exponent
        parameters["drift_spread"] = ageing.drift_spread
        # the weight is what the first reading shows: time counts from there
        parameters["drift_reference_s"] = ageing.drift_reference_s
        # the power law holds for the conductance: weight drifts towards that of no conductance
        parameters["rest_weight"] = -zero / unit
        notes.append(f"readings over time follow a power law of {ageing.drift_exponent:.3g}")
    return notes
