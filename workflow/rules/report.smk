# Release tables and figures -> one page.
rule report:
    input:
        **project.tables("disclose"),
        figures=rules.figure.output.folder,
        code=code("report"),
    output:
        page=project.results("release/report.html"),
    log:
        project.log("report"),
    params:
        study=part("report"),
    resources:
        mem_mb=2000,
        runtime=10,
    conda:
        "../../environment.yml"
    message:
        f"Writing the report on {project.name}"
    script:
        "../scripts/report.py"
