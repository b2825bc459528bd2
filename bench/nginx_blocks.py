# SPDX-License-Identifier: ISC
"""Reads nginx's configuration: directives that end in `;` or in a block; quotes and comments are known."""
import re

TOKEN = re.compile(
    r"""\s+ | \#[^\n]* | "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' | [{};] |
(?:\$\{\w+\}|[^\s{};"'\\]|\\.)+""",
    re.DOTALL | re.VERBOSE,
)


def directives(text):
    """(head, whole, inside) of each directive of this text: inside is a block's text, None for a plain directive."""
    found, depth, start, opened, position = [], 0, None, None, 0
    while position < len(text):
        match = TOKEN.match(text, position)
        assert match, f"nginx's configuration: {text[position:position + 40]!r}"
        token, position = match[0], match.end()
        if token[0].isspace() or token[0] == "#":
            continue
        start = match.start() if start is None else start
        if token == "{":
            opened = match.start() if depth == 0 else opened
            depth += 1
        elif token == "}":
            depth -= 1
            assert depth >= 0, "nginx's configuration: a } too many"
        if depth == 0 and token in ";}":
            head = text[start : opened if token == "}" else match.start()].strip()
            found.append((head, text[start:position], text[opened + 1 : match.start()] if token == "}" else None))
            start = opened = None
    assert depth == 0 and start is None, "nginx's configuration: it ends within a directive"
    return found


def blocks(text, head):
    """(head, inside) of each block whose head begins with this, however deep it stands."""
    for own_head, _, inside in directives(text):
        if inside is not None and own_head.startswith(head):
            yield own_head, inside
        elif inside is not None and not own_head.startswith(("map ", "types")):
            yield from blocks(inside, head)


def location(text, head, without=None):
    """The one block with that head, less the directives that the pattern finds; it must find some."""
    ((head, inside),) = blocks(text, head)
    all_of_it = [whole for _, whole, _ in directives(inside)]
    kept = [whole for whole in all_of_it if without is None or not re.search(without, whole)]
    assert without is None or len(kept) < len(all_of_it), f"nothing of {head} matches {without}"
    return "\n".join([head + " {", *kept, "}"])
