"""Do the figures show the released numbers, all of them and no others, and say in words what they show?"""

from __future__ import annotations

import struct
from itertools import combinations

import matplotlib
import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from release_example import STUDIES, example, suppressed, with_cell

from outcomes import tables
from outcomes.columns import expect
from outcomes.figure import REGISTRY, draw, flow, forest, margins, standing, trajectories
from outcomes.figure.sheet import MARKS, STRIP, STYLE, png
from outcomes.figure.words import decimals, number

MENTORING, STAR = (example(study) for study in STUDIES)
DPI = 200
NAMES = ("flow", "trajectories", "forest", "margins")


def words(figure: Figure) -> list[str]:
    """Return every text of a figure."""
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text) if text.get_text()]


def plotted(name: str, table: pd.DataFrame, part=MENTORING.drawing) -> Figure:
    entry = next(entry for entry in REGISTRY if entry.name == name)
    if entry.of is not None and not {"margin_passing", "whole"} & set(table):
        case = MENTORING if part == MENTORING.drawing else STAR
        table = entry.drawn(case.tables | {name: table})
    with matplotlib.rc_context(STYLE):
        return entry.plot(table, part, entry.title)


@pytest.mark.parametrize("study", [MENTORING, STAR], ids=STUDIES)
def test_every_figure_is_a_png_with_its_words(study) -> None:
    pictures, index = draw(study.tables, study.drawing)
    assert list(pictures) == list(index["name"]) == ["flow", "trajectories", "forest", "margins"]
    expect(index, tables.FIGURES)
    for picture in pictures.values():
        width, height = struct.unpack(">II", picture[16:24])
        assert picture.startswith(b"\x89PNG")
        assert width == 4.8 * DPI
        assert height > width / 3
    assert (index["alt"].str.len() > 40).all()


def test_the_same_tables_give_the_same_bytes_without_a_date_or_a_version() -> None:
    first, second = (draw(STAR.tables, STAR.drawing)[0] for _ in range(2))
    assert first == second
    assert not any(b"matplotlib" in picture.lower() or b"tIME" in picture for picture in first.values())


def test_no_global_state_is_touched() -> None:
    before = dict(matplotlib.rcParams)
    draw(STAR.tables, STAR.drawing)
    assert dict(matplotlib.rcParams) == before
    assert plt.get_fignums() == []


def test_a_figure_without_its_table_is_left_out() -> None:
    without = {name: table for name, table in STAR.tables.items() if name != "forest"}
    assert list(draw(without, STAR.drawing)[0]) == ["flow", "trajectories", "margins"]
    fewer = without | {name: STAR.tables[name].iloc[:0] for name in ("flow", "margins")}
    assert list(draw(fewer, STAR.drawing)[0]) == ["trajectories"]
    pictures, index = draw({}, STAR.drawing)
    assert pictures == {}
    assert index.empty


def test_the_strip_stands_on_synthetic_figures_alone() -> None:
    for name in NAMES:
        assert STRIP in words(plotted(name, MENTORING.tables[name]))
        assert STRIP not in words(plotted(name, STAR.tables[name], STAR.drawing))
        lent = STAR.tables | {name: STAR.tables[name].assign(origin="synthetic")}
        assert STRIP in words(plotted(name, lent[name], STAR.drawing))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("study", [MENTORING, STAR], ids=STUDIES)
def test_no_words_are_cut_off_or_overlap(study, name: str) -> None:
    figure = plotted(name, study.tables[name], study.drawing)
    with matplotlib.rc_context(STYLE):
        png(figure)
    width, height = figure.get_size_inches()
    words_end = figure.get_tightbbox()
    assert words_end.x0 >= 0
    assert words_end.y0 >= 0
    assert words_end.x1 <= width
    assert words_end.y1 <= height
    assert all(text.get_window_extent().x1 < figure.bbox.x1 for text in figure.texts)
    titles = [axes._left_title.get_window_extent() for axes in figure.axes if axes.get_title(loc="left")]
    assert not any(one.overlaps(other) for one, other in combinations(titles, 2))


def test_groups_differ_in_grey_too() -> None:
    for of_mark in ("colour", "marker", "line", "hatch"):
        assert len({getattr(mark, of_mark) for mark in MARKS.values()}) == 3


def test_flow_bars_are_as_long_as_the_counts() -> None:
    table = MENTORING.tables["flow"]
    axes = plotted("flow", table).axes[0]
    assert sorted(bar.get_width() for bar in axes.patches) == sorted(table["n"].astype(float))
    shown = [text.get_text() for text in axes.texts]
    assert all(f"{n:,}" in shown for n in table["n"])
    assert all(label in shown for label in table["label"])
    assert {to_hex(bar.get_facecolor()).upper() for bar in axes.patches} == {m.colour for m in MARKS.values()}


def test_flow_shows_a_suppressed_count_as_a_mark_and_leaves_a_zero_out() -> None:
    table = with_cell(
        MENTORING.tables["flow"], {"step": "end", "group": "unknown"}, n=None, disclosure="suppressed"
    )
    table = with_cell(table, {"step": "start", "group": "unknown"}, n=0)
    axes = plotted("flow", table).axes[0]
    assert len(axes.patches) == len(table) - 1
    assert ".." in [text.get_text() for text in axes.texts]
    assert "1 of 12 counts can't be shown" in flow.caption(table, MENTORING.drawing)
    assert "count of 0 is not drawn" in flow.caption(table, MENTORING.drawing)


def test_trajectories_have_a_panel_an_outcome_and_a_line_a_group() -> None:
    table = MENTORING.tables["trajectories"]
    figure = plotted("trajectories", table)
    panels = figure.axes
    assert len(panels) == 14
    titles = [panel.get_title(loc="left").replace("\n", " ") for panel in panels]
    assert titles == list(MENTORING.drawing.outcomes.values())
    for panel, (outcome, rows) in zip(panels, table.groupby("outcome", sort=False), strict=True):
        low, high = panel.get_ylim()
        bounds = MENTORING.drawing.bounds[outcome]
        assert len(panel.containers) == rows["group"].nunique() == 3
        assert (high - low) / (bounds[1] - bounds[0]) == pytest.approx(1.06 * 0.25)
        assert low < rows["low"].min()
        assert rows["high"].max() < high
        assert list(panel.get_xticks()) == [0, 4, 8]
    means = panels[0].containers[-1].lines[0].get_ydata()
    assert list(means) == list(
        table.loc[(table["outcome"] == "self_belief") & (table["group"] == "low"), "estimate"]
    )


def test_panels_of_one_domain_have_no_heading() -> None:
    assert "Other outcomes" not in words(plotted("trajectories", STAR.tables["trajectories"], STAR.drawing))
    assert "Psychosocial outcomes" in words(plotted("trajectories", MENTORING.tables["trajectories"]))


def test_a_suppressed_mean_breaks_the_line() -> None:
    table = MENTORING.tables["trajectories"]
    hidden = suppressed(table, {"outcome": "self_belief", "group": "low", "wave": "middle"})
    line = plotted("trajectories", hidden).axes[0].containers[-1].lines[0]
    assert list(pd.isna(line.get_ydata())) == [False, True, False]
    assert f"1 of {len(table)} averages can't be shown" in trajectories.caption(hidden, MENTORING.drawing)
    nothing = suppressed(table, {"outcome": "self_belief"})
    assert "not shown:\ntoo few people" in words(plotted("trajectories", nothing))
    assert "Self-belief" not in trajectories.alt(nothing, MENTORING.drawing)


def test_a_mean_without_an_estimate_is_a_gap_and_not_an_error() -> None:
    nothing = {"estimate": None, "low": None, "high": None}
    table = with_cell(MENTORING.tables["trajectories"], {"outcome": "networks"}, **nothing)
    assert "no estimate" in words(plotted("trajectories", table))
    assert "Professional networks" not in trajectories.alt(table, MENTORING.drawing)
    assert "can't be shown" not in trajectories.caption(table, MENTORING.drawing)


def test_the_mark_of_disclosure_outranks_a_number() -> None:
    row = {"outcome": "self_belief", "group": "low", "wave": "middle"}
    table = with_cell(MENTORING.tables["trajectories"], row, disclosure="suppressed")
    line = plotted("trajectories", table).axes[0].containers[-1].lines[0]
    assert list(pd.isna(line.get_ydata())) == [False, True, False]
    gap = with_cell(MENTORING.tables["forest"], {"outcome": "networks"}, disclosure="suppressed")
    assert "networks" not in {line.get_gid() for line in plotted("forest", gap).axes[0].lines}


@pytest.mark.parametrize(
    ("low", "high", "share", "expected"),
    [
        (2.5, 3.5, 0.5, (2.0, 4.0)),
        (1.0, 1.2, 0.25, (1.0, 2.0)),
        (4.6, 5.0, 0.5, (3.0, 5.0)),
        (1, 5, 1.0, (1, 5)),
    ],
)
def test_limits_stay_on_the_scale(
    low: float, high: float, share: float, expected: tuple[float, float]
) -> None:
    assert trajectories.limits(low, high, (1.0, 5.0), share) == pytest.approx(expected)


def test_the_window_widens_until_every_outcome_fits() -> None:
    table, part = MENTORING.tables["trajectories"], MENTORING.drawing
    assert trajectories.window(table, part) == 0.25
    assert (
        trajectories.window(with_cell(table, {"outcome": "networks", "wave": "end"}, high=3.9), part) == 0.35
    )
    assert trajectories.window(with_cell(table, {"outcome": "networks"}, low=1.0, high=5.0), part) == 1.0


def test_the_forest_lies_at_gap_over_baseline_sd_with_margins_on_the_worse_side() -> None:
    table = MENTORING.tables["forest"]
    axes = plotted("forest", table).axes[0]
    points = {line.get_gid(): line for line in axes.lines if line.get_gid() in set(table["outcome"])}
    assert {name: line.get_xdata()[0] for name, line in points.items()} == pytest.approx(
        dict(zip(table["outcome"], table["estimate"] / table["baseline_sd"], strict=True))
    )
    margins = [line.get_xdata()[0] for line in axes.lines if line.get_gid() == "margin"]
    assert margins == pytest.approx([-0.25 / 0.8] * 4)
    turned = with_cell(table, {"outcome": "negative_affect"}, margin=0.4)
    at = [
        line.get_xdata()[0] for line in plotted("forest", turned).axes[0].lines if line.get_gid() == "margin"
    ]
    assert max(at) == pytest.approx(0.4 / 0.8)
    far = with_cell(MENTORING.tables["forest"], {"outcome": "negative_affect"}, margin=4)
    assert plotted("forest", far).axes[0].get_xlim()[1] > 4 / 0.8
    assert axes.get_xlim()[0] < min(margins)
    faces = {name: line.get_markerfacecolor() for name, line in points.items()}
    assert faces["career_clarity"] == "white" != faces["self_belief"]


def test_the_forest_says_which_way_is_which() -> None:
    said = words(plotted("forest", STAR.tables["forest"], STAR.drawing))
    assert "\N{LEFTWARDS ARROW} no free lunch gained more" in said
    assert "free lunch gained more \N{RIGHTWARDS ARROW}" in said
    assert "Negative affect (higher is worse)" in words(plotted("forest", MENTORING.tables["forest"]))


def test_a_suppressed_gap_is_a_row_without_a_point() -> None:
    hidden = suppressed(MENTORING.tables["forest"], {"outcome": "networks"})
    figure = plotted("forest", hidden)
    assert "networks" not in {line.get_gid() for line in figure.axes[0].lines}
    assert "not shown:\ntoo few people" in words(figure)
    assert "1 of 10 gaps can't be shown" in forest.caption(hidden, MENTORING.drawing)
    everything = suppressed(MENTORING.tables["forest"], {"origin": "synthetic"})
    assert "Of 0 intervals" in forest.caption(everything, MENTORING.drawing)
    assert "too few people" in " ".join(words(plotted("forest", everything)))


def test_captions_and_alt_text_follow_the_numbers() -> None:
    part = MENTORING.drawing
    changed = with_cell(
        MENTORING.tables["forest"], {"outcome": "networks"}, estimate=-1.37, low=-1.5, high=-1.2
    )
    assert (
        "Professional networks: \N{MINUS SIGN}1.37 (\N{MINUS SIGN}1.50 to \N{MINUS SIGN}1.20)"
        in forest.alt(changed, part)
    )
    counted = with_cell(MENTORING.tables["flow"], {"step": "analysed", "group": "low"}, n=1285)
    assert "low-SES 1,285" in flow.caption(counted, part)
    assert "low-SES 1,285" in flow.alt(counted, part)
    means = with_cell(
        MENTORING.tables["trajectories"], {"outcome": "professional_aspiration", "wave": "end"}, estimate=0.68
    )
    assert "to 68%" in trajectories.alt(means, part)
    assert "low-SES 200 to 220" in trajectories.caption(MENTORING.tables["trajectories"], part)


def test_labels_are_text_and_never_mathematics() -> None:
    name = "$\\alpha_{1}$ <b>x</b>"
    part = STAR.drawing.model_copy(update={"outcomes": {**STAR.drawing.outcomes, "reading": name}})
    pictures, index = draw(STAR.tables, part)
    assert name in " ".join(index["alt"])
    assert len(pictures) == 4


@pytest.mark.parametrize(
    ("numbers", "places"),
    [([1.0, 2.0], 0), ([0.1, 0.25], 2), ([0.30000000000000004], 1), ([None, 0.125], 3), ([None], 0)],
)
def test_numbers_keep_the_decimals_of_their_column(numbers: list[float | None], places: int) -> None:
    assert decimals(pd.Series(numbers, dtype=float)) == places


def test_numbers_have_a_true_minus() -> None:
    assert number(-1234.5, 2, signed=True) == "\N{MINUS SIGN}1,234.50"
    assert number(0.5, 2, signed=True) == "+0.50"


CURVES = margins.of(MENTORING.tables)


def curve(figure: Figure, outcome: str):
    """The panel of an outcome and its curve."""
    return next((axes, line) for axes in figure.axes for line in axes.lines if line.get_gid() == outcome)


def test_the_curve_over_margins_is_the_released_p_with_declared_and_passing_margin_marked() -> None:
    figure = plotted("margins", CURVES)
    of_claim = MENTORING.tables["verdicts"].query("hypothesis == 'H2' and outcome != 'all'")
    for row in of_claim.to_dict("records"):
        rows = CURVES[CURVES["outcome"] == row["outcome"]].set_index("margin")["p_value"]
        axes, line = curve(figure, row["outcome"])
        drawn = dict(zip(line.get_xdata(), line.get_ydata(), strict=True))
        assert drawn == {margin: rows[margin] for margin in drawn}
        assert set(drawn.values()) == set(rows)
        assert [one.get_xdata()[0] for one in axes.lines if one.get_gid() == "declared"] == [0.25]
        passing = [one for one in axes.lines if one.get_gid() == "passing"]
        assert len(passing) == (row["margin_passing"] <= 0.5)
        for one in passing:
            assert (one.get_xdata()[0], one.get_ydata()[0]) == (row["margin_passing"], 0.025)
        band = axes.patches[0]
        assert band.get_y() + band.get_height() == 0.025


def test_the_margins_say_where_no_margin_every_margin_or_one_off_the_axis_passes() -> None:
    said = words(plotted("margins", with_cell(CURVES, {"outcome": "networks"}, margin_passing=0.73)))
    assert "passes from 0.73 \N{RIGHTWARDS ARROW}" in said
    said = words(plotted("margins", with_cell(CURVES, {"outcome": "networks"}, margin_passing=None)))
    assert "no margin passes" in said
    said = words(plotted("margins", with_cell(CURVES, {"outcome": "networks"}, margin_passing=0.0)))
    assert "every margin passes" in said


def test_a_passing_margin_of_many_digits_is_not_cut_off() -> None:
    large = CURVES.assign(margin=CURVES["margin"] * 4000, margin_passing=12345.67)
    figure = plotted("margins", large)
    with matplotlib.rc_context(STYLE):
        png(figure)
    assert figure.get_tightbbox().x1 <= figure.get_size_inches()[0]
    panels = [axes for axes in figure.axes if axes.lines]
    right = figure.bbox.x1
    assert all(text.get_window_extent().x1 <= right for axes in panels for text in axes.texts)


def test_a_suppressed_curve_is_an_empty_panel_that_says_why() -> None:
    hidden = suppressed(CURVES, {"outcome": "networks"})
    figure = plotted("margins", hidden)
    assert "networks" not in {line.get_gid() for axes in figure.axes for line in axes.lines}
    assert "not shown:\ntoo few people" in words(figure)
    assert "1 of 4 outcomes can't be shown" in margins.caption(hidden, MENTORING.drawing)
    assert "Professional networks" not in margins.alt(hidden, MENTORING.drawing)
    nothing = with_cell(CURVES, {"outcome": "networks"}, margin=None, p_value=None)
    assert "not estimable" in words(plotted("margins", nothing))


def test_the_caption_of_the_margins_names_level_declared_and_passing_margin() -> None:
    said = margins.caption(CURVES, MENTORING.drawing)
    assert "(levels: non-inferiority 2.5%)" in said
    assert "H2, Professional networks: passes from 0.53 (off the axis), declared 0.25." in said
    claims = MENTORING.drawing.hypotheses
    alike = {**claims, "H2": claims["H2"].model_copy(update={"kind": "equivalence", "alpha": 0.05})}
    part = MENTORING.drawing.model_copy(update={"hypotheses": alike})
    assert "Equivalence has two tests" in margins.caption(CURVES, part)
    assert "H2: equivalence" in words(plotted("margins", CURVES, part))


def test_equivalence_has_a_margin_on_either_side_and_a_better_gain_contradicts_it() -> None:
    claims = MENTORING.drawing.hypotheses
    alike = {**claims, "H2": claims["H2"].model_copy(update={"kind": "equivalence"})}
    part = MENTORING.drawing.model_copy(update={"hypotheses": alike})
    table = with_cell(MENTORING.tables["forest"], {"outcome": "networks"}, verdict="superior")
    axes = plotted("forest", table, part).axes[0]
    assert len([line for line in axes.lines if line.get_gid() == "margin"]) == 8
    markers = {line.get_gid(): line.get_marker() for line in axes.lines}
    assert markers["networks"] == "X"
    axes = plotted("forest", table).axes[0]
    assert {line.get_gid(): line.get_marker() for line in axes.lines}["networks"] == "o"


def test_a_part_of_a_claim_that_failed_as_a_whole_is_not_marked_as_supported() -> None:
    table = standing.of(MENTORING.tables)
    parts = table[(table["hypothesis"] == "H2") & (table["verdict"] == "non-inferior")]
    assert len(parts)
    lines = {line.get_gid(): line for line in plotted("forest", table).axes[0].lines}
    supported, alone = standing.SIGNS["supported"].face, standing.SIGNS["by itself"].face
    assert {lines[name].get_markerfacecolor() for name in parts["outcome"]} == {alone}
    assert "confirms none of its single outcomes" in forest.caption(table, MENTORING.drawing)
    assert "H2: passes by itself" in forest.alt(table, MENTORING.drawing)
    passed = with_cell(MENTORING.tables["verdicts"], {"outcome": "all"}, verdict="non-inferior")
    table = standing.of(MENTORING.tables | {"verdicts": passed})
    lines = {line.get_gid(): line for line in plotted("forest", table).axes[0].lines}
    assert {lines[name].get_markerfacecolor() for name in parts["outcome"]} == {supported}
    assert "by itself" not in forest.alt(table, MENTORING.drawing)
    assert standing.of(STAR.tables)["whole"].isna().all()


def in_long_words(length: int):
    """Return tables and words in which groups, outcomes and steps have labels of ``length`` characters."""
    groups = {
        "low": "eligible for free school meals at any time in the last six years"[:length],
        "high": "not eligible for free school meals at any time in the last six"[:length],
        "unknown": "not known whether eligible for free school meals at any time yet"[:length],
    }
    name = "belief that graduate employment is within reach of people like me"[: length - 3]
    outcomes = {key: f"{place:02d} {name}" for place, key in enumerate(MENTORING.drawing.outcomes)}
    part = MENTORING.drawing.model_copy(update={"groups": groups, "outcomes": outcomes})
    step = "Answered at the last wave of the survey, with a known group and all"[:length]
    return MENTORING.tables | {"flow": MENTORING.tables["flow"].assign(label=step)}, part


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("length", [30, 45, 60])
def test_long_labels_lie_within_the_figure_and_not_over_each_other(name: str, length: int) -> None:
    release, part = in_long_words(length)
    entry = next(entry for entry in REGISTRY if entry.name == name)
    with matplotlib.rc_context(STYLE):
        figure = entry.plot(entry.drawn(release), part, entry.title)
        png(figure)
    ticks = {
        id(label) for axes in figure.axes for label in (*axes.get_xticklabels(), *axes.get_yticklabels())
    }
    written = [
        text
        for text in figure.findobj(matplotlib.text.Text)
        if text.get_text().strip() and text.get_visible() and (id(text) not in ticks or name == "flow")
    ]
    boxes = [(text.get_text(), text.get_window_extent()) for text in written]
    for words_, box in boxes:
        assert box.x0 >= 0, words_
        assert box.y0 >= 0, words_
        assert box.x1 <= figure.bbox.x1, words_
        assert box.y1 <= figure.bbox.y1, words_
    assert [(one, other) for (one, a), (other, b) in combinations(boxes, 2) if a.overlaps(b)] == []
    said = " ".join(" ".join(words_.split()) for words_, _ in boxes)
    if name != "margins":
        assert part.groups["low"] in said
    if name == "flow":
        assert all(f"{n:,}" in [words_ for words_, _ in boxes] for n in release["flow"]["n"])


def test_the_caption_counts_intervals_by_their_limits_as_shown() -> None:
    part = MENTORING.drawing
    table = standing.of(MENTORING.tables)
    assert "Of 10 intervals 4 lie wholly to the right of zero" in forest.caption(table, part)
    assert "touch" not in forest.caption(table, part)
    at_zero = with_cell(table, {"outcome": "self_belief"}, low=0.0)
    said = forest.caption(at_zero, part)
    assert "Of 10 intervals 3 lie wholly to the right of zero (low-SES gained more) and 1 lies wholly" in said
    assert "; 1 touches zero." in said
    one = table[table["outcome"] == "self_belief"]
    assert "The interval lies wholly to the right of zero (low-SES gained more)." in forest.caption(one, part)
    one = with_cell(one, {"outcome": "self_belief"}, low=-0.1)
    assert "The interval holds zero." in forest.caption(one, part)


def test_the_caption_says_where_an_outcome_has_further_claims() -> None:
    assert "Further claims" not in forest.caption(standing.of(MENTORING.tables), MENTORING.drawing)
    verdicts = MENTORING.tables["verdicts"]
    second = verdicts[verdicts["outcome"] == "self_belief"].assign(hypothesis="H9")
    table = standing.of(MENTORING.tables | {"verdicts": pd.concat([verdicts, second], ignore_index=True)})
    said = forest.caption(table, MENTORING.drawing)
    assert "Further claims are in the claims section for: Self-belief in graduate employment." in said
