# What both scripts share: a tight REML fit by lme4 and how its values are written (full precision).
suppressMessages({library(lme4); library(jsonlite)})
options(contrasts = c("contr.treatment", "contr.poly"))

reference <- function(formula, data) {
  control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5))
  model <- lmer(formula, data, REML = TRUE, control = control)
  components <- as.data.frame(VarCorr(model))
  fixed <- coef(summary(model))
  values <- list(
    formula = deparse1(formula), n_rows = nobs(model), n = ngrps(model)[[1]],
    log_likelihood = as.numeric(logLik(model)), person_variance = components$vcov[1],
    residual_variance = components$vcov[2], terms = rownames(fixed), estimate = unname(fixed[, 1]),
    std_error = unname(fixed[, 2])
  )
  list(model = model, values = values)
}

print_json <- function(found, packages) {
  versions <- lapply(setNames(nm = packages), function(name) as.character(packageVersion(name)))
  found$versions <- c(list(R = R.version.string), versions)
  cat(toJSON(found, digits = NA, auto_unbox = TRUE, na = "null", pretty = TRUE), "\n", sep = "")
}
