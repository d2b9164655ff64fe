"""`python -m archsim.conformance NAME|FILE.py ...`: the battery over update schemes, one line a
check. Exit codes as those of archsim.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Sequence

from archsim.conformance.cases import cases_of
from archsim.conformance.checks import CHECKS
from archsim.conformance.trials import NotConforming
from archsim.schemes.own_file import scheme_names
from hwlib.errors import InputError
from hwlib.text import printable


def main(names: Sequence[str] | None = None) -> int:
    """Run the battery; 0 where all passed, 1 where a check failed, 2 for wrong input."""
    try:
        cases = cases_of(scheme_names(sys.argv[1:] if names is None else names) or None)
    # Before any check, so a misspelt name doesn't cost minutes of checks of the others.
    except InputError as error:
        print(f"archsim: {error.message}", file=sys.stderr)
        return 2
    failed = 0
    for case in cases:
        for check in CHECKS:
            started = time.perf_counter()
            fault = ""
            try:
                check(case)
            except NotConforming as error:
                fault = str(error)
            # the scheme's own code: what it raises is a finding, the other checks go on
            except Exception as error:
                fault = (
                    "".join(traceback.format_exception_only(error)).strip() + f" ({_place(error)})"
                )
            failed += bool(fault)
            line = f"{'failed' if fault else 'passed'}  {case.title}  {check.__name__.replace('_', ' ')}"
            print(
                printable(f"{line}: {fault}")
                if fault
                else f"{line}  {time.perf_counter() - started:.1f} s",
                # A check may take a minute; a pipe would show nothing until the end.
                flush=True,
            )
    print(
        f"{failed} of {len(cases) * len(CHECKS)} checks failed"
        if failed
        else f"all {len(cases) * len(CHECKS)} checks passed"
    )
    return 1 if failed else 0


def _place(error: Exception) -> str:
    # The innermost line, as a rule one of the scheme's author. A whole traceback would drown the
    # report.
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{last.filename}:{last.lineno}"


if __name__ == "__main__":
    sys.exit(main())
