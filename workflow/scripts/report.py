"""Job of rule report: read the release tables and figures, write the page."""

import platform
from importlib.metadata import version

from outcomes import files, joblog, tables
from outcomes.report import render
from outcomes.study.stages import Reporting

with joblog.opened(snakemake.log[0], "report") as log:
    part = Reporting.model_validate(snakemake.params.study)
    released = {
        name: files.read_table(snakemake.input[name], table) for name, table in tables.RELEASE.items()
    }
    index = files.read_table(f"{snakemake.input.figures}/figures.csv", tables.FIGURES)
    pictures = {name: files.read_bytes(f"{snakemake.input.figures}/{name}.png") for name in index["name"]}
    packages = ("numpy", "pandas", "scipy", "statsmodels", "pingouin", "matplotlib", "snakemake", "pydantic")
    versions = {"Python": platform.python_version()} | {name: version(name) for name in packages}
    files.write_text(render(released, pictures, index, part, versions), snakemake.output.page)
    log.say(f"report on {part.study} with {len(pictures)} figures and {len(released)} tables")
