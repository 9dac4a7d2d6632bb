# Mixed models of data made on the fly: Rscript live.R <folder> prints JSON. In the folder, set_*.csv (person, wave, time, group,
# y) are fitted tightly with lmerTest's Satterthwaite and, up to 60 people, pbkrtest's Kenward-Roger df; of near_*.csv only the
# log-likelihoods of a random slope are told, by lme4's default optimiser and by the tight one.
suppressMessages({library(lme4); library(jsonlite)})
options(contrasts = c("contr.treatment", "contr.poly"))
UNCHECKED <- list(check.nobs.vs.nRE = "ignore", check.nobs.vs.nlev = "ignore", check.nobs.vs.rankZ = "ignore")
TIGHT <- do.call(lmerControl, c(list(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5)), UNCHECKED))
DEFAULT <- do.call(lmerControl, UNCHECKED)
RI <- y ~ wave * group + (1 | person)
RS <- y ~ wave * group + (time | person)
FEW <- 60

of <- function(path) {
  data <- read.csv(path, stringsAsFactors = FALSE)
  data$wave <- factor(data$wave)
  data$group <- factor(data$group, levels = c("high", "low"))
  data
}

quiet <- function(value) suppressMessages(suppressWarnings(value))

fitted_by_r <- function(formula, data) {
  model <- quiet(lmerTest::lmer(formula, data, control = TIGHT))
  found <- quiet(coef(summary(model, ddf = "Satterthwaite")))
  list(
    terms = I(rownames(found)), estimate = I(unname(found[, 1])), std_error = I(unname(found[, 2])), df = I(unname(found[, 3])),
    kenward_roger = I(if (nlevels(factor(data$person)) <= FEW) {
      unname(quiet(coef(summary(model, ddf = "Kenward-Roger")))[, 3])
    } else numeric(0)),
    log_likelihood = as.numeric(logLik(model)), theta = I(unname(getME(model, "theta"))),
    ml = as.numeric(logLik(quiet(lmer(formula, data, REML = FALSE, control = TIGHT))))
  )
}

whole <- function(path) {
  data <- of(path)
  found <- list(intercept = fitted_by_r(RI, data))
  if (nlevels(data$wave) >= 4) found$slope <- fitted_by_r(RS, data)
  found
}

near <- function(path) {
  data <- of(path)
  log_likelihood <- function(control) as.numeric(logLik(quiet(lmer(RS, data, control = control))))
  list(default = log_likelihood(DEFAULT), tight = log_likelihood(TIGHT))
}

folder <- commandArgs(trailingOnly = TRUE)[1]
each <- function(pattern, made) {
  paths <- sort(list.files(folder, pattern, full.names = TRUE))
  lapply(setNames(paths, basename(paths)), made)
}
cat(toJSON(list(set = each("^set_", whole), near = each("^near_", near)), digits = NA, auto_unbox = TRUE), "\n", sep = "")
