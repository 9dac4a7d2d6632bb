"""Job of rule disclose: read the restricted tables, round and suppress, write the release tables."""

from outcomes import files, joblog, tables
from outcomes.disclose import disclose
from outcomes.study.stages import Disclosing

with joblog.opened(snakemake.log[0], "disclose") as log:
    part = Disclosing.model_validate(snakemake.params.study)
    wanted = tables.RELEASED_FROM.values()
    restricted = {name: files.read_table(snakemake.input[name], tables.RESTRICTED[name]) for name in wanted}
    released = disclose(restricted, part)
    for name, frame in released.items():
        files.write_table(frame, snakemake.output[name], tables.RELEASE[name])
    hidden = sum(int((frame["disclosure"] != "shown").sum()) for frame in released.values())
    log.say(f"{len(released)} tables by the profile {part.profile.profile}, {hidden} rows suppressed")
