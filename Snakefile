# The table of contents: one rule a stage, one rule file a rule, in reading order.
configfile: "config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/clean.smk"
include: "workflow/rules/score.smk"
include: "workflow/rules/model.smk"
include: "workflow/rules/disclose.smk"
include: "workflow/rules/figure.smk"
include: "workflow/rules/report.smk"


rule all:
    default_target: True
    input:
        rules.report.output,


onerror:
    tell(project.failures())
