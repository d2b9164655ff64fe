"""The checks of the conformance battery. Each takes a Case and raises NotConforming where the
scheme does not do what it declares.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from archsim.conformance.cases import IMAGES, Case, Trial, digits, fitting_chip, trained_machine
from archsim.conformance.silicon_checks import (
    counts_the_actions_it_performed,
    declares_parts_that_exist,
    reads_the_arrays_backwards_as_often_as_declared,
)
from archsim.conformance.trials import one_after_the_other, require, weights_differ
from archsim.schemes import load_scheme
from archsim.schemes.tuned import RATE

MOST_ERROR = 10.0
"""Per cent of the digits that may stay wrong after the epochs that the scheme suggests (3 where it
suggests none)."""
MOST_TUNED = 2


def learns_the_digits(case: Case) -> None:
    """The test error of the embedded digits falls below MOST_ERROR, and devices are written."""
    from archsim.training.loop import train
    from workloads import load_network

    result = train(
        load_network("digits_cnn"), digits(), case.settings(**{"epochs": 3} | dict(case.practice))
    )
    error = result.history[-1]["test_error_percent"]
    # Chance is 90 %. The bound is loose, since a scheme needn't be good, only at work.
    require(error < MOST_ERROR, f"{error:.1f} % of the digits are wrong, allowed: {MOST_ERROR:g}")
    # A rule may reach the accuracy in its own copy of the weights and never touch the chip.
    require(result.writes[""]["mean"] > 0, "no device was written")


def changes_weights_as_its_reference(case: Case) -> None:
    """The mean change of the weights by one mini-batch is that of `reference_change`: to the last
    bits where it has no chance in it, else within what so many trials can tell, weight by weight
    and in sums of them (see `conformance.statistics`).
    """
    import numpy as np

    from archsim.conformance.statistics import LEAST_TRIALS, judge, trials_needed

    trial = Trial(case)
    pairs = [trial.run(number) for number in range(3)]
    if all(
        # Three equal trials show a rule without chance; float32 sums in another order differ by as
        # much.
        np.abs(change - reference).max() <= 2e-5 * np.abs(reference).max()
        for change, reference in pairs
    ):
        require(
            all(np.abs(reference).max() > 1e-3 for _, reference in pairs),
            "the trial of a scheme has to move weights",
        )
        return
    pairs += [trial.run(number) for number in range(3, LEAST_TRIALS)]
    needed = trials_needed(*map(np.array, zip(*pairs)))
    # Noisy rules get as many trials as telling 3 % takes, quiet ones stop early.
    pairs += [trial.run(number) for number in range(LEAST_TRIALS, needed)]
    changes, references = (np.array(values, float) for values in zip(*pairs))
    size = np.abs(references.mean(axis=0)).max()
    require(size > 1e-3, "the trial of a scheme has to move weights")
    spread = (changes - references).std(axis=0, ddof=1) / len(pairs) ** 0.5
    # Else any rule would pass for want of evidence.
    require(spread.mean() < 0.1 * size, "too noisy a trial to tell a wrong change from a right one")
    worst = judge(changes, references)[0]
    require(worst.excess <= 1, f"in {len(pairs)} trials {worst}")


def runs_in_inference_and_training(case: Case) -> None:
    """A training step takes longer than inference, and its update costs time and energy."""
    from archsim.run.simulation import simulate

    chip = fitting_chip(case)
    scheme = case.scheme
    inference = simulate("digits_cnn", chip, scheme=scheme)
    training = simulate("digits_cnn", chip, scheme=scheme, phase="training", batch=2)
    # Two images and not one, since a mini-batch of one has nothing to accumulate.
    once = inference.cycles or 0
    step = training.cycles or 0
    require(step > once > 0, "a training step is no longer than inference")
    update = training.by_phase["update"]
    require(update["energy_j"] > 0 and update["cycles"] > 0, "the update costs nothing")


def serialises(case: Case) -> None:
    """Settings and trace come back from JSON as they were."""
    from archsim.run.recorded_trace import load_trace
    from archsim.trace import build_trace, save_trace
    from workloads import load_network

    scheme = case.scheme
    require(
        load_scheme(case.name, scheme.model_dump())
        == scheme
        == type(scheme).model_validate_json(scheme.model_dump_json()),
        "the settings change in JSON",
    )
    trace = build_trace(load_network("digits_cnn"), scheme, "training", 2)
    with tempfile.TemporaryDirectory() as folder:
        require(
            load_trace(save_trace(trace, Path(folder) / "trace.json")) == trace,
            "the trace changes in its file",
        )


def resumes_bit_exactly(case: Case) -> None:
    """A training that was interrupted and resumed ends with the bits of one that was not."""
    import numpy as np

    from archsim.training.loop import train
    from workloads import load_network

    network = load_network("digits_cnn")
    data = digits(48)
    chosen = case.settings(epochs=1)
    whole = train(network, data, chosen)
    with tempfile.TemporaryDirectory() as folder:
        # In the middle of an epoch, where the order of images and half-filled buffers have to be
        # kept too.
        train(network, data, chosen, folder=folder, stop_after=24)
        resumed = train(network, data, chosen, folder=folder, resume=True)
    require(
        resumed.finished
        and resumed.totals == whole.totals
        and resumed.activities == whole.activities,
        "the counts differ",
    )
    for layer, weights in whole.weights.items():
        require(np.array_equal(weights, resumed.weights[layer]), f"the weights of {layer} differ")


def trains_alike_on_threads(case: Case) -> None:
    """Layers that take all images of a mini-batch at once, on one and on several threads, leave the
    bits of images that pass all layers one after the other: what a rule keeps for all its layers
    would depend on which of them came first (`UpdateRule.layers_apart`, `batches_apart`).
    """
    import numpy as np

    from archsim.training.loop import train
    from workloads import load_network

    network = load_network("digits_cnn")
    batch = max(4, case.settings().batch)
    with one_after_the_other(case.scheme):
        one = train(network, digits(48), case.settings(epochs=1, batch=batch))
    for threads in (1, 3):
        other = train(network, digits(48), case.settings(epochs=1, batch=batch, threads=threads))
        require(
            one.totals == other.totals and one.activities == other.activities, "the counts differ"
        )
        for layer, weights in one.weights.items():
            require(np.array_equal(weights, other.weights[layer]), f"the weights of {layer} differ")


def leaves_what_images_met(case: Case) -> None:
    """An update changes no input and no error: activity is measured on them beside it, and digital
    biases take their step behind it.
    """
    import numpy as np

    machine = trained_machine(case)
    before = machine.memory.copy()
    machine.update(len(before), IMAGES)
    require(np.array_equal(machine.memory, before), "the update changed what the images met")


def declares_what_is_tuned(case: Case) -> None:
    """A comparison tunes one or two settings beside the rate: they exist, the scheme allows both ends
    of their ranges, and each moves the trained weights (of the scheme itself: a variant may leave one
    to nothing).
    """
    axes = case.scheme.tuned
    require(len(axes) <= MOST_TUNED, f"at most {MOST_TUNED} settings are tuned, not {len(axes)}")
    for axis in axes:
        if axis.name in case.scheme.unused:
            continue
        ends = [axis.at(0.0), axis.at(1 - 1e-9)]
        # where updates are gathered before anything is written, few images show it at a high rate only
        rates = [factor * case.settings().learning_rate for factor in (1.0, RATE.high)]
        require(
            # A variant may switch off the very setting that the plain scheme tunes.
            bool(case.variant)
            or any(weights_differ(case, axis.name, ends, rate) for rate in rates),
            f"{axis.name} moves nothing between {ends[0]} and {ends[1]}",
        )


CHECKS: tuple[Callable[[Case], None], ...] = (
    # The quick ones first: an author mends the declarations before waiting for the training.
    declares_parts_that_exist,
    serialises,
    runs_in_inference_and_training,
    changes_weights_as_its_reference,
    counts_the_actions_it_performed,
    reads_the_arrays_backwards_as_often_as_declared,
    resumes_bit_exactly,
    trains_alike_on_threads,
    leaves_what_images_met,
    declares_what_is_tuned,
    learns_the_digits,
)
