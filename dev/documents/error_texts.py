"""Every error message that people see, read from the code, with its remedy; for docs/error-texts.md.

A message is the first argument of an exception or answer that people see. Its remedy is in its own text (a clause that
begins with an instruction, or names the right value) or, for problems of the API, in the command line's table of cures.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from cli.api.cures import AWAY, CURES, TEXTS
from services.api.http.problems import CODES
from shared import errors

ROOT = Path(__file__).resolve().parents[2]
#: Errors that report an unavailable server.
_UNAVAILABLE = tuple(
    kind.__name__ for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.Unavailable)
)
#: Name of an exception or answer → the position of the message among its arguments.
_SPOKEN: Mapping[str, int] = {
    "CliError": 0,
    "ApiProblem": 0,
    "Misconfigured": 0,
    "NotAdmitted": 0,
    **dict.fromkeys(_UNAVAILABLE, 0),
    # The beginning of the text with which an adapter raises Unavailable.
    "translated": 0,
    "BadAddress": 0,
    "BadProfile": 0,
    "NamesNothing": 0,
    "ProgramFailed": 0,
    "StateInUse": 0,
    "StateUnusable": 0,
    "Problem": 1,
    "too_often": 0,
}
_PROGRAMS = ("cli", "dev", "services", "shared")
#: Modules whose functions return messages → which functions.
_RETURNED: Mapping[str, tuple[str, ...]] = {
    "cli/api/trouble.py": ("not_reached", "not_the_api"),
    "dev/state.py": ("_why_unusable",),
    "services/scraper/engines/ytdlp/unsupported.py": ("_sentence",),
    "shared/crash_report.py": ("disk_problem", "defect_report"),
}
#: Verbs with which an instruction begins.
_VERBS = (
    "Add|Allow|Ask|Begin|Check|Choose|Correct|Create|Decide|Delete|Do|Export|Free|Give|Import|Install|Leave|Let|Look|Make|"
    "Name|Open|Percent-encode|Put|Raise|Read|Remove|Restart|Restore|Run|Save|Say|Set|Sign|Start|Stop|Submit|Take|Try|Turn|"
    "Upgrade|Use|Wait|Write"
)
_DOES = re.compile(
    rf"(?:^|[.;:,?!…)}}] |\n|, or )(?:(?:or|and|then|if [^,;:.]+,|with it,) )?(?:{_VERBS}|{_VERBS.lower()})\b|"
    r"`(?:fonoteca|make|docker|rabbitmqctl|iconv|kubectl|ulimit)\b|\{cure\}"
)
#: Phrases that name the right value instead of giving an instruction.
_RIGHT = re.compile(
    r"\bmust\b|\bat most\b|\bonly \w+|, as in\b|\b[Tt]he (?:\w+) are\b|\bThere are (?:\{|original)|\bmay have\b|"
    r"as (?:said|reported) above|"
    r"\bThe usual one is\b|\bit needs\b|\bcomes an id\b|(?:apt-get|pip) install|answers the question|"
    r"\bstarts (?:it|the stack)\b|\bPlease report\b|is chosen with STATE="
)
_PROGRAM_NAMES = ("apt-get ", "ffmpeg ", "pip ")
_CLAUSE = re.compile(r"[.;:] ")


class Message(NamedTuple):
    """One error message."""

    #: File and line.
    place: str
    #: Braces mark what is filled in.
    text: str
    #: The exception or answer.
    kind: str
    #: Of a problem of the API.
    code: str | None = None

    @property
    def cure(self) -> str | None:
        """Return the remedy: the text from its instruction on, or what the command line adds; None if there is none."""
        if self.code is not None and (added := TEXTS.get(self.code) or CURES.get(self.code)):
            return added
        if (does := _DOES.search(self.text)) is not None:
            return self.text[does.start() :].lstrip(".;:,?!…)} \n")
        if (right := _RIGHT.search(self.text)) is not None:
            begins = [found.end() for found in _CLAUSE.finditer(self.text, 0, right.start())]
            return self.text[begins[-1] if begins else 0 :]
        return AWAY if self.kind in (*_UNAVAILABLE, "translated") else None


def messages() -> list[Message]:
    """Return all messages, in the order of their places."""
    found = []
    for folder in _PROGRAMS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            if "node_modules" not in file.parts:
                found += list(_of_file(file))
    return found


def _of_file(file: Path) -> Iterator[Message]:
    tree = ast.parse(file.read_text())
    place = str(file.relative_to(ROOT))
    for scope, call in _calls(tree):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        index = _SPOKEN.get(name)
        if index is None or len(call.args) <= index:
            continue
        text = _template(call.args[index], scope, tree)
        if re.search(r"[A-Za-z]{3}", re.sub(r"\{[^}]*\}", "", text)):
            yield Message(f"{place}:{call.lineno}", text, name, _code(call, name))
    if place in _RETURNED:
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef) and function.name in _RETURNED[place]:
                for node in ast.walk(function):
                    if isinstance(node, ast.Return) and isinstance(node.value, ast.JoinedStr):
                        yield Message(f"{place}:{node.lineno}", _template(node.value, function, tree), "return")


def _calls(tree: ast.AST) -> Iterator[tuple[ast.AST, ast.Call]]:
    """Yield each call with the function around it."""

    def walk(node: ast.AST, scope: ast.AST) -> Iterator[tuple[ast.AST, ast.Call]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Call):
                yield scope, child
            inner = child if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else scope
            yield from walk(child, inner)

    yield from walk(tree, tree)


def _code(call: ast.Call, name: str) -> str | None:
    if name not in ("Problem", "too_often"):
        return None
    for keyword in call.keywords:
        if keyword.arg == "code" and isinstance(keyword.value, ast.Constant):
            return str(keyword.value.value)
    if name == "too_often":
        return CODES[429]
    status = call.args[0].value if isinstance(call.args[0], ast.Constant) else 0
    return CODES.get(int(str(status)), "other")


def _template(node: ast.AST, scope: ast.AST, tree: ast.AST) -> str:
    """Return a message with {…} for what is filled in; names of texts in the same function are replaced."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr():
            return "".join(_template(part, scope, tree) for part in node.values)
        case ast.FormattedValue():
            return _template(node.value, scope, tree)
        case ast.Name():
            texts = [
                _template(found.value, scope, tree)
                for found in ast.walk(scope)
                if isinstance(found, ast.Assign)
                and found.lineno <= node.lineno
                and any(isinstance(target, ast.Name) and target.id == node.id for target in found.targets)
                and isinstance(found.value, ast.Constant | ast.JoinedStr)
            ]
            return texts[-1] if texts else f"{{{node.id}}}"
        case ast.Call(func=ast.Name(id=name)) if (said := _said_by(name, tree)) is not None:
            return said
        case ast.IfExp():
            return _template(node.body, scope, tree) if isinstance(node.body, ast.Constant | ast.JoinedStr) else "{…}"
        case _:
            return f"{{{ast.unparse(node)[:40]}}}" if isinstance(node, ast.Attribute) else "{…}"


def _said_by(name: str, tree: ast.AST) -> str | None:
    """Return the text that a function of the same module returns at its end; None if there is no such text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            returned = [each.value for each in ast.walk(node) if isinstance(each, ast.Return)]
            if returned and isinstance(returned[-1], ast.Constant | ast.JoinedStr):
                return _template(returned[-1], node, tree)
    return None


#: Heading → the folders whose messages it covers.
_WHO = {
    "The command `fonoteca`": ("cli/",),
    "The API, and what `fonoteca` adds": ("services/api/",),
    "Services at their start, and commands that ask servers themselves": ("services/", "shared/"),
    "The native stack and the demo": ("dev/",),
}


def error_texts_page() -> str:
    """Return a table of every message and its remedy. Raises ValueError if one has none."""
    found = messages()
    if silent := [f"{each.place}: {each.text}" for each in found if each.cure is None]:
        raise ValueError("These messages do not say what to do:\n" + "\n".join(silent))
    lines = [
        "# Error texts",
        "",
        "What each message of an error means for you. In braces stands what is filled in.",
        "",
    ]
    lines += [
        "A setting that is missing or wrong is told with its name, the rule and its meaning, all such settings at",
        "once; [settings.md](settings.md) lists them. Why a video or playlist is not stored:",
        "[failures.md](failures.md).",
        "",
    ]
    left = found
    for heading, folders in _WHO.items():
        here = [each for each in left if each.place.startswith(folders)]
        left = [each for each in left if each not in here]
        rows = sorted({_row(each.text, str(each.cure)) for each in here})
        lines += [f"## {heading}", "", "| it says | do |", "| --- | --- |"]
        lines += [f"| {text} | {cure} |" for text, cure in rows]
        lines.append("")
    return "\n".join(lines)


def _row(text: str, cure: str) -> tuple[str, str]:
    """Return a row: the message and its remedy. A message that is only a remedy stands in both columns."""
    what, does = _cell(_without(text, cure)), _cell(cure)
    return what, "As it says." if does == what else does


def _without(text: str, cure: str) -> str:
    """Return a message without its remedy."""
    what = text[: -len(cure)].rstrip(" ;:,") if text.endswith(cure) else text
    return what or text


def _cell(text: str) -> str:
    text = re.sub(r"\{(?:\w+\.)*_?(\w+)\}", r"{\1}", text)
    one_line = " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
    # The names of programs begin with a lower-case letter.
    return one_line if one_line.startswith(_PROGRAM_NAMES) else one_line[:1].upper() + one_line[1:]
