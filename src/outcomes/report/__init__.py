"""What is a person told, and what is it made of?

In: release tables and figures by name, their index, the part of the study that the page speaks of, and
versions. Out: one HTML page that needs nothing beside it: no script, no request, pictures inside.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from outcomes.report.answer import answer
from outcomes.report.claims import claims
from outcomes.report.display import tables as all_tables
from outcomes.report.facts import Facts, rows
from outcomes.report.methods import methods, references
from outcomes.study.stages import Reporting


@dataclass(frozen=True)
class Section:
    """One section: its name (of its template and anchor), heading, the tables it needs, and what it tells."""

    name: str
    heading: str
    needs: tuple[str, ...]
    tell: Callable[[Facts], dict[str, object]]


def _figures(facts: Facts) -> dict[str, object]:
    """Return the figures with their words; the picture as base64."""
    return {
        "figures": [
            {**row, "png": base64.b64encode(facts.figures[str(row["name"])]).decode("ascii")}
            for row in rows(facts.index)
            if row["name"] in facts.figures
        ]
    }


SECTIONS = (
    Section("answer", "The answer in plain words", ("verdicts",), answer),
    Section("claims", "The claims and their verdicts", ("verdicts",), claims),
    Section("figures", "Figures", (), _figures),
    Section("tables", "Tables", (), all_tables),
    Section("methods", "Methods", (), methods),
    Section("references", "References", (), references),
)
"""The page from top to bottom; a section whose tables are absent, or that has nothing to tell, falls away."""


def render(
    tables: Mapping[str, pd.DataFrame],
    figures: Mapping[str, bytes],
    index: pd.DataFrame,
    part: Reporting,
    versions: Mapping[str, str],
) -> str:
    """Return the page as HTML.

    ``tables`` holds release tables by name (outcomes.tables.RELEASE), ``figures`` PNG bytes by name and
    ``index`` their words (outcomes.tables.FIGURES). All text from the study and the tables is escaped. The
    same input gives the same page. Links lead to tables/<name>.csv beside the page.
    """
    facts = Facts(tables, figures, index, part, versions)
    told = [
        (section, section.tell(facts))
        for section in SECTIONS
        if all(facts.has(needed) for needed in section.needs)
    ]
    environment = Environment(
        loader=PackageLoader("outcomes.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2").render(
        facts=facts,
        title=part.title,
        sections=[(section, told_) for section, told_ in told if any(told_.values())],
    )
