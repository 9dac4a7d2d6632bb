# Project STAR by free lunch in kindergarten, from data/raw/star. In this folder: Rscript star.R > star.json
# Our names: the group `low` has free lunch, `high` has none; the waves are k, g1, g2, g3.
source("reference.R")
suppressMessages(library(emmeans))
files <- c(k = "wave_k.csv", g1 = "wave_1.csv", g2 = "wave_2.csv", g3 = "wave_3.csv")
read_wave <- function(file) read.csv(file.path("../../data/raw/star", file), na.strings = c("", "NA"), stringsAsFactors = FALSE)
waves <- lapply(files, read_wave)
lunch <- setNames(waves$k$lunch, waves$k$id)
group_of <- function(id) factor(lunch[as.character(id)], levels = c("non-free", "free"), labels = c("high", "low"))

scores <- function(column) {
  data <- do.call(rbind, lapply(names(waves), function(name) {
    data.frame(id = waves[[name]]$id, wave = name, score = waves[[name]][[column]])
  }))
  data$wave <- factor(data$wave, levels = names(waves))
  data$group <- group_of(data$id)
  data[!is.na(data$group) & !is.na(data$score), ]
}

# Marginal means, gains since kindergarten, gaps in gains and differences of the groups, Wald z
contrasted <- function(model, data) {
  means <- emmeans(model, ~ wave * group, data = data, lmer.df = "asymptotic")
  grid <- as.data.frame(means)
  cell <- function(group, wave) as.numeric(grid$group == group & grid$wave == wave)
  gain <- function(group, wave) cell(group, wave) - cell(group, "k")
  wanted <- list()
  for (wave in names(waves)[-1]) {
    wanted[[paste("gain", "high", wave, sep = "/")]] <- gain("high", wave)
    wanted[[paste("gain", "low", wave, sep = "/")]] <- gain("low", wave)
    wanted[[paste("gap", "low - high", wave, sep = "/")]] <- gain("low", wave) - gain("high", wave)
  }
  for (wave in names(waves)) {
    wanted[[paste("difference", "low - high", wave, sep = "/")]] <- cell("low", wave) - cell("high", wave)
  }
  found <- as.data.frame(summary(contrast(means, wanted), infer = c(TRUE, TRUE), adjust = "none"))
  list(
    means = data.frame(group = grid$group, wave = grid$wave, estimate = grid$emmean, std_error = grid$SE),
    contrasts = data.frame(
      contrast = found$contrast, estimate = found$estimate, std_error = found$SE, statistic = found$z.ratio,
      low = found$asymp.LCL, high = found$asymp.UCL
    )
  )
}

pooled_sd <- function(data) {
  squares <- tapply(data$score, data$group, function(score) sum((score - mean(score))^2))
  sqrt(sum(squares) / (nrow(data) - 2))
}

mixed <- function(column) {
  data <- scores(column)
  fit <- reference(score ~ wave * group + (1 | id), data)
  c(fit$values, list(baseline_sd = pooled_sd(data[data$wave == "k", ])), contrasted(fit$model, data))
}

# Gain to grade 3 on free lunch, gender and ethnicity by least squares, and the R2 that lunch adds
regression <- function(column) {
  both <- merge(waves$k[, c("id", column, "lunch", "gender", "ethnicity")], waves$g3[, c("id", column)], by = "id")
  names(both)[c(2, 6)] <- c("start", "end")
  both$gain <- both$end - both$start
  both$low <- as.numeric(both$lunch == "free")
  # a missing ethnicity is a level of its own
  both$ethnicity[is.na(both$ethnicity)] <- "unknown"
  both <- both[!is.na(both$gain) & !is.na(both$low), ]
  full <- lm(gain ~ factor(gender) + factor(ethnicity) + low, both)
  without <- lm(gain ~ factor(gender) + factor(ethnicity), both)
  of_low <- coef(summary(full))["low", ]
  limits <- confint(full)["low", ]
  list(
    n = nobs(full), df = df.residual(full), estimate = of_low[[1]], std_error = of_low[[2]], p_value = of_low[[4]],
    low = limits[[1]], high = limits[[2]], r2 = summary(full)$r.squared, r2_adjusted = summary(full)$adj.r.squared,
    r2_added = summary(full)$r.squared - summary(without)$r.squared
  )
}

print_json(list(
  reading = mixed("read"), mathematics = mixed("math"),
  ols = list(reading = regression("read"), mathematics = regression("math"))
), c("lme4", "emmeans", "jsonlite"))
