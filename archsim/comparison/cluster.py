"""Trainings of a comparison on a dask cluster. Its workers share no folder with this machine: each
gives its result back, which is kept here, so that a training is what a kill costs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from archsim.basics.cluster import cluster_deaths, dask_client
from archsim.comparison.spread import ATTEMPTS, DIED
from archsim.comparison.worker import Order, Outcome, keep_outcome, run_scheme
from archsim.training.inputs import data_digest
from hwlib.errors import InputError
from workloads.held_tensors import with_held_tensors
from workloads.network import Network

Told = Callable[[int, dict[str, Any]], None]


def run_on_cluster(
    address: str, orders: Sequence[Order], told: Told
) -> Iterator[tuple[int, Outcome]]:
    """(number, outcome) of the orders as the workers of a cluster finish them.

    An order whose worker died is tried once more. After a Ctrl-C what has not come back is
    interrupted.

    Args:
        address: of the scheduler.
        orders: what to train; a data set's file has to be there for the workers too.
        told: gets the number of an order that is handed out.

    Raises:
        InputError: without the extra `dask`, and where no scheduler answers.
    """
    with dask_client(address) as client:
        from distributed import as_completed

        # A worker that finds other data under the same name would train without a word and be
        # compared with the rest.
        digests = {trial: data_digest(order.dataset()) for trial, order in _examples(orders)}
        # Files of networks lie on this machine, too: their values go along.
        networks = {id(order.network): order.network for order in orders}
        held = {key: with_held_tensors(network) for key, network in networks.items()}
        running: dict[Any, int] = {}
        attempts = [0] * len(orders)

        def hand_out(number: int) -> Any:
            order = orders[number]
            attempts[number] += 1
            digest = digests[order.trial is not None]
            # Else dask would answer a second attempt from what it keeps of the first.
            future = client.submit(
                run_remote, _for_elsewhere(order, held[id(order.network)]), digest, pure=False
            )
            running[future] = number
            told(number, {})
            return future

        ended = as_completed([hand_out(number) for number in range(len(orders))])
        try:
            for future in ended:
                number = running.pop(future)
                try:
                    outcome = future.result()
                except cluster_deaths():
                    # Clusters take machines away; that says nothing of the order, but one that
                    # kills its worker each time must not run for ever.
                    if attempts[number] < ATTEMPTS:
                        ended.add(hand_out(number))
                        continue
                    outcome = Outcome("lost", reason=DIED)
                outcome = _as_asked(orders[number], outcome)
                yield number, keep_outcome(orders[number], outcome)
        except KeyboardInterrupt:
            # A cluster goes on otherwise with work that nobody waits for.
            client.cancel(list(running))
            for number in running.values():
                yield number, Outcome("interrupted")


def _examples(orders: Sequence[Order]) -> list[tuple[bool, Order]]:
    """One order of each kind of data: trials see a part of it."""
    kinds = {order.trial is not None: order for order in orders}
    return list(kinds.items())


def _for_elsewhere(order: Order, network: Network) -> Order:
    """The order for a worker of another machine, with a network that needs no file: it keeps
    nothing, and a path is whole.
    """
    variant = replace(order.variant, device=_whole(order.variant.device))
    terms = replace(order.terms, device=_whole(order.terms.device))
    return replace(
        order, folder=None, data=_whole(order.data), network=network, variant=variant, terms=terms
    )


def _as_asked(order: Order, outcome: Outcome) -> Outcome:
    """The outcome with files by the names that they have here: where it was worked out plays no part."""
    if outcome.document is None:
        return outcome
    asked = (order.data, order.variant.device, order.terms.device)
    names = {_whole(name): str(name) for name in asked if isinstance(name, str | Path)}

    def told(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: told(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(map(told, value))
        return names.get(value, value) if isinstance(value, str) else value

    return replace(outcome, document=told(outcome.document))


def _whole(named: Any) -> Any:
    """The absolute path of a file, as workers start in folders of their own; anything else as it is."""
    is_file = isinstance(named, str | Path) and os.path.isfile(named)
    return os.path.abspath(named) if is_file else named


def run_remote(order: Order, digest: str) -> Outcome:
    """`run_scheme` on a worker, whose data have to be those of the one who asks.

    Args:
        order: without a folder.
        digest: of the data as they are there.
    """
    try:
        if data_digest(order.dataset()) != digest:
            return Outcome(
                "refused",
                reason=f"the data set of a worker of the cluster is another: {order.data}",
            )
    except InputError as error:
        return Outcome("refused", reason=f"on a worker of the cluster: {error.message}")
    return run_scheme(order, away=True)
