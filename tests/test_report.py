"""Does the page say what the tables hold, in plain words, and does it need nothing beside it?"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib.resources import files as packaged
from itertools import pairwise

import pandas as pd
import pytest
from release_example import STUDIES, VERSIONS, Example, example, suppressed, with_cell

from outcomes import tables as declared
from outcomes.columns import empty
from outcomes.figure import draw
from outcomes.report import SECTIONS, render
from outcomes.report.answer import answer, sentence
from outcomes.report.claims import claims
from outcomes.report.decisions import rule
from outcomes.report.display import HEADINGS, HIDDEN, TITLES, view
from outcomes.report.evidence import evidence
from outcomes.report.facts import EMPTY, MINUS, SUPPRESSED, Facts, listed, within
from outcomes.report.methods import paragraphs
from outcomes.report.works import REFERENCES
from outcomes.study import Comparison, Equivalence, SdMargin
from outcomes.study.stages import Reporting

MENTORING, STAR = (example(study) for study in STUDIES)
CSP = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
CAUSAL = re.compile(
    r"\b(caus\w*|effects?|effective\w*|impact\w*|due to|thanks to|because of|led to|leads? to|results? from|"
    r"attribut\w*|influence\w*|improve\w*|works?ed)\b",
    re.IGNORECASE,
)


class Page(HTMLParser):
    """The page taken apart: its tags with their attributes, and the text that a reader sees."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open = tag

    def handle_data(self, data: str) -> None:
        if self._open != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def facts(
    case: Example, tables: dict[str, pd.DataFrame] | None = None, part: Reporting | None = None
) -> Facts:
    shown = case.tables if tables is None else tables
    return Facts(shown, {}, empty(declared.FIGURES), case.reporting if part is None else part, VERSIONS)


def page(case: Example, tables: dict[str, pd.DataFrame] | None = None, **changed: object) -> Page:
    """Return the page without figures, which have tests of their own."""
    part = case.reporting.model_copy(update=changed)
    return Page(
        render(case.tables if tables is None else tables, {}, empty(declared.FIGURES), part, VERSIONS)
    )


@pytest.fixture(scope="module", params=[MENTORING, STAR], ids=STUDIES)
def whole(request: pytest.FixtureRequest) -> Page:
    case = request.param
    pictures, index = draw(case.tables, case.drawing)
    return Page(render(case.tables, pictures, index, case.reporting, VERSIONS))


def test_nothing_is_fetched_and_nothing_runs(whole: Page) -> None:
    metas = {meta.get("http-equiv"): meta.get("content") for meta in whole.all("meta")}
    assert metas["Content-Security-Policy"] == CSP
    named = {name for name, _ in whole.tags}
    assert named.isdisjoint(
        {"script", "link", "iframe", "object", "embed", "base", "form", "video", "audio", "svg"}
    )
    for _, attributes in whole.tags:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href", "srcset", "action", "poster", "data"):
            if name in attributes:
                assert re.fullmatch(
                    r"data:image/png;base64,[\w+/=]+|#[\w-]+|tables/\w+\.csv", str(attributes[name])
                )
    style = packaged("outcomes.report").joinpath("templates/style.css").read_text("utf-8")
    assert "url(" not in style
    assert "@import" not in style


def test_links_lead_somewhere(whole: Page) -> None:
    ids = [attributes["id"] for _, attributes in whole.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for link in whole.all("a"):
        href = str(link["href"])
        assert href[1:] in ids if href.startswith("#") else href[7:-4] in declared.RELEASE


def test_the_page_is_built_for_every_reader(whole: Page) -> None:
    assert whole.all("html")[0]["lang"] == "en-GB"
    for landmark in ("header", "nav", "main", "footer", "h1", "title"):
        assert len(whole.all(landmark)) == 1
    assert whole.all("a")[0] == {"class": "skip", "href": "#main"}
    assert len(whole.all("img")) == 4
    assert all(len(str(image["alt"])) > 40 for image in whole.all("img"))
    tables = whole.all("table")
    assert tables
    assert (
        len(whole.all("caption"))
        == len(tables)
        == len([a for a in whole.all("div") if a.get("class") == "scroll"])
    )
    assert all(cell.get("scope") in ("col", "row", "rowgroup") for cell in whole.all("th"))
    levels = [int(name[1]) for name, _ in whole.tags if re.fullmatch("h[1-6]", name)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_the_order_is_answer_verdicts_figures_tables_methods_references(whole: Page) -> None:
    assert [section["id"] for section in whole.all("section")] == [section.name for section in SECTIONS]
    assert [section.name for section in SECTIONS] == [
        "answer",
        "claims",
        "figures",
        "tables",
        "methods",
        "references",
    ]


def test_the_wording_is_locked_to_association(whole: Page) -> None:
    images = " ".join(str(image["alt"]) for image in whole.all("img"))
    said, _ = whole.text.rsplit("References", 1)  # the titles of cited works are their authors'
    assert CAUSAL.findall(said + images) == []
    assert "There is no comparison group" in whole.text
    assert "differ from those who did not" in whole.text


def test_the_same_input_gives_the_same_page() -> None:
    arguments = (STAR.tables, {}, empty(declared.FIGURES), STAR.reporting, VERSIONS)
    assert render(*arguments) == render(*arguments)


def test_synthetic_stands_at_the_top_on_every_section_and_on_every_table() -> None:
    said = page(MENTORING)
    assert said.all("html")[0]["class"] == "synthetic"
    marks = [span for span in said.all("span") if span.get("class") == "mark"]
    assert len(marks) == len(said.all("h2")) + len(said.all("table"))
    assert said.text.startswith("SYNTHETIC: ")
    assert "synthetic" not in page(STAR).text.lower()
    lent = STAR.tables | {"fits": STAR.tables["fits"].assign(origin="synthetic")}
    assert "SYNTHETIC DATA." in page(STAR, lent).text


def test_each_verdict_is_on_the_page_with_its_numbers() -> None:
    said = page(MENTORING).text
    for key in ("H1: ", "H2: ", "H4: "):
        assert key in said
    assert "H3" not in said
    assert "superior +0.42 0.20 to 0.64 0.12 to 0.72 < 0.001 0.004 390" in said
    assert "floor met 71% 63% to 79% 50% < 0.001 0.004 390" in said
    passing = f"{MINUS}0.61 to {MINUS}0.01 0.25 0.53"
    assert f"inconclusive {MINUS}0.31 {MINUS}0.53 to {MINUS}0.09 {passing} < 0.001 {EMPTY} 390" in said
    assert "Basis: unstructured over waves, t, Satterthwaite. Exploratory:" in said
    for word in ("provisional", "Wald"):
        assert word not in said


def test_gaps_with_and_without_covariates_stand_side_by_side() -> None:
    gap = {"outcome": "self_belief", "contrast": "gap", "wave": "end"}
    changed = with_cell(MENTORING.tables["contrasts"], gap | {"adjusted": True}, estimate=0.37, df=21.0)
    said = page(MENTORING, MENTORING.tables | {"contrasts": changed}).text
    row = said.split("The same gaps with and without covariates")[1].split("Career clarity")[0]
    assert "+0.42 (0.20 to 0.64) +0.37 (0.20 to 0.64) +0.42 +0.40 0.10 to 0.70 21 Satterthwaite" in row
    assert "with and without covariates" not in page(STAR).text.split("Methods")[0]


def test_where_an_adjusted_p_is_withheld_the_claim_says_why() -> None:
    verdicts = with_cell(MENTORING.tables["verdicts"], {"hypothesis": "H1"}, p_adjusted=None)
    said = page(MENTORING, MENTORING.tables | {"verdicts": verdicts}).text
    assert "Adjusted p values of this family are not shown" in said
    assert "Adjusted p values of this family are not shown" not in page(MENTORING).text


def test_an_interval_for_the_family_that_holds_zero_beside_a_superior_verdict_is_explained() -> None:
    where = {"hypothesis": "H1", "outcome": "self_belief"}
    wide = with_cell(MENTORING.tables["verdicts"], where, simultaneous_low=-0.02)
    said = page(MENTORING, MENTORING.tables | {"verdicts": wide}).text
    assert "one can hold zero where that p, which decides, is below the level" in said


def test_a_hypothesis_without_a_verdict_is_not_spoken_of() -> None:
    verdicts = MENTORING.tables["verdicts"]
    said = page(MENTORING, MENTORING.tables | {"verdicts": verdicts[verdicts["hypothesis"] != "H4"]}).text
    assert "H4" not in said
    assert "Most low-SES mentees" not in said


def test_the_other_study_speaks_of_its_own_people_and_stages() -> None:
    said = page(STAR).text
    assert "mentee" not in said
    assert "SES is short for" not in said
    assert "the free lunch group gained more than the no free lunch group" in said
    assert "H4" not in said
    assert "Coefficient alpha does not apply" in said
    assert "published study" not in said
    assert "what people said about themselves" not in said
    assert "The question is about the pupils whose group is known" in said
    assert "enters as a group of its own" not in said


def verdict(case: Example, hypothesis: str, outcome: str, **cells: object) -> dict[str, object]:
    frame = with_cell(case.tables["verdicts"], {"hypothesis": hypothesis, "outcome": outcome}, **cells)
    row = frame[(frame["hypothesis"] == hypothesis) & (frame["outcome"] == outcome)].iloc[0].to_dict()
    return {name: None if pd.isna(value) else value for name, value in row.items()}


SENTENCES: list[tuple[str, str, dict[str, object], str]] = [
    ("H1", "self_belief", {"verdict": "superior", "estimate": 0.51, "low": 0.3, "high": 0.72},
     "In self-belief in graduate employment, the low-SES group gained more than the high-SES group. The "
     "low-SES group's gain was 0.51 points larger (likely between 0.30 and 0.72 points larger) on a scale "
     "from 1 to 5."),
    ("H1", "self_belief", {"verdict": "inferior", "estimate": -0.51, "low": -0.72, "high": -0.3},
     "gained less than the high-SES group. The low-SES group's gain was 0.51 points smaller (likely between "
     "0.72 and 0.30 points smaller)"),
    ("H1", "career_clarity", {"verdict": "inconclusive", "estimate": 0.08, "low": -0.14, "high": 0.3},
     "it is not clear whether the low-SES group or the high-SES group gained more. The low-SES group's gain "
     "was 0.08 points larger (likely between 0.14 points smaller and 0.30 points larger)"),
    ("H1", "self_belief", {"verdict": "not estimable", "estimate": None},
     "In self-belief in graduate employment, the data do not allow an estimate."),
    ("H2", "networks", {"verdict": "non-inferior", "estimate": -0.02, "low": -0.2, "high": 0.16},
     "the low-SES group kept up with the high-SES group. The low-SES group's gain was 0.02 points "
     "smaller (likely between 0.20 points smaller and 0.16 points larger) on a scale from 1 to 5, so a gain "
     "smaller by more than 0.25 points can be ruled out."),
    ("H2", "networks", {"verdict": "non-inferior", "estimate": -0.12, "low": -0.2, "high": -0.04},
     "the low-SES group gained less than the high-SES group, but not by more than the margin."),
    ("H2", "networks", {"verdict": "non-inferior", "estimate": 0.12, "low": 0.04, "high": 0.2},
     "the low-SES group kept up with the high-SES group. "),
    ("H2", "networks", {"verdict": "inferior", "estimate": -0.6, "low": -0.8, "high": -0.4},
     "the low-SES group fell behind the high-SES group by more than the margin."),
    ("H2", "networks", {"verdict": "inconclusive"},
     "it is not clear whether the low-SES group kept up with the high-SES group."),
    ("H2", "networks", {"verdict": "inconclusive"},
     "so a gain smaller by more than 0.25 points can't be ruled out."),
    ("H2", "all", {"verdict": "non-inferior"},
     "Taken together, in no outcome did the low-SES group fall behind the high-SES group by more than the "
     "margin."),
    ("H2", "all", {"verdict": "inferior"}, "by more than the margin in at least one outcome."),
    ("H2", "all", {"verdict": "inconclusive"},
     "Taken together, it is not clear whether the low-SES group kept up"),
    ("H2", "all", {"verdict": "not estimable"}, "Taken together, the data do not allow an estimate."),
    ("H4", "professional_aspiration", {"verdict": "floor met", "estimate": 0.66},
     "Aspires to a professional occupation: 66% of the low-SES group (End of the year; likely 63% to 79%). "
     "This is clearly above the mark of 50%."),
    ("H4", "professional_aspiration", {"verdict": "floor not met"}, "This is clearly below the mark"),
    ("H4", "professional_aspiration", {"verdict": "inconclusive"}, "This is not clearly above or below"),
]  # fmt: skip


@pytest.mark.parametrize(("hypothesis", "outcome", "cells", "expected"), SENTENCES)
def test_plain_sentences(hypothesis: str, outcome: str, cells: dict[str, object], expected: str) -> None:
    assert expected in sentence(verdict(MENTORING, hypothesis, outcome, **cells), facts(MENTORING))


def test_where_a_higher_score_is_worse_the_sentence_says_so_and_turns_the_margin() -> None:
    row = verdict(MENTORING, "H2", "networks", verdict="non-inferior", estimate=0.1, low=0.02, high=0.18)
    said = sentence(row | {"outcome": "negative_affect"}, facts(MENTORING))
    assert "gained more than the high-SES group, but not by more than the margin." in said
    assert "so a gain larger by more than 0.25 points can be ruled out" in said
    assert said.endswith("(A higher score is worse here.)")


def test_a_claim_on_one_outcome_is_told_once() -> None:
    said = page(STAR).text
    assert "Taken together" not in said
    assert "non-inferior +2.88" in said
    assert "Mathematics" in said.split("Verdicts on H2")[1].split("Figures")[0]
    assert "all outcomes" not in said.split("Verdicts on H2")[1].split("Tables")[0]
    assert page(MENTORING).text.count("Taken together") == 1


def test_a_suppressed_verdict_is_neither_shown_nor_told() -> None:
    where = {"hypothesis": "H1", "outcome": "self_belief"}
    tables = MENTORING.tables | {"verdicts": suppressed(MENTORING.tables["verdicts"], where)}
    said = page(MENTORING, tables).text
    assert "In self-belief in graduate employment, the result can't be shown" in said
    assert "0.42" not in said.split("Figures")[0].split("Career clarity")[0]
    assert "not shown .. .." in said


CELLS: list[tuple[str, dict[str, object], dict[str, object], str]] = [
    ("verdicts", {"outcome": "self_belief"}, {"estimate": 0.57}, "0.57 points larger"),
    ("verdicts", {"outcome": "networks"}, {"margin": 0.33}, "smaller by more than 0.33 points"),
    ("verdicts", {"hypothesis": "H4"}, {"low": 0.52}, "likely 52% to 79%"),
    ("flow", {"step": "registered", "group": "unknown"}, {"n": 1265}, "For 1,265 mentees (on the register)"),
    (
        "reliability",
        {"outcome": "networks", "wave": "end"},
        {"alpha": 0.31},
        "between 0.31 (professional networks",
    ),
    ("ols", {"outcome": "self_belief"}, {"r2_added": 0.321}, "in self-belief in graduate employment: 0.321"),
    (
        "fits",
        {"outcome": "networks"},
        {"status": "boundary"},
        "Status of the fit, professional networks: boundary.",
    ),
]


@pytest.mark.parametrize(("name", "where", "cells", "expected"), CELLS)
def test_a_number_in_the_prose_is_the_cell_of_a_table(
    name: str, where: dict[str, object], cells: dict[str, object], expected: str
) -> None:
    changed = MENTORING.tables | {name: with_cell(MENTORING.tables[name], where, **cells)}
    assert expected not in page(MENTORING).text
    assert expected in page(MENTORING, changed).text


EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)> **bold** [a](javascript:b) {{ 7*7 }}"


def test_text_from_study_and_tables_is_shown_as_text() -> None:
    reporting = MENTORING.reporting
    drawing = reporting.drawing.model_copy(
        update={
            "outcomes": dict.fromkeys(reporting.drawing.outcomes, EVIL),
            "groups": dict.fromkeys(reporting.drawing.groups, EVIL),
        }
    )
    claims = {key: one.model_copy(update={"claim": EVIL}) for key, one in reporting.hypotheses.items()}
    table = MENTORING.tables["flow"].assign(label=EVIL)
    words = pd.DataFrame([{"name": "flow", "title": EVIL, "caption": EVIL, "alt": '"' + EVIL}])
    part = reporting.model_copy(
        update={"title": EVIL, "source": EVIL, "drawing": drawing, "hypotheses": claims}
    )
    html = render(MENTORING.tables | {"flow": table}, {"flow": b"x"}, words, part, {EVIL: EVIL})
    said = Page(html)
    assert EVIL in said.text
    assert {name for name, _ in said.tags}.isdisjoint({"script", "b"})
    assert [image["src"] for image in said.all("img")] == ["data:image/png;base64,eA=="]
    assert said.all("img")[0]["alt"] == '"' + EVIL


def test_sections_whose_tables_are_absent_are_left_out() -> None:
    without = {name: table for name, table in STAR.tables.items() if name != "verdicts"}
    names = [section["id"] for section in page(STAR, without).all("section")]
    assert names == ["tables", "methods", "references"]
    nothing = page(STAR, {}).text
    assert "Tables" not in nothing
    assert "Claim" not in nothing


def test_an_empty_table_is_not_shown() -> None:
    assert len(STAR.tables["ols"]) == 0
    assert TITLES["ols"] not in page(STAR).text
    assert TITLES["ols"] in page(MENTORING).text


def test_every_release_table_and_column_has_a_readable_heading() -> None:
    assert set(TITLES) == set(declared.RELEASE)
    limits = {"low", "high", "standardised_low", "standardised_high", "r2_added_low", "r2_added_high"}
    limits |= {"simultaneous_low", "simultaneous_high", "d_ppc2_low", "d_ppc2_high"}
    for table in declared.RELEASE.values():
        assert set(table.names) - limits - set(HIDDEN) <= set(HEADINGS)


def test_suppressed_cells_are_marked_with_the_reason_and_empty_ones_apart() -> None:
    gains = suppressed(
        MENTORING.tables["gains"], {"group": "unknown", "wave": "end"}, "suppressed: fewer than 8 people"
    )
    shown = view("gains", gains, facts(MENTORING))
    cells = {cell for line in shown.lines for cell in line.cells}
    assert SUPPRESSED in cells
    assert f"{SUPPRESSED} suppressed: fewer than 8 people." in shown.notes
    assert "515" in cells
    assert "Empty in every row: p adjusted." in shown.notes
    assert "In every row: Degrees of freedom by Satterthwaite." in shown.notes
    reliability = view("reliability", MENTORING.tables["reliability"], facts(MENTORING))
    assert f"{EMPTY} does not apply." in reliability.notes
    nothing = view("gains", suppressed(MENTORING.tables["gains"], {}), facts(MENTORING))
    assert "Estimate" in nothing.headings


def test_counts_are_headed_by_what_they_count() -> None:
    assert "Rows" in view("left_out", MENTORING.tables["left_out"], facts(MENTORING)).headings
    assert "People" in view("flow", MENTORING.tables["flow"], facts(MENTORING)).headings


def test_a_table_shows_each_row_once_with_its_heading_over_the_rows_it_stands_for() -> None:
    shown = view("trajectories", MENTORING.tables["trajectories"], facts(MENTORING))
    assert len(shown.lines) == len(MENTORING.tables["trajectories"]) == sum(line.span for line in shown.lines)
    assert shown.lines[0].span == 9
    assert len(shown.lines[0].cells) == len(shown.headings) - 1
    assert shown.lines[-1].cells[0] == "SES unknown"


NUMBERS: list[tuple[str, object, dict[str, bool], str]] = [
    ("estimate", 0.4, {}, "0.40"),
    ("estimate", -0.4, {}, f"{MINUS}0.40"),
    ("estimate", 0.4, {"signed": True}, "+0.40"),
    ("estimate", -0.4, {"size": True}, "0.40"),
    ("estimate", -0.0, {}, "0.00"),
    ("estimate", 1234.5, {}, "1,234.50"),
    ("p_value", 0.0, {}, "< 0.001"),
    ("p_value", 0.001, {}, "0.001"),
    ("p_value", 1.0, {}, "1.000"),
    ("r2_added", 0.115, {}, "0.115"),
    ("n", 1250, {}, "1,250"),
    ("n", 0, {}, "0"),
    ("estimate", None, {}, EMPTY),
    ("status", "ok", {}, "ok"),
]


@pytest.mark.parametrize(("column", "value", "how", "expected"), NUMBERS)
def test_one_function_writes_every_number(
    column: str, value: object, how: dict[str, bool], expected: str
) -> None:
    row = {"outcome": "networks", "disclosure": "shown", column: value}
    assert facts(MENTORING).written(row, column, **how) == expected


def test_decimals_follow_the_disclosure_profile_and_shares_read_as_percentages() -> None:
    profile = MENTORING.reporting.profile.model_copy(
        update={"decimals_mean": 1, "decimals_share": 1, "decimals_p": 2}
    )
    finer = facts(MENTORING, part=MENTORING.reporting.model_copy(update={"profile": profile}))
    row = {"disclosure": "shown", "outcome": "networks", "estimate": 0.4, "p_value": 0.0}
    assert finer.written(row, "estimate") == "0.4"
    assert finer.written(row, "p_value") == "< 0.01"
    share = {"disclosure": "shown", "outcome": "professional_aspiration", "estimate": 0.712, "sd": 0.4}
    assert finer.written(share, "estimate") == "71.2%"
    assert finer.written(share, "sd") == "0.4"
    assert finer.written({**share, "estimate": None, "disclosure": "suppressed"}, "estimate") == SUPPRESSED
    assert finer.interval({"low": None, "high": None, "disclosure": "shown"}) == EMPTY


def test_the_methods_are_written_by_the_stages_that_ran() -> None:
    said = {
        paragraph.heading: " ".join([paragraph.text, *paragraph.items])
        for paragraph in paragraphs(facts(MENTORING))
    }
    assert list(said) == [
        "Data", "Groups", "Scores", "Reliability", "Model", "Intervals and degrees of freedom", "Sizes",
        "Verdicts", "The published study's method", "Disclosure control",
    ]  # fmt: skip
    assert "the last counts" in said["Data"]
    assert "the first of these indicators that is known" in said["Groups"]
    assert "POLAR4 quintile (about the area): low is 1, 2, high is 3, 4, 5" in said["Groups"]
    assert "General self-efficacy: sum of 10 items, at least 7 answered" in said["Scores"]
    assert "Key: verify before use. Licence: by permission of the authors" in said["Scores"]
    assert "gender, ethnicity, discipline and intake" in said["Model"]
    assert "gender and ethnicity by ordinary least squares" in said["The published study's method"]
    assert (
        "multiple of 5, percentages on fewer than 23 people and averages on fewer than 8"
        in said["Disclosure control"]
    )
    fewer = {name: MENTORING.tables[name] for name in ("flow", "verdicts")}
    assert [p.heading for p in paragraphs(facts(MENTORING, tables=fewer))] == [
        "Data",
        "Groups",
        "Verdicts",
        "Disclosure control",
    ]


def with_choice(case: Example, name: str, **changed: object) -> Reporting:
    """Return what the report reads of the study, with one choice changed within its part ``name``."""
    part = getattr(case.reporting, name)
    return case.reporting.model_copy(update={name: part.model_copy(update=changed)})


CHOICES: list[tuple[str, str, dict[str, object], str]] = [
    ("Data", "responses", {"duplicates": "most_complete"}, "the most complete counts"),
    ("Data", "responses", {"late": "leave_out"}, "late ones are left out"),
    ("Groups", "ses", {"rule": "count", "at_least": 3}, "at least 3 low indicators"),
    ("Model", "model", {"ses_unknown": "leave_out"}, "Mentees of unknown group are left out"),
    ("Model", "model", {"covariates": ()}, "There are no covariates."),
    ("Intervals and degrees of freedom", "model", {"confidence": 0.9}, "Intervals are at 90%"),
    ("Intervals and degrees of freedom", "model", {"df": "satterthwaite"}, "Satterthwaite's. Intervals"),
    ("The published study's method", "reproduction", {"replicates": 500}, "percentiles of 500 bootstrap"),
    ("Disclosure control", "profile", {"count_base": 10}, "multiple of 10"),
]


@pytest.mark.parametrize(("heading", "name", "changed", "expected"), CHOICES)
def test_another_choice_in_the_study_is_another_sentence(
    heading: str, name: str, changed: dict[str, object], expected: str
) -> None:
    other = facts(MENTORING, part=with_choice(MENTORING, name, **changed))
    said, before = (
        {paragraph.heading: paragraph.text for paragraph in paragraphs(known)}
        for known in (other, facts(MENTORING))
    )
    assert expected in said[heading]
    assert expected not in before[heading]


def test_references_and_software_are_those_that_were_used() -> None:
    said = page(STAR).text
    assert "Project STAR, Achilles" in said
    assert "Higher Education Statistics Agency" in said
    assert "Wilson EB" not in said
    assert "Lyden" not in said
    assert "Wilson EB" in page(MENTORING).text
    assert "Python 3.11.7, outcomes 0.1.0, pandas 3.1.1, statsmodels 0.15.0." in said


def test_the_level_of_the_ranges_is_that_of_the_tests() -> None:
    assert "of 100 such ranges about 95 hold the true value" in page(MENTORING).text
    stricter = {
        key: one.model_copy(update={"alpha": 0.01}) if key == "H1" else one
        for key, one in MENTORING.reporting.hypotheses.items()
    }
    said = page(MENTORING, hypotheses=stricter).text
    assert "as many hold the true value as its claim says" in said
    assert said.count("Of 100 such ranges about 99 hold the true value.") == 1
    assert said.count("Of 100 such ranges about 95 hold the true value.") == 2


def test_people_of_unknown_group_are_counted_among_the_limits() -> None:
    none = with_cell(MENTORING.tables["flow"], {"group": "unknown"}, n=0)
    assert "it is not known which group" not in page(MENTORING, MENTORING.tables | {"flow": none}).text
    hidden = with_cell(MENTORING.tables["flow"], {"group": "unknown"}, n=None, disclosure="suppressed")
    assert "For .. mentees" in page(MENTORING, MENTORING.tables | {"flow": hidden}).text
    assert "are left out of the comparison" in page(STAR).text


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2.2, relative luminance)."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_colours_contrast_by_wcag_aa_in_light_and_dark() -> None:
    style = packaged("outcomes.report").joinpath("templates/style.css").read_text("utf-8")
    schemes = [
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
        for block in re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    ]
    assert len(schemes) == 3
    for colours in schemes:
        for ink in ("ink", "quiet", "link", "yes", "no", "open"):
            assert contrast(colours[ink], colours["page"]) >= 4.5
            assert contrast(colours[ink], colours["card"]) >= 4.5
        assert contrast(colours["mark-ink"], colours["mark-page"]) >= 4.5


def test_words_within_a_sentence() -> None:
    assert within("Career clarity") == "career clarity"
    assert within("NS-SEC") == "NS-SEC"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(["a"]) == "a"
    assert listed([]) == ""


def test_the_plain_answer_says_how_firm_it_is() -> None:
    said = " ".join(answer(facts(MENTORING))["limits"])
    assert "All claims here are exploratory" in said
    assert "Small sample" not in said


def test_the_plain_answer_warns_of_small_groups() -> None:
    gains = MENTORING.tables["gains"]
    of_group = (gains["outcome"] == "self_belief") & (gains["group"] == "low")
    verdicts = MENTORING.tables["verdicts"]
    by = verdicts.assign(basis=verdicts["basis"].str.replace("Satterthwaite", "Kenward-Roger"))
    for n, warned in ((10, True), (30, True), (35, False)):
        few = {"gains": gains.assign(n=gains["n"].mask(of_group, n)), "verdicts": by}
        said = " ".join(answer(facts(MENTORING, MENTORING.tables | few))["limits"])
        assert (
            "Small sample: in self-belief in graduate employment a compared group has fewer than 30 mentees, "
            "as far as rounded counts tell. Kenward-Roger degrees of freedom widen the ranges, yet the next "
            "survey may well say something else." in said
        ) == warned


def claimed(key: str, **changed: object) -> Reporting:
    """Return what the report reads of the study, with one claim changed."""
    reporting = MENTORING.reporting
    return reporting.model_copy(
        update={
            "hypotheses": reporting.hypotheses
            | {key: reporting.hypotheses[key].model_copy(update=dict(changed))}
        }
    )


def equivalence(**changed: object) -> Reporting:
    """Return the study with H2 as a claim of equivalence."""
    claim = Equivalence(
        claim="Gains are alike.", kind="equivalence", outcomes=("networks",), wave="end", family="career",
        margin=0.25,
    )  # fmt: skip
    reporting = MENTORING.reporting
    changed_claim = claim.model_copy(update=dict(changed))
    return reporting.model_copy(update={"hypotheses": reporting.hypotheses | {"H2": changed_claim}})


RULES: list[tuple[str, Reporting, str]] = [
    ("H1", claimed("H1"), "the low-SES group gains more than the high-SES group, two-sided, level 5%"),
    ("H1", claimed("H1", sides=1), "one-sided (that it gains less is not looked for and can't be found)"),
    ("H1", claimed("H1", focal="high", reference="unknown"),
     "the high-SES group gains more than the SES unknown group"),
    ("H1", claimed("H1", focal="high", reference="low"),
     "Gaps are high-SES minus low-SES; a higher score is a benefit in each outcome."),
    ("H1", claimed("H1", outcomes=("self_belief", "negative_affect")),
     "a lower score is the benefit in negative affect, a higher one in the others"),
    ("H1", claimed("H1"), "Family psychosocial (3 tests, declared confirmatory): Holm's adjustment."),
    ("H2", claimed("H2"), "one-sided level 2.5%; the claim as a whole holds only if every outcome passes"),
    ("H2", claimed("H2"), "Margin: 0.25 scale points."),
    ("H2", claimed("H2", margin=SdMargin(sd=0.3)),
     "Margin: 0.3 of this study's own standard deviation within the groups at the first wave (estimated"),
    ("H2", claimed("H2", margin=SdMargin(sd=0.3, reference={"networks": 0.8}, source="Doe 2020")),
     "Margin: 0.3 reference standard deviations (source: Doe 2020); in scale points 0.25 in sector"),
    ("H2", equivalence(), "may differ by at most the margin, two one-sided tests at level 5%"),
    ("H4", claimed("H4"), "Floor: the share of the low-SES group at the deciding wave (End of the year)"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "part", "expected"), RULES)
def test_the_rule_of_a_claim_names_groups_sides_margin_and_family(
    key: str, part: Reporting, expected: str
) -> None:
    assert expected in " ".join(rule(key, facts(MENTORING, part=part)))


def test_an_exploratory_family_is_adjusted_by_benjamini_and_hochberg() -> None:
    families = MENTORING.reporting.families
    loose = families | {
        "psychosocial": families["psychosocial"].model_copy(update={"purpose": "exploratory"})
    }
    said = page(MENTORING, families=loose).text
    assert "(3 tests, declared exploratory): Benjamini and Hochberg's adjustment" in said
    assert "Benjamini Y, Hochberg Y (1995)" in said
    assert "Benjamini" not in page(MENTORING).text


MORE: list[tuple[Reporting, str, str, dict[str, object], str]] = [
    (claimed("H2"), "H2", "networks", {"verdict": "superior", "estimate": 0.3, "low": 0.1, "high": 0.5},
     "the low-SES group kept up with the high-SES group and, by a test of its own, gained more."),
    (claimed("H1", sides=1), "H1", "self_belief", {"verdict": "inconclusive", "low": -0.1},
     "it is not clear whether the low-SES group gained more than the high-SES group (the other way round was "
     "not tested)"),
    (claimed("H1"), "H1", "self_belief", {"verdict": "inconclusive"},
     "That range is for this outcome by itself; looked at together with the others, it is not sure enough."),
    (claimed("H1"), "H1", "self_belief", {"group": "high - low", "verdict": "inferior", "estimate": -0.4},
     "the high-SES group gained less than the low-SES group. The high-SES group's gain was 0.40 points "
     "smaller"),
    (equivalence(), "H2", "networks", {"kind": "equivalence", "verdict": "equivalent"},
     "the low-SES group and the high-SES group gained alike, within the margin."),
    (equivalence(), "H2", "networks", {"kind": "equivalence", "verdict": "equivalent"},
     "so a difference of more than 0.25 points can be ruled out"),
    (equivalence(), "H2", "networks", {"kind": "equivalence", "verdict": "inconclusive"},
     "so a difference of more than 0.25 points can't be ruled out"),
    (equivalence(), "H2", "networks", {"kind": "equivalence", "verdict": "superior"},
     "the gain of the low-SES group was the better one by more than the margin"),
    (claimed("H1"), "H1", "self_belief", {"arm": "mentored - comparison", "verdict": "superior"},
     "In self-belief in graduate employment, the difference from the comparison group was larger in the "
     "low-SES group than in the high-SES group. The difference from the comparison group in the low-SES "
     "group was 0.42 points larger"),
]  # fmt: skip


@pytest.mark.parametrize(("part", "hypothesis", "outcome", "cells", "expected"), MORE)
def test_plain_sentences_of_other_claims(
    part: Reporting, hypothesis: str, outcome: str, cells: dict[str, object], expected: str
) -> None:
    row = verdict(MENTORING, hypothesis, outcome) | cells
    assert expected in sentence(row, facts(MENTORING, part=part))


def test_a_better_gain_contradicts_a_claim_that_gains_are_alike() -> None:
    where = {"hypothesis": "H2", "outcome": "networks"}
    verdicts = with_cell(MENTORING.tables["verdicts"], where, kind="equivalence", verdict="superior")
    told = claims(facts(MENTORING, MENTORING.tables | {"verdicts": verdicts}, equivalence()))
    signs = {row["outcome"]: row["sign"] for claim in told["claims"] for row in claim["rows"]}
    assert signs["Professional networks"] == "no"


def test_outcomes_of_a_claim_that_failed_as_a_whole_are_not_told_as_confirmed() -> None:
    told = claims(facts(MENTORING))["claims"]
    found = next(claim for claim in told if claim["key"] == "H2")
    whole, *parts = found["rows"]
    assert whole["p_adjusted"] == "0.310"
    assert {row["p_adjusted"] for row in parts} == {EMPTY}
    assert {row["sign"] for row in parts} == {"open"}
    assert "non-inferior by itself" in {row["verdict"] for row in parts}
    assert any("decided as a whole" in mark for mark in found["marks"])
    first, *sentences, last = next(
        one["sentences"] for one in answer(facts(MENTORING))["claims"] if one["claim"] == found["claim"]
    )
    assert first.startswith("Taken together, it is not clear")
    assert len(sentences) == len(parts)
    assert all(one.startswith("By itself, in ") for one in sentences)
    assert last == "Single outcomes are not confirmed when the claim as a whole is not."


def test_outcomes_of_a_claim_that_passed_as_a_whole_are_told_as_they_are() -> None:
    verdicts = with_cell(MENTORING.tables["verdicts"], {"hypothesis": "H2"}, verdict="non-inferior")
    known = facts(MENTORING, MENTORING.tables | {"verdicts": verdicts})
    found = next(claim for claim in claims(known)["claims"] if claim["key"] == "H2")
    assert {row["sign"] for row in found["rows"]} == {"yes"}
    said = " ".join(sentence for one in answer(known)["claims"] for sentence in one["sentences"])
    assert "By itself" not in said
    assert "not confirmed" not in said
    single = claims(facts(STAR))["claims"]
    assert not any("as a whole; the rows" in mark for claim in single for mark in claim["marks"])


def test_a_limit_shown_as_zero_touches_zero() -> None:
    row = verdict(MENTORING, "H2", "networks", verdict="non-inferior", estimate=-0.18, low=-0.36, high=0.0)
    said = sentence(row, facts(MENTORING))
    assert "kept up with" in said
    assert "(likely between 0.36 points smaller and about 0)" in said
    row = verdict(MENTORING, "H1", "self_belief", verdict="superior", estimate=0.18, low=0.0, high=0.36)
    assert "(likely between about 0 and 0.36 points larger)" in sentence(row, facts(MENTORING))


def test_a_margin_keeps_the_digits_that_rounding_would_take() -> None:
    row = verdict(MENTORING, "H2", "networks", margin=0.0)
    known = facts(MENTORING, part=claimed("H2", margin=0.004))
    assert known.written(row, "margin") == "0.004"
    assert "by more than 0.004 points" in sentence(row, known)
    assert facts(MENTORING).written(row | {"margin": 0.25}, "margin") == "0.25"


def test_a_group_that_nobody_is_in_is_told_apart_from_a_small_one() -> None:
    row = verdict(MENTORING, "H1", "self_belief", disclosure="suppressed")
    assert "because it rests on too few mentees." in sentence(row, facts(MENTORING))
    where = {"outcome": "self_belief", "group": "low", "wave": row["wave"]}
    gains = with_cell(MENTORING.tables["gains"], where, n=0)
    said = sentence(row, facts(MENTORING, MENTORING.tables | {"gains": gains}))
    assert "because nobody in the low-SES group has a gain, as far as rounded counts tell." in said


def with_arms(design: str, estimand: str = "effect_gap") -> Reporting:
    """Return the study with a comparison arm and all gaps as gaps in effects."""
    arm = Comparison(label="Mentored", column="arm", mentored=("1",), comparison=("0",), design=design)
    part = MENTORING.reporting
    claims_ = {
        key: one if one.kind == "floor" else one.model_copy(update={"estimand": estimand})
        for key, one in part.hypotheses.items()
    }
    return part.model_copy(update={"comparison": arm, "hypotheses": claims_})


@pytest.mark.parametrize(
    ("design", "added"),
    [
        ("randomised", "what the scheme added (the difference from the comparison group)"),
        ("matched", "the difference from the comparison group"),
    ],
)
def test_a_gap_in_effects_is_never_told_as_a_gain(design: str, added: str) -> None:
    verdicts = MENTORING.tables["verdicts"]
    is_gap = verdicts["kind"] != "floor"
    arms = verdicts.assign(arm=verdicts["arm"].mask(is_gap, "mentored - comparison"))
    known = facts(MENTORING, MENTORING.tables | {"verdicts": arms}, with_arms(design))
    for told, claim in zip(answer(known)["claims"][:2], claims(known)["claims"][:2], strict=True):
        said = " ".join(told["sentences"])
        assert added in said
        assert "gain was" not in said
        assert "gained" not in said
        assert claim["columns"]["estimate"] == "Gap in effects"
        assert added in claim["rule"][0]
        assert "gain" not in claim["rule"][0]
    assert "students" not in evidence(known).limit


FITS: list[tuple[dict[str, object], list[str], list[str]]] = [
    ({}, ["unstructured over the waves", "Cross-check: at the solution of 10 of 10 fits"],
     ["boundary", "Fall-back", "random intercept"]),
    ({"status": "boundary"},
     ["a variance or a combination of random effects is zero", "professional networks: boundary."], []),
    ({"structure": "person intercept"},
     ["that of a random intercept a person (any two waves correlate alike) in professional networks"], []),
    ({"structure": "heterogeneous compound symmetry",
      "fall_back": "declared unstructured over waves: unstructured over waves did not converge"},
     ["Fall-back, professional networks: declared unstructured over waves: unstructured over waves did not "
      "converge; fitted as heterogeneous compound symmetry.", "Jennrich"], []),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "said", "silent"), FITS)
def test_the_methods_say_how_the_fits_ended(
    cells: dict[str, object], said: list[str], silent: list[str]
) -> None:
    fits = with_cell(MENTORING.tables["fits"], {"outcome": "networks"}, **cells)
    told = paragraphs(facts(MENTORING, MENTORING.tables | {"fits": fits}))
    model = next(paragraph for paragraph in told if paragraph.heading == "Model")
    whole = " ".join([model.text, *model.items, *(REFERENCES.get(work, work) for work in model.cites)])
    for words in said:
        assert words in whole
    for words in silent:
        assert words not in whole


@pytest.mark.parametrize(
    ("method", "named", "work"),
    [
        ("Satterthwaite", "Satterthwaite's", "Kuznetsova"),
        (
            "Kenward-Roger",
            "Kenward and Roger's (with their standard errors) in professional networks",
            "Kenward MG",
        ),
        (
            "CR2, Satterthwaite",
            "cluster-robust (CR2) standard errors in professional networks",
            "Pustejovsky",
        ),
    ],
)
def test_the_methods_name_the_degrees_of_freedom_that_were_used(method: str, named: str, work: str) -> None:
    changed = {
        name: with_cell(MENTORING.tables[name], {"outcome": "networks"}, df_method=method)
        for name in ("gains", "contrasts")
    }
    whole = page(MENTORING, MENTORING.tables | changed).text
    assert named in whole
    works = {"Kuznetsova", "Kenward MG", "Pustejovsky"}
    assert {one for one in works if one in whole} == {"Kuznetsova", work}


def test_the_methods_speak_of_superiority_after_non_inferiority_only_where_it_was_tested() -> None:
    assert "Morikawa" not in page(MENTORING).text
    tested = with_cell(MENTORING.tables["verdicts"], {"outcome": "networks"}, p_superiority=0.2)
    said = page(MENTORING, MENTORING.tables | {"verdicts": tested}).text
    assert "Where non-inferiority has passed in every outcome, superiority is tested in each" in said
    assert "Morikawa" in said
    assert "Schuirmann" not in said


@pytest.mark.parametrize(
    ("design", "standard"),
    [(None, "type 2"), ("observational", "type 2"), ("matched", "type 2"), ("randomised", "type 3")],
)
def test_one_function_decides_the_evidence(design: str | None, standard: str) -> None:
    assert "type 2" in evidence(facts(MENTORING)).standard
    arm = Comparison(label="Mentored", column="arm", mentored=("1",), comparison=("0",), design=design)
    part = MENTORING.reporting.model_copy(update={"comparison": arm})
    found = evidence(facts(MENTORING, part=part))
    assert standard in found.standard
    assert ("causality" in found.standard) == (design == "randomised")


def test_no_column_name_of_a_table_is_visible() -> None:
    said = set(re.findall(r"[\w-]+", page(MENTORING).text))
    names = {name for table in declared.RELEASE.values() for name in table.names if "_" in name}
    assert said & names == set()


def test_degrees_of_freedom_and_margins_of_a_grid_are_written_as_they_were_released() -> None:
    row = {
        "outcome": "networks",
        "disclosure": "shown",
        "df": 1515.0,
        "margin": 0.0125,
        "of_declared": "0.05",
    }
    assert facts(MENTORING).written(row, "df") == "1,515"
    assert facts(MENTORING).written(row, "margin") == "0.0125"
    exact = MENTORING.reporting.profile.model_copy(update={"count_base": 1})
    part = MENTORING.reporting.model_copy(update={"profile": exact})
    assert facts(MENTORING, part=part).written({**row, "df": 17.3}, "df") == "17.3"
