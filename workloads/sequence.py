"""A network that keeps keys and values, read anew for one token behind those that it has seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from hwlib.errors import InputError

if TYPE_CHECKING:
    from workloads.network import Network

LONGEST = 2**24
"""Tokens of a cache; more are taken for a mistake."""


class Sequence(Protocol):
    """A network by its tokens. `tokens` are those of its file."""

    @property
    def tokens(self) -> int: ...

    def decoding(self, cache: int) -> Network:
        """The network for one token behind `cache` others."""


def decoding(network: Network, cache: int | None = None) -> Network:
    """The network as it makes one token.

    Args:
        network: of a file with layers of the operator `kv_cache`.
        cache: tokens whose keys and values are there; None for all but one of the file's.

    Returns:
        the network, with a note that says how many are there.

    Raises:
        InputError: where no layer keeps keys and values, or the number is none.
    """
    if network.held is not None:
        if cache is not None and cache != network.held:
            raise InputError("the network was read with another cache", got=network.held)
        return network
    if network.sequence is None:
        raise InputError(
            "no layer of it keeps keys and values, so that there is nothing to decode with",
            where=network.name,
            hint="a file of ours says where with layers of the operator kv_cache, as that of gpt2_small",
        )
    wanted = max(1, network.sequence.tokens - 1) if cache is None else cache
    if not isinstance(wanted, int) or isinstance(wanted, bool) or not 1 <= wanted <= LONGEST:
        raise InputError(
            "not a number of tokens", where="cache", got=wanted, allowed=f"1 to {LONGEST}"
        )
    return network.sequence.decoding(wanted)
