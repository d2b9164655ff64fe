"""What the compiled events work on: tables whose rows are records, one for each thing on the chip.

A row is named by its number, -1 stands for none. All fields are whole numbers of cycles, counts or
rows, but for fractions that are carried over.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.void]
"""A structured array: a record a row."""


def _record(words: str, fractions: str = "") -> np.dtype[np.void]:
    fields: list[tuple[str, type]] = [
        *((word, np.int64) for word in words.split()),
        *((word, np.float64) for word in fractions.split()),
    ]
    return np.dtype(fields, align=True)


# One row: time, the events that are due, and the processes that are about to start.
CLOCK = _record(
    "now sequence waiting due_first due_end born_first born_end unused_runs ended_runs "
    "marks spans spans_left_out operations_ended events fault stepped "
    "turning turning_made free_turning wheel_from"
)
# What comes at a cycle that is far away, as a binary heap; events of one cycle come in the order of
# `sequence`.
COMING = _record("cycle sequence kind who")
# What comes at one of the next cycles: a timing wheel, whose spokes hold the events of a cycle in order.
SPOKE = _record("first_turning last_turning")
TURNING = _record("turning_kind turning_who next_turning")
DUE = _record("kind who")
# One row: the settings of the chip and of the trace that events look at.
SETTINGS = _record(
    "pipelined prefetch issue_cycles in_flight hop_cycles images step image_operations "
    "operations controller fetched first_forward load_first load_count load_latency most_units "
    "room stations events runs links wakes results gaps ports starts pieces phases spans jobs_at_once"
)
# One row: the controller, a process of its own.
CONTROL = _record(
    "state first once_a_batch image operation run asked barrier issued in_flight pending last_run last_age "
    "last_ended wants_room waits_for done"
)
# An operation, as planned; `steps_total` and what follows it is what was done of it.
OPERATION = _record(
    "layer_use phase_use phase lane kind chain units per_job jobs steps latency interval after_interval "
    "tiles update sequential parts row rows_out steps_per_row every down_first down_count down_gate "
    "up_first up_count up_gate first_turn first_source sources first_pool pools first_held held "
    "first_copy first_fetch fetches capacity wires latest_image latest_run latest_age done_mark "
    "steps_total jobs_total extra_total",
    "retries write_cycles",
)
# A station on a way: a server, and the cycles that a step takes of it.
STATION = _record("server cycles")
# That operation feeds another one: how many of its rows a row of that one needs.
SOURCE = _record("operation need extent stride padding same_rows rows_out")
POOL = _record("extent stride padding limit")
HELD = _record("lane same tiles")
# A process: of a run, in a state. What it holds is a job; the rest are its own variables.
PROCESS = _record(
    "run role unit state number last turn successor into count dependency ready_at gives_to next_giver "
    "since end before begin source done asked priority next_waiting words words_count"
)
RUN = _record(
    "operation image age started ended steps jobs extra last_result through first_coming comings "
    "progress wakes sources finished_wanted alive searched skipped_turns tight"
)
LINK = _record("run age source")
WAKE_FOR = _record("rows process")
RESULT = _record("cycle steps")
QUEUE = _record("capacity first size room taker first_giver last_giver kept until offset")
JOB = _record("count dependency ready_at")
SERVER = _record(
    "first_port ports busy requests waited queue_max until first_start starts users first_waiting "
    "queued first_words reached"
)
PORT = _record("free_at first_gap gaps")
PIECE = _record("begin end")
# Words on a server that give way to older operations, and the cycles that are theirs.
WORDS = _record("server age asked left owed end away pieces next")
WORDS_PIECE = _record("port begin end")
LANE = _record("first_unit units tiles busy jobs")
UNIT = _record("free_at booked first_shared shared")
STALL = _record("cycles mark")
PHASE_STALL = _record("cycles")
TURN = _record("last passed", "owed")
USE = _record("running since cycles")
SPAN = _record("operation image start end")
IMAGE = _record("end")
# A process that is about to start; runs whose records are free, or will be in the next cycle.
BORN = _record("process")
UNUSED = _record("unused")
ENDED = _record("ended")
# The cycle in which a request that waits begins; a tile that layers share, and when it is free.
WAITING = _record("begin")
SHARED = _record("tile")
TILE = _record("free_at")

# Of a chip of cores. One row: how wide the network is, what an operation has of processes, and records
# that are free again.
FLOOR = _record(
    "flit_bits packet_flits outstanding width over_first waits_of_link transits transits_made "
    "free_transit sendings sendings_made free_sending classes"
)
# What a copy of an operation does on its cores, and what a step does on one of these.
COPY = _record("first_step steps first_exchange exchanges first_return returns")
CORE_STEP = _record("feed_first feed_count collect_first collect_count finish_first finish_count")
CORE_STATION = _record("server cycles delay")
# The messages of a step that bring its inputs; a message as planned: how it is read, its way, its
# packets, and who writes it at a port.
FETCH = _record("first_message messages")
MESSAGE = _record(
    "reader read_cycles read_latency root packets last_flits leaves first_writing writings"
)
WRITING = _record("writer write_cycles")
BRANCH = _record("wire buffers first_onward onward")
# A link between cores with the slots behind it, and the cycles in which it looks again at who asks.
WIRE = _record(
    "free_at busy packets flits waited blocked queue_max first_asking last_asking asking bits delay "
    "first_slot slots first_look looks reached_by"
)
SLOT = _record("free_from")
LOOK = _record("at_cycle")
# A message on its way, and a packet of it at a branch; who is told is a process or an arrival.
SENDING = _record("message owner to_process left latest end next_free")
TRANSIT = _record("sending branch flits before left leaves_at slot since cycles whole next_asking")
# Inputs of a step that are under way; results of one that cross the network.
ARRIVAL = _record("to_come latest there waiter")
CROSSING = _record("to_come latest previous turned waiter")
# The drain of a copy: how many of its steps cross the network.
CROSSINGS = _record("under_way wants_room newest")
# One row: the search for a steady state (`cores/steady`). The words of a state; servers and links that
# an operation reaches; packets and messages as a walk over the state finds them.
STEADY = _record(
    "enabled age spent rests first_event next_kept keeps slot units since steps period periods walk walks "
    "cursor fractions differs reaches servers ports links named skips skipped "
    "silent silences due shift drawn"
)
KEPT_STATE = _record("failures state_sum at_cycle after_steps")
STEADY_WORD = _record("kept seen")
STEADY_FRACTION = _record("", "fraction")
REACHED_SERVER = _record("server_reached")
REACHED_LINK = _record("link_reached")
NAME = _record("found_in found_as")
FOUND = _record("record")

FORMS = {name: form for name, form in dict(globals()).items() if name.isupper()}
"""The form of each table, by its name. No two are alike, so that a form says which table it is."""

_WORD = 8
"""Bytes of a field, of any form."""

HEADER = np.dtype([(name, np.int64) for name in FORMS], align=True)
"""One row: where each table lies in memory. Compiled code gets nothing else."""


def laid_out(filled: Mapping[str, Table], empty: Mapping[str, int]) -> dict[str, Table]:
    """All tables, one behind the other in memory.

    Args:
        filled: those whose rows are known.
        empty: of the others, how many rows of zeros each has.

    Returns:
        name -> table, in the order of FORMS.
    """
    rows = {name: len(filled[name]) if name in filled else max(1, empty[name]) for name in FORMS}
    words = {name: rows[name] * FORMS[name].itemsize // _WORD for name in FORMS}
    memory = np.zeros(sum(words.values()), np.int64)
    tables = {}
    end = 0
    for name, form in FORMS.items():
        part = memory[end : end + words[name]]
        end += words[name]
        if name in filled:
            part[:] = filled[name].view(np.int64)
        tables[name] = part.view(form)
    return tables


def header_of(tables: Mapping[str, Table]) -> Table:
    """The one row by which compiled code finds tables that `laid_out` made, which the caller holds
    meanwhile.
    """
    first_table = tables[next(iter(FORMS))]
    for name, form in FORMS.items():
        if tables[name].dtype != form or tables[name].base is not first_table.base:
            raise TypeError(f"the table {name} has another form, or lies elsewhere")
    header = np.zeros(1, HEADER)
    sizes = [tables[name].nbytes for name in FORMS]
    first = first_table.ctypes.data
    header.view(np.int64)[:] = first + np.cumsum([0, *sizes[:-1]])
    return header
