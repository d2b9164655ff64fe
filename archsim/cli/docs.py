"""`archsim docs`: the documentation that came with the package, in a browser, without a network."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from archsim.cli.options import add_output_options
from archsim.cli.output import emit, print_json, say
from hwlib.errors import InputError


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "page",
        metavar="PAGE",
        nargs="?",
        help="a page of the manual, for example my_chip or commands (default: its first page)",
    )
    parser.add_argument("--path", action="store_true", help="print where the page is, open nothing")
    parser.add_argument("--list", action="store_true", help="print the names of all pages")
    add_output_options(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Opens a page; where no browser can show one, its path is what is left to say."""
    from archsim.documentation import find_page, list_pages

    if arguments.list:
        if arguments.page is not None:
            raise InputError("--list names all pages", where="archsim docs", got=arguments.page)
        if arguments.json:
            print_json({"pages": list(list_pages())})
        else:
            emit("\n".join(list_pages()))
        return 0
    name = arguments.page or "index"
    page = find_page(name)
    if arguments.json:  # a script wants the path, and no browser
        print_json({"page": name, "path": str(page)})
        return 0
    if arguments.path or not open_in_browser(page):
        emit(str(page))
        if not arguments.path:
            say("there is no browser here; this is the page", arguments.quiet)
    return 0


def open_in_browser(page: Path) -> bool:
    """Whether a browser with a display took the page: one of a terminal would take the terminal."""
    import webbrowser

    # Without a display `webbrowser` would start one of the terminal (lynx, w3m).
    on_a_desktop = sys.platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    try:
        return on_a_desktop and webbrowser.open(page.as_uri())
    except (webbrowser.Error, OSError):
        return False
