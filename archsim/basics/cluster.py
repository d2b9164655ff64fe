"""A dask cluster as a place of work: its client, and what is raised where one of its workers died."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from hwlib.errors import InputError

_ANSWER_S = 20


@contextlib.contextmanager
def dask_client(address: str) -> Iterator[Any]:
    """A client of the scheduler at an address.

    Args:
        address: such as tcp://host:8786.

    Raises:
        InputError: without the extra `dask`, and where no scheduler answers.
    """
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            "a cluster needs the extra 'dask'",
            where="--cluster",
            hint="pip install 'archsim[dask]'",
        ) from None
    try:
        client = Client(address, timeout=_ANSWER_S)
    except (OSError, ValueError) as error:
        raise InputError(
            f"no dask scheduler answers ({error})", where="--cluster", got=address
        ) from None
    with client:
        yield client


def cluster_deaths() -> tuple[type[BaseException], ...]:
    """What is raised where a worker of a cluster died."""
    from concurrent.futures import CancelledError

    from distributed import KilledWorker

    return KilledWorker, CancelledError
