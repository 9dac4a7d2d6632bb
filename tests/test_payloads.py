"""120 words that would run, escape or lie where somebody takes them for code: all are text here, or refused.

Each is put wherever a word of its user can stand (name, key, value, label, file, heading, cell, id,
codebook, environment) through the real command line. While it is there no program starts, nothing is
compiled of it, and no file is written outside the results.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
import tiny

from outcomes import cli

RUN = "__import__('os').system('touch CANARY')"
WRITE = "open('CANARY','w').write('x')"
KINDS = {
    "formula": [
        "I(open('CANARY','w'))", f"Q({RUN!r})", f"np.log({WRITE})", f"q1 + I({RUN})", f"C(q1, {RUN})",
        f"bs(q1, df={RUN})", "q1:q2 + (1|id)", "q1 ~ 0 + .", f"{{{RUN}}}", f"`{RUN}`", f"q1 * {WRITE}",
        f"center({WRITE})", "-1 + q1**3", f"@pd.eval({RUN!r})", f"index.map(lambda x: {WRITE})",
        f"`q1` == @{RUN}",
    ],
    "python": [
        RUN, f"eval({RUN!r})", f"exec({WRITE!r})", f"lambda: {RUN}",
        "().__class__.__bases__[0].__subclasses__()", "__class__", "__import__",
        "{0.__class__.__init__.__globals__}", "{self.__init__.__globals__}", f"{{{WRITE}!r}}",
        "%(x)s %n %s", "${CANARY}", "{x:>{y}}", f"f'{{{RUN}}}'", "{0!r:{0}}", "print(chr(99))", "os.system",
        "globals()", f"[{WRITE} for _ in (1,)]",
    ],
    "look-alike": [
        "\uff45val(1)", "e\u200bval(1)", "\U0001d4eeval(1)", "__\u1d62mport__('os')", "\uff1d1+1",
        "\u2024\u2024/x", "q\u0661", "\ufe64script\ufe65", "\u202egnp.exe", "caf\u00e9\u0301",
    ],
    "yaml": [
        "!!python/object/apply:os.system ['touch CANARY']", "!!python/name:os.system",
        "!!python/object/new:type [x]", "&a [*a, *a]", "*unknown", "<<: {origin: open}",
        "!include /etc/passwd", "? [1, 2] : 3", "{a: {b: {c: d}}}", "|\n  touch CANARY",
        "%TAG ! tag:x,2000:", "!!binary Zm9v", "---\nstudy: other", "{{ CANARY }}: x",
    ],
    "path": [
        "../../CANARY", "/etc/passwd", "..\\..\\CANARY", "start.csv/../../../CANARY", "CON",
        "file:///etc/passwd", "a" * 300, "~/CANARY", ".hidden", "start.csv\0.txt", "//host/share/x",
        "|touch CANARY", "-rf", "--config=study=x", "https://example.org/x.csv",
    ],
    "shell": [
        "$(touch CANARY)", "`touch CANARY`", "; touch CANARY", "| touch CANARY", "& touch CANARY &",
        "&& touch CANARY", "> CANARY", "'; touch CANARY; '", '"; touch CANARY; "', "\ntouch CANARY\n",
        "$IFS$9touch${IFS}CANARY", "%COMSPEC% /c echo", "!touch CANARY",
    ],
    "spreadsheet": [
        "=cmd|' /C touch CANARY'!A0", "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0",
        "@SUM(1+1)*cmd|' /C calc'!A0", "\t=1+1", "\r=1+1", '=HYPERLINK("http://example.org","x")',
        "=WEBSERVICE(\"http://example.org\")", '"=1+1"', ";=1+1", "=DDE(\"cmd\";\"/C calc\")",
    ],
    "page": [
        "<script>document.title='CANARY'</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>",
        "javascript:alert(1)", "</title><script>1</script>", '" onmouseover="alert(1)',
        "<iframe src=//example.org>", "[x](javascript:alert(1))", "&lt;script&gt;", "\\input{/etc/passwd}",
        "\\write18{touch CANARY}", "$\\frac{1}{0}$", "<!--", "]]><x/>", "<style>*{display:none}</style>",
    ],
    "template": [
        "{wildcards.study}", "{input}", "{{ 7*7 }}", "{% import os %}", "{{ ''.__class__.__mro__ }}",
        "<%= 1 %>", "#{7*7}",
    ],
}  # fmt: skip
"""Kind to its words; CANARY stands for a file that must not come to be."""

PAYLOADS = [(kind, word) for kind, words in KINDS.items() for word in words]
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
WATCHED = (
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "os.forkpty",
    "subprocess.Popen",
    "pty.spawn",
    "socket.connect",
)

FILES = {"wave": "data/raw/tiny/start.csv", "scale": "config/instruments/calm.yaml"}

_watch: dict[str, object] = {"on": False, "seen": [], "word": "", "inside": ""}


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    """Note what a payload could make the program do; the page of Python lists the events (PEP 578)."""
    if not _watch["on"]:
        return
    seen = _watch["seen"]
    assert isinstance(seen, list)
    if event in WATCHED:
        seen.append((event, str(arguments)[:80]))
    elif event in ("compile", "exec") and str(_watch["word"]) in str(arguments[0]):
        seen.append((event, "the payload"))
    elif event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        path = str(arguments[0])
        if not path.startswith(str(_watch["inside"])) and path != "/dev/null":
            seen.append((event, path))


sys.addaudithook(_hook)


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    return tiny.project(tmp_path_factory.mktemp("payloads"))


class Put:
    """The project while a payload is in some of its places."""

    def __init__(self, project: Path, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.project, self.number, self.monkeypatch = project, number, monkeypatch
        word = PAYLOADS[number][1]
        self.word = word.replace("CANARY", str(project / "canary") if "/" not in word else "canary")
        monkeypatch.chdir(project)

    @property
    def quoted(self) -> str:
        """The word as YAML text in double quotes."""
        escaped = "".join(
            sign if " " <= sign <= "~" else f"\\U{ord(sign):08x}" for sign in self.word.replace("\\", "\\\\")
        )
        return '"' + escaped.replace('"', '\\"') + '"'

    def check(self, study: str = "tiny") -> int:
        """Exit code of `outcomes check`; nothing ran, was compiled of the word, or was written elsewhere."""
        _watch.update(on=True, seen=[], word=self.word, inside=str(self.project / "results"))
        try:
            code = cli.main(["check", study])
        except SystemExit as ended:  # a word that begins like a flag
            code = ended.code
        finally:
            _watch["on"] = False
        assert _watch["seen"] == []
        return code

    def study(self, *changes: tuple[str, str], **others: list[tuple[str, str]]) -> int:
        """Check with other words in the study file, and in the wave or the scale."""
        places = [
            ("config/studies/tiny.yaml", changes),
            *((FILES[name], said) for name, said in others.items()),
        ]
        before = {name: (self.project / name).read_bytes() for name, _ in places}
        for name, exchanged in places:
            text = before[name].decode()
            for old, new in exchanged:
                assert old in text
                text = text.replace(old, new, 1)
            (self.project / name).write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            return self.check()
        finally:
            for name, content in before.items():
                (self.project / name).write_bytes(content)


@pytest.fixture(params=range(len(PAYLOADS)), ids=[f"{kind}-{n}" for n, (kind, _) in enumerate(PAYLOADS)])
def put(request, project, monkeypatch, capsys) -> Iterator[Put]:
    """The project with a payload to put; afterwards it holds no file more, and no traceback was shown."""
    before = files(project)
    yield Put(project, request.param, monkeypatch)
    assert files(project) - before <= {
        f"results/tiny/restricted/clean/validation.{form}" for form in ("html", "json")
    }
    assert not list(project.parent.rglob("*canary*"))
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err
    assert "fault of the program" not in said.err


def files(project: Path) -> set[str]:
    return {path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file()}


def test_a_payload_does_nothing_wherever_it_stands(put):
    names_and_keys(put)
    values_and_labels(put)
    data(put)
    environment(put)


KEYS = ("\nmodel:", "\n  calm: {label", "\n  gender: {label", "\n    fsm: {label", "\n  start: {label")
NAMES = ("profile: hesa", "instrument: calm", "file: start.csv", "study: tiny", "family: psychosocial")
LISTS = ("outcomes: [calm]", "covariates: [gender]")


def names_and_keys(put: Put) -> None:
    """As the study's name, as keys, as names of ours, as file names, and as plain YAML: refused."""
    if not NAME.fullmatch(put.word):
        assert put.check(put.word) == 2
    places = []
    for old in KEYS:
        indent, rest = re.split(r"[a-z]+:", old)
        places.append((old, f"{indent}{put.quoted}:{rest}"))
    places += [(old, f"{old.split(':')[0]}: {put.quoted}") for old in NAMES]
    places += [(old, f"{old.split(':')[0]}: [{put.quoted}]") for old in LISTS]
    assert put.study(*places) == 2
    assert put.study(places[put.number % len(places)]) == 2
    if not put.word.startswith("#"):
        title = "title: A tiny study\n"
        assert put.study((title, f"{title}{put.word}\n")) == 2


def values_and_labels(put: Put) -> None:
    """As words to show: text, if it is on one line."""
    on_one_line = not re.search(r"[\x00-\x1f\x7f-\x9f]", put.word) and len(put.word) <= 200
    labels = ("title: A tiny study", "label: Free school meals", "label: Start", "label: Gender")
    study, scale = (
        [(old, f"{old.split(':')[0]}: {put.quoted}") for old in words]
        for words in (labels, ("title: Calm", "label: Calm"))
    )
    assert put.study(*study, scale=scale) == (0 if on_one_line else 2)


def data(put: Put) -> None:
    """As heading, id and cell of a closed question, as a column and in a codebook: refused in sentences."""
    cell = '"' + put.word.replace('"', '""') + '"'
    lines = tiny.csv(tiny.wave(0)).splitlines()
    changed = [f"{line},{n}" for n, line in enumerate(lines)]
    changed[0], changed[-1] = f"{lines[0]},{cell}", f"{cell},1,1,1,text"
    changed[2] = changed[2].replace("M001,3,", f"M001,{cell},")
    assert put.study(wave=[("\n".join(lines), "\n".join(changed))]) == 2
    book = put.project / "data/raw/tiny/codebook.csv"
    book.write_bytes(f"wave,column,item\nstart,{cell},q1\n".encode("utf-8", "surrogatepass"))
    named = ("\nwaves:\n", "\ncodebook: codebook.csv\nwaves:\n")
    try:
        assert put.study(("column: fsm", f"column: {put.quoted}"), named) == 2
    finally:
        book.unlink()


def environment(put: Put) -> None:
    """As a key and as the path of one."""
    if "\0" in put.word:
        return
    for variable in ("OUTCOMES_KEY", "OUTCOMES_KEY_FILE"):
        put.monkeypatch.setenv(variable, put.word)
        assert put.study(("ids: public", "ids: pseudonyms")) == 2
        put.monkeypatch.delenv(variable)


def test_there_are_120():
    assert len(PAYLOADS) == len(set(PAYLOADS)) == 120


def test_the_watch_sees_what_a_payload_would_do(project, monkeypatch):
    put = Put(project, 0, monkeypatch)
    for deed in (
        lambda *_: eval("1 + 1 if 'canary' else 0"),  # noqa: S307
        lambda *_: subprocess.run([sys.executable, "-c", ""], check=True),
        lambda *_: (project / "data" / "x").write_text("x"),
    ):
        monkeypatch.setattr(cli, "main", deed)
        put.word = "canary"
        with pytest.raises(AssertionError):
            put.check()
    (project / "data" / "x").unlink()


# What a reader is shown: the page and the tables of a study whose words are all hostile.

HOSTILE = {
    "title: A tiny study": "title: <script>document.title='canary'</script>",
    "label: Start": "label: \"=cmd|' /C calc'!A0\"",
    "label: End": "label: '<img src=x onerror=alert(1)>'",
    "label: Free school meals": "label: '{{ 7*7 }} {wildcards.study} $(touch canary)'",
    "label: Gender": "label: '-2+3+cmd|'",
    "  calm: {label: Calm": "  calm: {label: '=HYPERLINK(1)</title><svg onload=alert(1)>'",
    "levels: [woman, man]": "levels: ['+woman', '@man']",
    "claim: Low-SES mentees gain more calm.": "claim: '=1+1 [x](javascript:alert(1)) <!--'",
    "source: invented for the tests": "source: '@SUM(1) </style><iframe src=//example.org>'",
}
LIVE = {"script", "iframe", "svg", "object", "embed", "form", "input", "button", "link", "base", "math", "b"}
"""Tags that a page of ours never has."""


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A project with the hostile study, whose report was made."""
    folder = tiny.project(tmp_path_factory.mktemp("hostile"))
    study, scale = folder / "config/studies/tiny.yaml", folder / "config/instruments/calm.yaml"
    text = study.read_text(encoding="utf-8")
    for old, new in HOSTILE.items():
        assert old in text
        text = text.replace(old, new, 1)
    study.write_text(text, encoding="utf-8")
    scale.write_text(
        scale.read_text()
        .replace("title: Calm", "title: '=1+1<b>'")
        .replace("label: Calm", "label: '=1+1<b>'")
    )
    register = folder / "data/raw/tiny/register.csv"
    register.write_text(register.read_text().replace(",woman", ",+woman").replace(",man", ",@man"))
    before = files(folder)
    done = tiny.outcomes(folder, "run", "tiny")
    assert done.returncode == 0, done.stderr
    outside = {name.split("/")[0] for name in files(folder) - before}
    assert outside <= {"results", ".snakemake"}
    assert not list(folder.parent.rglob("canary"))
    return folder / "results/tiny/release"


class Seen(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_shows_hostile_words_as_text(made):
    page = Seen((made / "report.html").read_text(encoding="utf-8"))
    assert not {tag for tag, _ in page.tags} & LIVE
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("srcdoc", "formaction")]
        for link in ("href", "src"):
            assert re.match(r"#|data:image/png|https://|tables/[a-z_]+\.csv$", attributes.get(link) or "#")
    for words in (
        "<script>document.title='canary'</script>",
        "<img src=x onerror=alert(1)>",
        "{{ 7*7 }} {wildcards.study}",
    ):
        assert words in page.text


def test_no_cell_of_a_released_table_begins_like_a_formula(made):
    for path in made.rglob("*.csv"):
        cells = pd.read_csv(path, dtype="string", keep_default_na=False)
        for column in cells.columns:
            texts = cells[column][pd.to_numeric(cells[column], errors="coerce").isna()]
            begun = texts[texts.str.contains(r"\A[=+\-@\t\r]", regex=True)]
            assert begun.empty, f"{path.name}, {column}: {begun.iloc[0][:20]}"
