"""Quotes: what in a text is not its writer's own: logs, code, mails, chats, long quotations.

People paste what went wrong, and an angry mail below a friendly line is not the user's anger. A
text without line ends, fences and quotation marks costs 0.3 µs; a long log takes 2 µs a line.
"""

import re
from collections.abc import Iterator, Sequence

from otel_sessions.text.words import word_set

_FENCED = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_LONG_QUOTE = re.compile('"[^"]{80,}"|\u201c[^\u201d]{80,}\u201d')
"""A shorter one may be a value ("rename it to ...")."""

_LOG_LINE = re.compile(
    r"""
    \s*(?:
      [\[(<]?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d  # 2026-01-31 12:00:00
    | [\[(]?\d\d:\d\d:\d\d[\]),.\ ]
    | [A-Z][a-z]{2}\ +\d{1,2}\ \d\d:\d\d:\d\d\ # syslog
    | \[?(?:DEBUG|INFO|WARN|WARNING|ERROR|FATAL|CRITICAL|TRACE|SEVERE)\b[\]:|\ ]
    | Traceback\ \(most\ recent | Exception\ in\ thread | Caused\ by: | npm\ ERR!
    | [A-Za-z_.]{1,80}(?:Error|Exception): | [$\#]\ \w | >>>\ | PS\ [A-Z]:
    )
    """,
    re.VERBOSE,
)
_TRACE_LINE = re.compile(r'\s+(?:at |File "|in |\.\.\. )|\s{4}')
_CODE_ENDS = (";", "{", "}", "};", ");", "):", "],", "},", "[", "/>", "</")
_CODE_STARTS = (
    *("import ", "from ", "def ", "class ", "#include", "function ", "const ", "var ", "public "),
    *("private ", "SELECT ", "INSERT ", "UPDATE ", "<", "//", "/*", "{", "}", "[", "]", "@", '"'),
)
_MIN_CODE_LINES = 2
"""One line that looks like code may be speech."""

_WROTE = re.compile(r"On .{6,120} wrote:$")
_FORWARDED = re.compile(
    r"-{2,} ?(?:Original Message|Forwarded message|Original message)|Begin forwarded message:"
)
_HEADERS = ("Sent:", "Subject:", "To:", "Date:", "Cc:")
_TELLING_HEADERS = word_set("Sent: Subject:")
_SPEAKERS = word_set(
    """
    agent: assistant: bot: chatbot: user: customer: client: me: you: support: operator: rep: ai:
    human: caller:
    """
)
_NAME = 16
"""Characters in which the speaker of a line is named."""
_MIN_SPOKEN_LINES = 3
"""A chat is pasted if so many lines name a speaker, and two of them do."""
_HEADER_LINES = 5
"""Lines after "From:" in which a mail's other headers stand."""


def own_words(text: str) -> str:
    """Return `text` without what is pasted or quoted; empty if nothing else is there."""
    if "```" in text:
        text = _FENCED.sub("\n", text)
    if '"' in text or "\u201c" in text:
        text = _LONG_QUOTE.sub(" ", text)
    if "\n" in text:
        text = "\n".join(_own_lines(text.splitlines()))
    return text.strip()


def _own_lines(lines: Sequence[str]) -> Iterator[str]:
    marked = any(line.lstrip().startswith(">") for line in lines)
    speakers = [first for line in lines if (first := _speaker(line)) in _SPEAKERS]
    chat = len(speakers) >= _MIN_SPOKEN_LINES and len(set(speakers)) > 1
    in_log = False
    code: list[str] = []
    for at, line in enumerate(lines):
        if _begins_mail(lines, at, marked=marked):
            break
        bare = line.strip()
        in_log = bool(_LOG_LINE.match(line)) or (in_log and bool(_TRACE_LINE.match(line)))
        if in_log or bare.startswith(">") or _WROTE.match(bare):
            continue
        if chat and _speaker(line) in _SPEAKERS:
            continue
        if bare.endswith(_CODE_ENDS) or (bare.startswith(_CODE_STARTS) and not _speaks(bare)):
            code.append(line)
            continue
        if len(code) < _MIN_CODE_LINES:
            yield from code
        code = []
        yield line
    if len(code) < _MIN_CODE_LINES:
        yield from code


def _speaker(line: str) -> str:
    return line[:_NAME].lower().partition(":")[0].strip(" *") + ":"


def _speaks(line: str) -> bool:
    return line.endswith((".", "?", "!")) and line[0].isalpha()


def _begins_mail(lines: Sequence[str], at: int, *, marked: bool) -> bool:
    """Tell whether all from here on is another mail, as most clients put it below the answer.

    Where quoted lines are `marked`, the others may be an answer below.
    """
    bare = lines[at].strip()
    if bare.startswith(("-", "Begin")):
        return _FORWARDED.match(bare) is not None
    if bare.startswith("On "):
        return not marked and _WROTE.match(bare) is not None
    if bare.startswith(("From:", "*From:*")):
        headers = {line.strip(" *").partition(" ")[0] for line in lines[at + 1 :][:_HEADER_LINES]}
        return not headers.isdisjoint(_TELLING_HEADERS)
    return False
