# What the scripts share: tight fits by lme4, tests by lmerTest, pbkrtest and emmeans, and full-precision JSON.
suppressMessages({library(lme4); library(jsonlite)})
options(contrasts = c("contr.treatment", "contr.poly"))
TIGHT <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5))

reference <- function(formula, data) {
  model <- lmer(formula, data, REML = TRUE, control = TIGHT)
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
  cat(toJSON(found, digits = NA, auto_unbox = TRUE, na = "null", null = "null", pretty = TRUE), "\n", sep = "")
}

# A matrix as a list of rows without names
bare <- function(matrix) unname(as.matrix(matrix))

# The power of ten that a difference stays below; the digits of a rounding error differ from machine to machine
below <- function(difference) 10^ceiling(log10(max(abs(difference), 1e-12)))

# A vector that stays a list in JSON, however short
values_of <- function(vector) I(unname(vector))

# The value of `of`, and what R said on the way (numbers and paths never; messages and warnings, each once)
heard <- function(of) {
  said <- character()
  note <- function(condition) said <<- union(said, gsub("\\s+", " ", trimws(conditionMessage(condition))))
  value <- withCallingHandlers(of,
    message = function(m) {note(m); invokeRestart("muffleMessage")},
    warning = function(w) {note(w); invokeRestart("muffleWarning")}
  )
  list(value = value, said = as.list(said))
}

# One row a coefficient: estimate, std_error, df, statistic, p_value under `ddf`
coefficients_under <- function(model, ddf) {
  found <- coef(summary(model, ddf = ddf))
  list(
    std_error = values_of(found[, 2]), df = values_of(found[, 3]), statistic = values_of(found[, 4]),
    p_value = values_of(found[, 5])
  )
}

components_of <- function(model) {
  found <- as.data.frame(VarCorr(model))
  data.frame(group = found$grp, first = found$var1, second = found$var2, value = found$vcov, sd_or_correlation = found$sdcor)
}

# The joint hypothesis L beta = 0 under both approximations
joint_test <- function(model, L, kenward_roger = TRUE) {
  satterthwaite <- lmerTest::contestMD(model, L, ddf = "Satterthwaite")
  found <- list(L = bare(L), satterthwaite = list(
    statistic = satterthwaite[["F value"]], df_numerator = satterthwaite[["NumDF"]],
    df_denominator = satterthwaite[["DenDF"]], p_value = satterthwaite[["Pr(>F)"]]
  ))
  if (kenward_roger) {
    stats <- pbkrtest::KRmodcomp(model, L)$stats
    found$kenward_roger <- list(
      statistic = stats$Fstat, df_numerator = stats$ndf, df_denominator = stats$ddf, p_value = stats$p.value,
      scaling = stats$F.scaling, statistic_unscaled = stats$FstatU, p_value_unscaled = stats$p.valueU
    )
  }
  found
}

# The rows of the identity whose terms match `pattern`, less those that match `but`
selecting <- function(model, pattern, but = "^$") {
  terms <- names(fixef(model))
  diag(length(terms))[grepl(pattern, terms) & !grepl(but, terms), , drop = FALSE]
}

NOTHING <- setNames(list(), character())

# Everything about one fit by REML, and its ML twin. `joint` is a named list of patterns of terms.
engine_case <- function(formula, data, joint = NOTHING, kenward_roger = TRUE) {
  fitted <- heard(lmerTest::lmer(formula, data, REML = TRUE, control = TIGHT))
  model <- fitted$value
  ml <- suppressMessages(lmerTest::lmer(formula, data, REML = FALSE, control = TIGHT))
  satterthwaite <- heard(coefficients_under(model, "Satterthwaite"))
  values <- list(
    formula = deparse1(formula), n_rows = nobs(model), n = ngrps(model)[[1]], terms = values_of(names(fixef(model))),
    estimate = values_of(fixef(model)), std_error = values_of(sqrt(diag(as.matrix(vcov(model))))), vcov = bare(vcov(model)),
    log_likelihood = as.numeric(logLik(model)), theta = values_of(getME(model, "theta")), sigma = sigma(model),
    components = components_of(model), singular = isSingular(model), gradient_below = below(steepest(model, formula, data)),
    said = fitted$said, satterthwaite = c(satterthwaite$value, list(said = satterthwaite$said)),
    ml = list(
      log_likelihood = as.numeric(logLik(ml)), estimate = values_of(fixef(ml)),
      std_error = values_of(sqrt(diag(as.matrix(vcov(ml))))), theta = values_of(getME(ml, "theta")), sigma = sigma(ml),
      components = components_of(ml), singular = isSingular(ml)
    )
  )
  if (kenward_roger) {
    under <- heard(coefficients_under(model, "Kenward-Roger"))
    values$kenward_roger <- c(under$value, list(vcov = bare(pbkrtest::vcovAdj(model)), said = under$said))
  }
  values$joint <- lapply(joint, function(of) joint_test(model, selecting(model, of[1], of[2]), kenward_roger))
  list(model = model, values = values)
}

# The largest slope of the profiled criterion in theta that is not held at its bound
steepest <- function(model, formula, data) {
  theta <- getME(model, "theta")
  slope <- numDeriv::grad(lme4::lmer(formula, data, REML = TRUE, control = TIGHT, devFunOnly = TRUE), theta)
  free <- theta > getME(model, "lower") + 1e-6
  if (any(free)) max(abs(slope[free])) else 0
}

# Means by wave and group, gains since the first wave, gaps in gains, group differences. `wave` and `group` name the factors.
wave_contrasts <- function(model, data, wave, group, method) {
  data <- as.data.frame(data)
  limit <- 1e6
  # lme4's model functions look at lmerTest.limit and pbkrtest.limit, whose defaults are below STAR's size
  means <- emmeans::emmeans(
    model, c(wave, group), data = data, lmer.df = method, lmerTest.limit = limit, pbkrtest.limit = limit
  )
  grid <- as.data.frame(summary(means))
  waves <- levels(data[[wave]]); groups <- levels(data[[group]])
  cell <- function(of, at) as.numeric(as.character(grid[[group]]) == of & as.character(grid[[wave]]) == at)
  gain <- function(of, at) cell(of, at) - cell(of, waves[1])
  pair <- paste(groups[2], "-", groups[1])
  wanted <- list()
  for (at in waves[-1]) {
    for (of in groups) wanted[[paste("gain", of, at, sep = "/")]] <- gain(of, at)
    wanted[[paste("gap", pair, at, sep = "/")]] <- gain(groups[2], at) - gain(groups[1], at)
  }
  for (at in waves) wanted[[paste("difference", pair, at, sep = "/")]] <- cell(groups[2], at) - cell(groups[1], at)
  found <- as.data.frame(summary(emmeans::contrast(means, wanted), infer = c(TRUE, TRUE), adjust = "none"))
  list(
    means = data.frame(
      group = grid[[group]], wave = grid[[wave]], estimate = grid$emmean, std_error = grid$SE, df = grid$df,
      low = grid$lower.CL, high = grid$upper.CL
    ),
    contrasts = data.frame(
      contrast = found$contrast, estimate = found$estimate, std_error = found$SE, df = found$df,
      statistic = found$t.ratio, p_value = found$p.value, low = found$lower.CL, high = found$upper.CL
    )
  )
}
