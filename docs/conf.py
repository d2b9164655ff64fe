"""How Sphinx builds the manual; `python docs/build.py` runs it."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from archsim.basics.version import VERSION  # noqa: E402

project = "archsim"
author = "the authors of archsim"
version = release = VERSION
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
nitpicky = False

# Markdown
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 4
suppress_warnings = ["myst.header"]

# notebooks run while the manual is built, so that they show what this version prints
nb_execution_mode = "force"
nb_execution_timeout = 600
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_merge_streams = True
nb_remove_code_outputs = False

# the Python surface
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
python_maximum_signature_line_length = 88
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_custom_sections = [("Source", "returns_style")]
default_role = "code"

# pages: all that a page needs lies beside it, nothing comes from a network
html_theme = "furo"
html_title = f"archsim {VERSION}"
html_static_path = ["static"]
html_css_files = ["manual.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
html_show_search_summary = False  # a page that lies on a disk may not load another one
html_last_updated_fmt = None
html_use_index = True
html_domain_indices = False
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#1c5d99",
        "color-brand-content": "#1c5d99",
        "font-stack": "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif",
        "font-stack--monospace": "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace",
    },
    "dark_css_variables": {"color-brand-primary": "#7cb7e8", "color-brand-content": "#7cb7e8"},
}


NAMED = re.compile(r"[\w*., `]+(\([^)]*\))?:(\s|$)")


def hang_items(lines):
    """Indents the second lines of an argument or error, where they begin in its column."""
    column = None
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if line.strip() in ("Args:", "Raises:"):
            column = indent + 4
        elif column is not None and line.strip() and indent < column:
            column = None
        elif indent == column and not NAMED.match(line.strip()):
            lines[number] = f"    {line}"


def escape_docstring(app, what, name, thing, options, lines):
    """Docstrings are plain texts with names in backticks: nothing else in them means anything."""
    hang_items(lines)
    pieces = re.split(r"(`[^`]*`)", "\n".join(lines))
    for number, piece in enumerate(pieces):
        if not piece.startswith("`"):
            # a name with an underscore at its end would be a link
            plain = re.sub(r"([*|\\])", r"\\\1", piece)
            pieces[number] = re.sub(r"(?<=\w)_(?=[\s,.;:)]|$)", r"\\_", plain)
    lines[:] = "".join(pieces).split("\n")


def leave_out_fields(app, what, name, thing, options, signature, returns):
    """The fields of settings stand on pages of their own, with their ranges and meanings."""
    return ("", returns) if hasattr(thing, "model_fields") else None


def setup(app):
    app.connect("autodoc-process-signature", leave_out_fields)
    app.connect("autodoc-process-docstring", escape_docstring, priority=100)
