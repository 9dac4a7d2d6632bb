# Answers and instruments -> scores and reliability.
rule score:
    input:
        answers=rules.clean.output.answers,
        people=rules.clean.output.people,
        code=code("score"),
    output:
        **project.tables("score"),
    log:
        project.log("score"),
    conda:
        "../../environment.yml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        study=part("score"),
    message:
        f"Scoring {len(project.loaded.scales)} outcomes"
    script:
        "../scripts/score.py"
