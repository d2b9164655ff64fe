"""What goes wrong and how it is told: exit codes and the one exception."""

from __future__ import annotations

from archsim.cli.main import main
from docs.from_code.markdown import page

INTRODUCTION = """Wrong input never ends in a traceback. A message says what is wrong, where, what was got, what is allowed and the nearest
known name, and the exit code is 2; in Python it is an `archsim.InputError` with the same parts as attributes (`what`, `where`, `got`,
`allowed`, `hint`). These messages were made while this page was written:"""
EXAMPLES = (
    ["run", "lenet2"],
    ["run", "lenet1", "--arch", "wu2032"],
    ["run", "lenet1", "--set", "read.adc_bit=6"],
    ["run", "lenet1", "--set", "read.adc_bits=60"],
    ["train", "digits_cnn", "--scheme", "tikitaka"],
    ["show", "component", "adc_sarr"],
)


def errors_page() -> str:
    """Messages of wrong lines, as they come."""
    codes = """## Exit codes

| code | means |
| --- | --- |
| 0 | done |
| 2 | the input is wrong, or what is checked does not hold (`archsim verify`) |
| 1 | an internal fault; please report it. `ARCHSIM_TRACEBACK=1` shows where |
| 130 | interrupted by Ctrl-C; what was finished is kept |

Nothing is half-written: files appear whole at the end or not at all, and a training, a comparison or a sweep goes on with `--resume`."""
    shown = "\n\n".join(_message(line) for line in EXAMPLES)
    return page("Errors and exit codes", codes, "## Messages\n\n" + INTRODUCTION, shown)


def _message(line: list[str]) -> str:
    import contextlib
    import io

    errors = io.StringIO()
    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
        exit_code = main(line)
    assert exit_code == 2, line
    text = errors.getvalue().strip()
    return f"```text\n$ archsim {' '.join(line)}\n{text}\n```"
