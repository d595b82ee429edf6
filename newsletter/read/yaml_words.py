"""What goes wrong in a YAML file, told to somebody who has never heard of YAML: where, what, and what to type instead."""

from __future__ import annotations

import re

from ruamel.yaml.error import MarkedYAMLError

HIDDEN_BREAK = re.compile("[\x85\u2028\u2029]")  # YAML 1.1 ends a line here; editors show nothing, or one long line
CUT_OFF = re.compile(r"[ \t]+(?P<cut>#[^\s#].*)")  # a remark as people write it has a space after its #
_ODD = re.compile(
    r"[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
    r"|\\U(?!000[0-9a-fA-F]{5}|0010[0-9a-fA-F]{4})[0-9a-fA-F]{8}"  # an escape beyond the last character there is
)

Explained = tuple[int, int, str, str]


def explained(error: Exception, text: str) -> Explained:
    """Line, column, what is wrong and what would be right, for what the YAML library raised; line 0 where it does not say."""
    if not isinstance(error, MarkedYAMLError):
        odd = _ODD.search(text)
        if odd is None:
            return 0, 0, f"this is not YAML we can read ({type(error).__name__}).", "Compare it with an issue that works."
        line, column = text.count("\n", 0, odd.start()) + 1, odd.start() - text.rfind("\n", 0, odd.start())
        return line, column, "there is a character that text files must not have.", "Delete the line and type it again."
    mark = error.problem_mark or error.context_mark
    line_there = "".join(text.split("\n")[mark.line :][:1]) if mark else ""
    opened, message, remedy = _in_plain_words(error, line_there)
    if opened and error.context_mark:
        mark = error.context_mark
    return (mark.line + 1, mark.column + 1, message, remedy) if mark else (0, 0, message, remedy)


def hidden_break() -> tuple[str, str]:
    """For a line or paragraph separator that came along with pasted text."""
    return "an invisible line break came along with pasted text.", "Delete the sign here and press Enter, or type a space."


def cut_off(lost: str) -> tuple[str, str]:
    """For text after ` #`, which YAML drops without a word."""
    shown = lost if len(lost) <= 30 else f"{lost[:27]}..."
    return f"`{shown}` would be left out: a # after a space begins a remark.", "Put the whole text in quotes."


def joined_surrogates(value: str) -> str:
    r"""An emoji that was typed as two escapes, `"\ud83d\ude00"`, as one character; half a pair becomes U+FFFD."""
    if value.isascii() or not re.search("[\ud800-\udfff]", value):
        return value
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


# What the library says about the problem or its context; whether the place where something was opened says more than
# the place where it failed; and our words for it. The first that fits is taken.
_WORDS: tuple[tuple[str, bool, str, str], ...] = (
    (
        "quoted scalar .*end of stream",
        True,
        "a quotation mark is opened and never closed.",
        "Close it, or use the other kind of quotes around the text.",
    ),
    (
        "mapping values are not allowed",
        False,
        "there is a colon inside the text, or the line is indented too far.",
        'Put text with a colon in quotes: "Note: stretch".',
    ),
    (
        "sequence entries are not allowed",
        False,
        "a list begins in the middle of a line.",
        "Put each `- ` on a line of its own, or the text in quotes.",
    ),
    (
        "unknown escape character",
        False,
        "a backslash inside double quotes means something else to YAML.",
        "Use single quotes around the text.",
    ),
    (
        "could not find expected ':'",
        True,
        "this line has no colon, and does not belong to the text above it.",
        "Indent it like the text above, or write it as `key: text`.",
    ),
    (
        "flow (mapping|sequence)",
        True,
        "a bracket is opened here and not closed.",
        'Close it, or put text with brackets in quotes: "[like this]".',
    ),
    (
        "found '<stream end>'",
        True,
        "the file ends in the middle of something.",
        "Close the bracket or quotes that are open, or finish the line.",
    ),
    (
        "expected <block end>",
        False,
        "this line does not fit the lines above it.",
        "Check quotes and indents: keys of one group begin in the same column.",
    ),
)


def _in_plain_words(error: MarkedYAMLError, line: str) -> tuple[bool, str, str]:
    problem = (error.problem or "").replace("\\t", "\t")
    said = f"{error.context or ''} {problem}"
    if "'\t'" in problem or line.lstrip(" ").startswith("\t"):
        return False, "a tab stands where YAML wants spaces.", "Use spaces."
    if found := re.search(r"character (.+) that cannot start any token", problem):
        return False, f"text cannot begin with {found.group(1)}.", "Put the text in quotes."
    for pattern, opened, message, remedy in _WORDS:
        if re.search(pattern, said):
            return opened, message, remedy
    what = f"this is not YAML we can read: {problem or 'the line is not complete'}."
    return False, what, "Compare the line with an issue that works."
