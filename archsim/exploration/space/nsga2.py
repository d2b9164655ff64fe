"""Guided search: NSGA-II of Optuna (K. Deb et al., IEEE Trans. Evol. Comput. 6, 2002), generation
by generation.

A generation is drawn as a whole, worked out in parallel and told in order, so the search depends on
the seed and not on the workers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from archsim.exploration.space.space import Space
from hwlib.errors import InputError

# gives, for a generation of points, the objectives with small = good, or None for a point that
# cannot be used
Judge = Callable[[Sequence[tuple[Any, ...]]], list[list[float] | None]]


def search(space: Space, judge: Judge) -> list[tuple[Any, ...]]:
    """The points of a guided search in the order they were drawn. Raises InputError where Optuna is
    missing.
    """
    try:
        import optuna
    except ImportError:
        raise InputError(
            "guided search needs the extra 'optuna'",
            where="sampler.kind",
            got="nsga2",
            hint="pip install 'archsim[optuna]'",
        ) from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = optuna.samplers.NSGAIISampler(
        population_size=space.sampler.population, seed=space.sampler.seed
    )
    study = optuna.create_study(directions=["minimize"] * len(space.objectives), sampler=sampler)
    points: list[tuple[Any, ...]] = []
    while len(points) < space.sampler.draws:
        count = min(space.sampler.population, space.sampler.draws - len(points))
        # All asked before any is told: the order in which workers end must not act.
        trials = [study.ask() for _ in range(count)]
        generation = [tuple(_draw(trial, axis) for axis in space.axes) for trial in trials]
        points += generation
        for trial, costs in zip(trials, judge(generation)):
            state = (
                optuna.trial.TrialState.COMPLETE
                if costs is not None
                else optuna.trial.TrialState.FAIL
            )
            study.tell(trial, costs, state=state)
    return points


def _draw(trial: Any, axis: Any) -> Any:
    if not axis.values:
        return float(
            f"{trial.suggest_float(axis.path, axis.low, axis.high, log=axis.logarithmic):.10g}"
        )
    if axis.numeric:
        # By position: the values of an axis need not be even, and crossover works on numbers.
        return axis.values[trial.suggest_int(axis.path, 0, len(axis.values) - 1)]
    return axis.values[trial.suggest_categorical(axis.path, list(range(len(axis.values))))]
