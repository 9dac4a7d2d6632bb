# Scores and people -> gains, gaps in gains, verdicts.
rule model:
    input:
        scores=rules.score.output.scores,
        people=rules.clean.output.people,
        participation=rules.clean.output.participation,
        code=code("model"),
    output:
        **project.tables("model"),
    log:
        project.log("model"),
    params:
        study=part("model"),
    resources:
        mem_mb=4000,
        runtime=30,
    conda:
        "../../environment.yml"
    message:
        f"Fitting {len(project.loaded.scales)} outcomes by REML"
    script:
        "../scripts/model.py"
