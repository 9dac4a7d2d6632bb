# Wave x SES x arm by lme4: the effect of mentoring in each group and the gap in effects (the triple difference), with the
# degrees of freedom of Satterthwaite (lmerTest) and Kenward-Roger (pbkrtest), by emmeans.
# In this folder: Rscript arm.R > arm.json
source("reference.R")
suppressMessages(library(lmerTest))

# Invented scores by a fixed rule, uneven cells, a seventh of the later scores left out
people <- data.frame(id = sprintf("p%03d", 0:70))
place <- seq_len(nrow(people))
people$ses <- factor(ifelse(place %% 5 < 2, "low", "high"), levels = c("high", "low"))
people$arm <- factor(ifelse(place %% 7 < 3, "comparison", "mentored"), levels = c("mentored", "comparison"))
waves <- c("start", "middle", "end")
scores <- merge(people, data.frame(wave = factor(waves, levels = waves), time = 0:2), by = NULL)
at <- as.integer(sub("p", "", scores$id)) + 1
scores$score <- round(
  3 + sin(at * 1.7) + .3 * scores$time + .25 * scores$time * (scores$ses == "low") * (scores$arm == "mentored") -
    .1 * scores$time * (scores$arm == "comparison") + .6 * cos(at * 2.3 + scores$time * 4.1), 3
)
scores <- scores[!(scores$time > 0 & (at + scores$time) %% 7 == 0), ]
scores <- scores[order(scores$id, scores$time), ]
model <- lmer(score ~ wave * ses * arm + (1 | id), scores, control = TIGHT)

under <- function(method) {
  means <- emmeans::emmeans(model, c("wave", "ses", "arm"), lmer.df = method)
  grid <- as.data.frame(summary(means))
  cell <- function(ses, arm, wave) as.numeric(grid$ses == ses & grid$arm == arm & grid$wave == wave)
  gain <- function(ses, arm, wave) cell(ses, arm, wave) - cell(ses, arm, "start")
  effect <- function(ses, wave) gain(ses, "mentored", wave) - gain(ses, "comparison", wave)
  wanted <- list()
  for (wave in waves[-1]) {
    for (arm in levels(people$arm)) {
      for (ses in levels(people$ses)) wanted[[paste("gain", ses, arm, wave, sep = "/")]] <- gain(ses, arm, wave)
      wanted[[paste("gap", "low - high", arm, wave, sep = "/")]] <- gain("low", arm, wave) - gain("high", arm, wave)
    }
    for (ses in levels(people$ses)) wanted[[paste("effect", ses, "mentored - comparison", wave, sep = "/")]] <- effect(ses, wave)
    wanted[[paste("effect_gap", "low - high", "mentored - comparison", wave, sep = "/")]] <- effect("low", wave) - effect("high", wave)
  }
  for (ses in levels(people$ses)) {
    wanted[[paste("difference", ses, "mentored - comparison", "start", sep = "/")]] <-
      cell(ses, "mentored", "start") - cell(ses, "comparison", "start")
  }
  found <- as.data.frame(summary(emmeans::contrast(means, wanted), infer = c(TRUE, TRUE), adjust = "none"))
  data.frame(
    contrast = found$contrast, estimate = found$estimate, std_error = found$SE, df = found$df,
    statistic = found$t.ratio, p_value = found$p.value, low = found$lower.CL, high = found$upper.CL
  )
}

baseline <- scores[scores$time == 0, ]
spread <- lm(score ~ ses * arm, baseline)
print_json(list(
  scores = scores[, c("id", "ses", "arm", "wave", "score")], formula = deparse1(formula(model)),
  log_likelihood = as.numeric(logLik(model)), baseline_sd = sigma(spread), baseline_df = df.residual(spread),
  satterthwaite = under("satterthwaite"), kenward_roger = under("kenward-roger")
), c("lme4", "lmerTest", "pbkrtest", "emmeans"))
