# Release tables -> figures and their captions.
rule figure:
    input:
        **project.tables("disclose"),
        code=code("figure"),
    output:
        folder=directory(project.results("release/figures")),
    log:
        project.log("figure"),
    conda:
        "../../environment.yml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        study=part("figure"),
    message:
        "Drawing the release tables"
    script:
        "../scripts/figure.py"
