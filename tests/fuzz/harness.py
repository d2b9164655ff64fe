"""The driver: mutated inputs in a forked process, whose parent watches its time; what the process
cannot survive costs one input.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import random
import resource
import shutil
import signal
import struct
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from hwlib.errors import InputError
from tests.fuzz.mutate import of_bytes
from tests.fuzz.reader import Reader
from tests.fuzz.readers import make_readers
from tests.fuzz.report import Report

_NOW = struct.Struct("<qdd")  # the input that the process is at, since when, and after what work
IDLE = 6
"""Times the limit that an input may take on the clock: a busy machine makes any input slow, so its own
processor time is what counts, and the clock for one that waits for something."""


def mutated(reader: Reader, name: str, seed: int, number: int) -> bytes:
    """Input `number` of a reader: the same for the same seed."""
    choice = random.Random(f"{seed}/{name}/{number}")
    content = reader.files[reader.name]
    for _ in range(choice.choice((1, 1, 1, 2))):
        try:
            content = (reader.structure if choice.random() < 0.6 else of_bytes)(content, choice)
        except Exception:  # of the mutation itself: the second one meets what the first left
            content = of_bytes(content, choice)
    return content


def run_reader(
    name: str,
    reader: Reader,
    seed: int,
    numbers: range,
    folder: Path,
    limit_s: float = 10.0,
    limit_mb: int = 2000,
    keep: Path | None = None,
) -> Report:
    """Read every input of `numbers`. `keep`: a folder for the inputs that went wrong."""
    report = Report()
    number = numbers.start
    started = time.monotonic()
    while number < numbers.stop:
        part, number = _in_a_child(
            name, reader, seed, range(number, numbers.stop), folder, limit_s, limit_mb
        )
        report.add(part)
    report.seconds = time.monotonic() - started
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        for _, _, index, what in report.faults:
            (keep / f"{name}-{seed}-{index}-{reader.name}").write_bytes(
                mutated(reader, name, seed, index)
            )
            (keep / f"{name}-{seed}-{index}.txt").write_text(what)
    return report


def _in_a_child(
    name: str,
    reader: Reader,
    seed: int,
    numbers: range,
    folder: Path,
    limit_s: float,
    limit_mb: int,
) -> tuple[Report, int]:
    """One process for as many inputs as it lasts; returns what it found and the number that is
    next.
    """
    board = mmap.mmap(-1, _NOW.size)
    board[:] = _NOW.pack(numbers.start, time.monotonic(), 0.0)
    ear, mouth = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ear)
        code = 1
        try:
            _child(name, reader, seed, numbers, folder, limit_mb, board, mouth)
            code = 0
        finally:
            os._exit(code)
    os.close(mouth)
    hung = False
    while os.waitpid(child, os.WNOHANG)[0] == 0:
        if _hangs(child, board, limit_s):
            hung = True
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            break
        time.sleep(0.02)
    with os.fdopen(ear, "rb") as file:
        text = file.read().decode(errors="replace")
    at = _NOW.unpack(board[:])[0]
    report = Report()
    for line in text.split("\0")[:-1]:
        kind, _, rest = line.partition(" ")
        if kind == "end":
            inputs, refused, slowest, peak = rest.split()
            report.inputs = int(inputs)
            report.refused = int(refused)
            report.slowest_s = float(slowest)
            report.peak_mb = int(peak)
            report.by_reader[name] = int(inputs)
        else:
            index, _, what = rest.partition(" ")
            report.faults.append((name, seed, int(index), what))
    if not report.inputs:  # it died, or was killed
        report.inputs = at - numbers.start + 1
        report.by_reader[name] = report.inputs
        report.faults.append(
            (name, seed, at, f"hang: longer than {limit_s:g} s" if hung else "the process died")
        )
        return report, at + 1
    return report, numbers.start + report.inputs


def _hangs(child: int, board: mmap.mmap, limit_s: float) -> bool:
    """True where the input that the process is at takes too long."""
    _, since, worked = _NOW.unpack(board[:])
    waits = time.monotonic() - since
    if waits <= limit_s:
        return False
    fields = Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()
    spent = sum(int(field) for field in fields[11:13]) / os.sysconf("SC_CLK_TCK")
    return spent - worked > limit_s or waits > IDLE * limit_s


def _child(
    name: str,
    reader: Reader,
    seed: int,
    numbers: range,
    folder: Path,
    limit_mb: int,
    board: mmap.mmap,
    mouth: int,
) -> None:
    own_folder = folder / name
    own_folder.mkdir(exist_ok=True)
    for file, content in reader.files.items():
        (own_folder / file).write_bytes(content)
    path = own_folder / reader.name
    refused = done = 0
    slowest = 0.0
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115 (until the process ends)
    # a fault of ours must not take the machine's memory
    resource.setrlimit(resource.RLIMIT_AS, (12 * 2**30, 12 * 2**30))
    for number in numbers:
        path.write_bytes(mutated(reader, name, seed, number))
        started = time.monotonic()
        worked = time.process_time()
        board[:] = _NOW.pack(number, started, worked)
        try:
            reader.read(path)
        except InputError as fault:
            refused += 1
            if "\x1b" in fault.message:
                os.write(mouth, f"fault {number} an escape sequence in the message\0".encode())
        except BaseException as fault:
            where = traceback.extract_tb(fault.__traceback__)[-1]
            what = f"{type(fault).__name__}: {str(fault)[:200]} ({Path(where.filename).name}:{where.lineno})"
            os.write(mouth, f"fault {number} {what}\0".encode(errors="replace"))
        done += 1
        slowest = max(slowest, time.process_time() - worked)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        if peak > limit_mb:  # the next input needs a process that is small again
            os.write(mouth, f"fault {number} a peak of {peak} MB\0".encode())
            break
    os.write(mouth, f"end {done} {refused} {slowest} {peak}\0".encode())


def run(
    names: Sequence[str] = (),
    seed: int = 0,
    first: int = 0,
    count: int = 100,
    keep: Path | None = None,
    told=None,
) -> Report:
    """`count` inputs, times its weight, for each of the named readers (all without a name), from
    number `first` on.
    """
    memory = Path("/dev/shm")
    folder = Path(
        tempfile.mkdtemp(prefix="archsim-fuzz-", dir=memory if os.access(memory, os.W_OK) else None)
    )
    try:
        readers = make_readers(folder)
        whole = Report()
        for name, reader in readers.items():
            _read_whole(folder, name, reader)
        for name in names or readers:
            part = run_reader(
                name,
                readers[name],
                seed,
                range(first, first + count * readers[name].weight),
                folder,
                keep=keep,
            )
            whole.add(part)
            if told:
                told(name, part)
        return whole
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _read_whole(folder: Path, name: str, reader: Reader) -> None:
    """The good input is read, and everything is imported before the fork. (No content fits the
    digest that an idx file asks for.)
    """
    own_folder = folder / name
    own_folder.mkdir(exist_ok=True)
    for file, content in reader.files.items():
        (own_folder / file).write_bytes(content)
    with contextlib.suppress(*([InputError] if name.startswith("idx") else [])):
        reader.read(own_folder / reader.name)
