# The R side of docs/how-to/notebook.md, whose R lines stand here word for word.
# In this folder: Rscript notebook.R > notebook.json
source("reference.R")
setwd("../..")
options(width = 100, show.signif.stars = FALSE)

suppressMessages({
library(lmerTest); library(emmeans); library(nlme)
})

files <- c(k = "wave_k.csv", g1 = "wave_1.csv", g2 = "wave_2.csv", g3 = "wave_3.csv")
raw <- lapply(files, function(name) read.csv(file.path("data/raw/star", name), na.strings = ""))
long <- do.call(rbind, lapply(names(raw), function(at) {
  data.frame(id = raw[[at]]$id, wave = at, read = raw[[at]]$read)
}))
long$wave <- factor(long$wave, names(raw))
long$lunch <- factor(raw$k$lunch[match(long$id, raw$k$id)], c("non-free", "free"))
long <- na.omit(long)

tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10))
model <- lmer(read ~ wave * lunch + (1 | id), long, control = tight)
means <- emmeans(model, ~ wave * lunch, lmer.df = "satterthwaite", lmerTest.limit = 1e5)
gains <- contrast(means, "trt.vs.ctrl", by = "lunch", adjust = "none")
gaps <- contrast(means, interaction = "trt.vs.ctrl", adjust = "none")
differences <- contrast(means, "trt.vs.ctrl", by = "wave", adjust = "none")

free <- gls(
  read ~ wave * lunch, long, correlation = corSymm(form = ~ as.integer(wave) | id),
  weights = varIdent(form = ~ 1 | wave), control = glsControl(tolerance = 1e-10, msTol = 1e-12, msMaxIter = 500)
)
spread <- free$sigma * coef(free$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE)[names(raw)]
free_means <- emmeans(free, ~ wave * lunch, mode = "df.error")
free_gaps <- contrast(free_means, interaction = "trt.vs.ctrl", adjust = "none")

said <- function(of) I(sub("\\s+$", "", capture.output(print(of))))
told <- function(contrasts) {
  found <- as.data.frame(summary(contrasts, infer = c(TRUE, TRUE), adjust = "none"))
  names(found) <- sub("^(wave|lunch)_trt.vs.ctrl$", "\\1", names(found))
  names(found)[match(c("SE", "lower.CL", "upper.CL", "t.ratio", "p.value"), names(found))] <-
    c("std_error", "low", "high", "statistic", "p_value")
  found
}
joint <- anova(model)["wave:lunch", ]
print_json(list(
  intercept = list(
    n_rows = nobs(model), n = ngrps(model)[[1]], log_likelihood = as.numeric(logLik(model)),
    means = as.data.frame(means), gains = told(gains), gaps = told(gaps), differences = told(differences),
    joint = list(statistic = joint[["F value"]], df_numerator = joint[["NumDF"]], df = joint[["DenDF"]])
  ),
  unstructured = list(
    log_likelihood = as.numeric(logLik(free)), means = as.data.frame(free_means),
    gains = told(contrast(free_means, "trt.vs.ctrl", by = "lunch", adjust = "none")), gaps = told(free_gaps),
    differences = told(contrast(free_means, "trt.vs.ctrl", by = "wave", adjust = "none")),
    spread = values_of(spread)
  ),
  printed = list(
    gaps = said(summary(gaps, infer = c(TRUE, FALSE))), joint = said(anova(model)),
    free_gaps = said(summary(free_gaps, infer = c(TRUE, FALSE))),
    likelihoods = said(c(logLik(model), logLik(free))),
    spread = said(spread)
  )
), c("lme4", "lmerTest", "emmeans", "nlme", "jsonlite"))
