"""Markdown as HTML for a page: raw HTML is shown as text, links are those of the page, tables may
scroll, pictures are links.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it.token import Token

# The address of a link or picture on the page, given the one in the text.
Link = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class RenderedText:
    """A rendered text: `title` and `lead` are plain text (its one heading of level 1, "" where
    there is none or more; the first paragraph), `body` is HTML without that heading, `sections` are
    (id, plain text) of its headings of level 2, `pictures` the addresses of what it shows, as they
    stand in the text.
    """

    title: str
    lead: str
    body: str
    sections: tuple[tuple[str, str], ...]
    pictures: tuple[str, ...]


def render(
    text: str,
    link: Link,
    file: Callable[[str], str | None],
    prefix: str = "section",
    lower: int = 0,
) -> RenderedText:
    """Render CommonMark with tables. `file` gives the address of what a code span names, None where
    it names no file.

    Ids of headings start with `prefix`; their levels are `lower` by so much than in the text.
    Addresses that could run something (javascript: and the like) stay text.
    """
    from markdown_it import MarkdownIt

    # Raw HTML stays text: a README may come from anybody.
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    reader.add_render_rule(
        "table_open",
        lambda self, tokens, i, options, env: '<div class="scroll" tabindex="0"><table>\n',
    )
    reader.add_render_rule("table_close", lambda self, tokens, i, options, env: "</table></div>\n")
    tokens = reader.parse(text)
    title = _take_title(tokens)
    lead = next(
        (
            _plain(tokens[i + 1])
            for i, token in enumerate(tokens)
            if token.type == "paragraph_open" and _plain(tokens[i + 1])
        ),
        "",
    )
    sections: list[tuple[str, str]] = []
    pictures: list[str] = []
    for index, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h2":
            token.attrSet("id", f"{prefix}-{len(sections) + 1}")
            sections.append((f"{prefix}-{len(sections) + 1}", _plain(tokens[index + 1])))
        if token.type in ("heading_open", "heading_close"):
            # A text lies inside a page with headings of its own, and HTML has no level below six.
            token.tag = f"h{min(6, int(token.tag[1]) + lower)}"
        if token.children is not None:
            pictures += [
                str(child.attrGet("src")) for child in token.children if child.type == "image"
            ]
            token.children = _linked(token.children, link, file)
    return RenderedText(
        title,
        lead,
        reader.renderer.render(tokens, reader.options, {}),
        tuple(sections),
        tuple(pictures),
    )


def _take_title(tokens: list[Token]) -> str:
    headings = [
        index
        for index, token in enumerate(tokens)
        if token.type == "heading_open" and token.tag == "h1"
    ]
    # With several of them none is the title.
    if len(headings) != 1:
        return ""
    (start,) = headings
    title = _plain(tokens[start + 1])
    # A heading is three tokens: opened, its words, closed.
    del tokens[start : start + 3]
    return title


def _plain(token: Token) -> str:
    """The words of an inline token without their dress; pictures have none."""
    words = {"softbreak": " ", "hardbreak": " "}
    return "".join(
        words.get(child.type, child.content if child.type != "image" else "")
        for child in token.children or ()
    ).strip()


def _linked(children: list[Token], link: Link, file: Callable[[str], str | None]) -> list[Token]:
    from markdown_it.token import Token

    linked: list[Token] = []
    inside = False
    for child in children:
        for name in ("href", "src"):
            if child.attrGet(name) is not None:
                child.attrSet(name, link(str(child.attrGet(name))))
        # A link inside a link is no HTML: what the text links already is left as it is.
        inside = {"link_open": True, "link_close": False}.get(child.type, inside)
        address = None
        if not inside:  # a picture leads to its file
            address = file(child.content) if child.type == "code_inline" else child.attrGet("src")
        if address is None:
            linked.append(child)
        else:
            linked += [
                Token("link_open", "a", 1, attrs={"href": address}),
                child,
                Token("link_close", "a", -1),
            ]
    return linked
