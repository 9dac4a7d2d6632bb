# Mixed models by lme4, with lmerTest's and pbkrtest's tests and emmeans' contrasts. In this folder: Rscript engine.R > engine.json
source("reference.R")
source("cases.R")

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
  dyestuff = case(Yield ~ 1 + (1 | Batch), Dyestuff),
  dyestuff2 = case(Yield ~ 1 + (1 | Batch), Dyestuff2),
  cake = case(
    angle ~ recipe * temperature + (1 | recipe:replicate), transform(cake, temperature = factor(temperature, ordered = FALSE)),
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
  generated_boundary_intercept = by_wave(RI, level),
  generated_boundary_slope = by_wave(RS, level),
  generated_small_intercept = by_wave(RI, generated_set("small"))
), c("lme4", "lmerTest", "pbkrtest", "emmeans", "numDeriv", "jsonlite"))
