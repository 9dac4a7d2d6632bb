"""Job of rule figure: read the release tables, draw them, write the pictures and their words."""

from outcomes import files, joblog, tables
from outcomes.figure import draw
from outcomes.study.stages import Drawing

with joblog.opened(snakemake.log[0], "figure") as log:
    part = Drawing.model_validate(snakemake.params.study)
    released = {
        name: files.read_table(snakemake.input[name], table) for name, table in tables.RELEASE.items()
    }
    pictures, index = draw(released, part)
    for name, picture in pictures.items():
        files.write_bytes(picture, f"{snakemake.output.folder}/{name}.png")
    files.write_table(index, f"{snakemake.output.folder}/figures.csv", tables.FIGURES)
    log.say(f"{len(pictures)} figures")
