"""Settings that are off their default and that nothing in a run reads: named in every result, with
the reason in its notes.

Beside every field of the chip that some run leaves alone stands the condition under which it acts,
next to the others of its section: a test drives each field off its default and holds the conditions
to what comes out. A parameter of a part, and a setting of an update rule, needs no condition: the
part is priced, the step is built, with the default in its place, and what stays the same was not
used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from archsim.basics.fields import changed_fields
from archsim.chip.acts_of_chip import OF_THE_CHIP
from archsim.chip.blocks import blocks
from archsim.chip.blocks.base import Acts
from archsim.chip.unused_of_kinds import unused_of_kinds
from archsim.chip.unused_of_rule import idle_settings
from archsim.chip.unused_prices import idle_parameters
from archsim.chip.usage import Usage

if TYPE_CHECKING:
    from archsim.chip.built import BuiltChip
    from workloads.network import Network

NOTE = "set, but not used in this run: "
_OF_TILES = ("tile", "weights", "read", "physics", "write", "update", "bitstream", "placement")
_NO_SETTINGS = ("schema_", "name", "title", "source", "notes", "absent", "components")


# field -> when it acts, and why it does not otherwise. Fields that are not here act in every run.
CONDITIONS: dict[str, Acts] = OF_THE_CHIP | {
    f"{block.name}.{field}": acts for block in blocks() for field, acts in block.acts.items()
}


def unused_settings(
    built: BuiltChip, *, timed: bool, data: bool = False, network: Network | None = None
) -> dict[str, str]:
    """Field paths of chip and scheme that are off their default and that this run does not read,
    each with the reason.

    `network` is the one that the trace was built from, where it was built: without it a scheme's
    own word decides on its settings.
    """
    run = Usage(built, timed, data)
    followed = {
        str(value)[1:].strip()
        for part in built.chip.components.values()
        for value in part.parameters.values()
        if str(value).startswith("=")
    }
    unused = {}
    for path in changed_fields(built.chip, leave_out=_NO_SETTINGS):
        if not built.trace.matrices and path.split(".")[0] in _OF_TILES:
            unused[path] = "no weights are on an array"
            continue
        acts = CONDITIONS.get(path)
        if acts is not None and path not in followed and not acts.condition(run):
            unused[path] = acts.otherwise
    unused |= unused_of_kinds(run, CONDITIONS)
    unused |= {
        path: "no action of this run has a price that depends on it"
        for path in idle_parameters(built)
    }
    if built.rule:
        unused |= {
            f"scheme.{name}": "the scheme does not use it with its other settings"
            for name in built.rule.unused_changes
        }
        if network is not None:
            unused |= {
                f"scheme.{name}": "the step of this run is the same without it"
                for name in idle_settings(built, network, timed)
            }
    return unused


def unused_notes(unused: Mapping[str, str]) -> list[str]:
    """One line for the notes of a result; none where everything that is set acts."""
    reasons: dict[str, list[str]] = {}
    for path, reason in unused.items():
        reasons.setdefault(reason, []).append(path)
    text = "; ".join(f"{', '.join(paths)} ({reason})" for reason, paths in reasons.items())
    return [NOTE + text] if text else []
