# lme4's sleepstudy and nlme's Orthodont under a person intercept. In this folder: Rscript classic.R > classic.json
source("reference.R")
sleepstudy <- read.csv("sleepstudy.csv")
orthodont <- read.csv("orthodont.csv", stringsAsFactors = FALSE)
orthodont$Sex <- factor(orthodont$Sex, levels = c("Male", "Female"))
# The first seven pupils' last scores are left out: an unbalanced set, which a balanced one can't stand for
uneven <- orthodont[!(orthodont$age == 14 & orthodont$Subject %in% unique(orthodont$Subject)[1:7]), ]
# Scores swing within people and agree between them: the person variance is 0
swinging <- data.frame(
  person = rep(1:6, each = 3), wave = rep(1:3, 6),
  score = c(1, 9, 5, 8, 2, 6, 3, 7, 4, 9, 1, 7, 2, 8, 3, 7, 3, 8)
)
print_json(list(
  sleepstudy_linear = reference(Reaction ~ Days + (1 | Subject), sleepstudy)$values,
  sleepstudy_waves = reference(Reaction ~ factor(Days) + (1 | Subject), sleepstudy)$values,
  orthodont = reference(distance ~ factor(age) * Sex + (1 | Subject), orthodont)$values,
  orthodont_uneven = reference(distance ~ factor(age) * Sex + (1 | Subject), uneven)$values,
  boundary = reference(score ~ factor(wave) + (1 | person), swinging)$values
), c("lme4", "jsonlite"))
