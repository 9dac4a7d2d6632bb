# Mixed models by lme4, with lmerTest's and pbkrtest's tests and emmeans' contrasts.
# In this folder: Rscript engine.R > engine.json
source("reference.R")
source("cases.R")
source("dense.R")

# `joint` gives patterns of terms that a joint hypothesis takes and leaves; `wave` and `group` name the factors to contrast
case <- function(formula, data, joint = NOTHING, wave = NULL, group = NULL, kenward_roger = TRUE) {
  fit <- engine_case(formula, data, joint, kenward_roger)
  values <- fit$values
  if (!is.null(wave)) {
    values$contrasts <- list(satterthwaite = wave_contrasts(fit$model, data, wave, group, "satterthwaite"))
    if (kenward_roger) {
      values$contrasts$kenward_roger <- wave_contrasts(fit$model, data, wave, group, "kenward-roger")
    }
  }
  values
}

by_wave <- function(formula, data, group = "group", ...) {
  joint <- list(interaction = c(paste0("wave.*:", group), "^$"), wave = c("^wave", ":"))
  case(formula, data, joint, "wave", group, ...)
}

# On the boundary the packages part ways, because the criterion does not stand still there: what dense.R gives at the same
# estimates with the (co)variances as parameters, beside lmerTest (theta and sigma) and pbkrtest (as dense.R, expected)
at_boundary <- function(values, formula, data, person, wave, structure, theta) {
  model <- lme4::lmer(formula, data, REML = TRUE, control = TIGHT)
  blocks <- blocks_of(getME(model, "y"), getME(model, "X"), as.character(data[[person]]), wave)
  fit <- c(criterion(theta(model), structure, blocks), list(theta = theta(model)))
  c(values, list(boundary = list(
    df_lmertest = values$satterthwaite$df, df_pbkrtest = values$kenward_roger$df,
    df_satterthwaite_in_variances = values_of(suppressWarnings(under(fit, "satterthwaite")$df)),
    df_kenward_roger_in_variances = values_of(under(fit, "kenward_roger")$df),
    slope_in_variances = values_of(fit$slope),
    note = paste(
      "lmerTest differentiates in theta, in which the criterion is even at 0, so that a person variance of 0 takes no df (n - p",
      "for an intercept); pbkrtest's expected information is in the variances, and does. Satterthwaite in the variances takes",
      "the observed information where the slope of -2 log L (slope_in_variances) is not 0: not to be used, it may be negative."
    )
  )))
}
intercept_theta <- function(model) c(getME(model, "theta")[[1]]^2, 1) * sigma(model)^2
slope_theta <- function(model) {
  G <- VarCorr(model)[[1]]
  c(G[1, 1], G[2, 1], G[2, 2], sigma(model)^2)
}
of_batch <- ave(seq_along(dyestuff2$Batch), dyestuff2$Batch, FUN = seq_along)

RI <- y ~ wave * group + x + (1 | person)
RS <- y ~ wave * group + x + (time | person)
dropped <- generated_set("dropout"); near <- generated_set("near_singular"); level <- generated_set("boundary")
STAR <- score ~ wave * group + (1 | id)

print_json(list(
  sleepstudy_intercept = case(Reaction ~ Days + (1 | Subject), sleepstudy),
  sleepstudy_slope = case(Reaction ~ Days + (Days | Subject), sleepstudy, list(both = c(".", "^$"))),
  sleepstudy_waves = case(Reaction ~ wave + (1 | Subject), sleepstudy, list(wave = c("^wave", "^$"))),
  sleepstudy_uneven_intercept = case(Reaction ~ Days + (1 | Subject), sleepstudy_uneven, list(both = c(".", "^$"))),
  sleepstudy_uneven_slope = case(Reaction ~ Days + (Days | Subject), sleepstudy_uneven, list(both = c(".", "^$"))),
  orthodont_intercept = by_wave(distance ~ wave * Sex + (1 | Subject), orthodont, "Sex"),
  orthodont_uneven_intercept = by_wave(distance ~ wave * Sex + (1 | Subject), orthodont_uneven, "Sex"),
  orthodont_slope = case(distance ~ age * Sex + (age | Subject), orthodont, list(sex = c("Sex", "^$"))),
  dyestuff = case(Yield ~ 1 + (1 | Batch), dyestuff),
  dyestuff2 = at_boundary(
    case(Yield ~ 1 + (1 | Batch), dyestuff2), Yield ~ 1 + (1 | Batch), dyestuff2, "Batch", of_batch,
    random_intercept(5, c(1, 1)), intercept_theta
  ),
  cake = case(
    angle ~ recipe * temperature + (1 | recipe:replicate), cakes,
    list(interaction = c(":", "^$"), recipe = c("^recipe", ":"), temperature = c("^temperature", ":"))
  ),
  wages_intercept = case(lnw ~ exper * black + (1 | id), wages, list(black = c("black", "^$")), kenward_roger = FALSE),
  wages_slope = case(lnw ~ exper * black + (exper | id), wages, list(black = c("black", "^$")), kenward_roger = FALSE),
  wages_first_100_intercept = case(lnw ~ exper * black + (1 | id), wages_first, list(black = c("black", "^$"))),
  wages_first_100_slope = case(lnw ~ exper * black + (exper | id), wages_first, list(black = c("black", "^$"))),
  sai = by_wave(score ~ wave * drug + (1 | pid), sai, "drug"),
  star_reading = by_wave(STAR, star_scores("read"), kenward_roger = FALSE),
  star_mathematics = by_wave(STAR, star_scores("math"), kenward_roger = FALSE),
  star_reading_first_400 = by_wave(STAR, star_scores("read", first = 400)),
  generated_two_waves_intercept = by_wave(RI, generated_set("two_waves")),
  generated_three_waves_intercept = by_wave(RI, generated_set("three_waves")),
  generated_dropout_intercept = by_wave(RI, dropped),
  generated_dropout_slope = by_wave(RS, dropped),
  generated_near_singular_intercept = by_wave(RI, near),
  generated_near_singular_slope = by_wave(RS, near),
  generated_boundary_intercept = at_boundary(
    by_wave(RI, level), RI, level, "person", as.integer(level$wave), random_intercept(4, c(1, 1)), intercept_theta
  ),
  generated_boundary_slope = at_boundary(
    by_wave(RS, level), RS, level, "person", as.integer(level$wave), random_slope(0:3, c(1, 0, 1, 1)), slope_theta
  ),
  generated_small_intercept = by_wave(RI, generated_set("small"))
), c("lme4", "lmerTest", "pbkrtest", "emmeans", "numDeriv", "jsonlite"))
