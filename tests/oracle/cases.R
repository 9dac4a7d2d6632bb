# The data sets of the scripts, read the same way by each. Rows are left out by fixed rules, which the README tells.
sleepstudy <- read.csv("sleepstudy.csv", colClasses = c(Subject = "character"))
sleepstudy$wave <- factor(sleepstudy$Days)
# Every seventh row, and days 8 and 9 of the first six people
sleepstudy_uneven <- sleepstudy[
  seq_len(nrow(sleepstudy)) %% 7 != 0 &
    !(sleepstudy$Days >= 8 & sleepstudy$Subject %in% unique(sleepstudy$Subject)[1:6]),
]

orthodont <- read.csv("orthodont.csv", stringsAsFactors = FALSE)
orthodont$Sex <- factor(orthodont$Sex, levels = c("Male", "Female"))
orthodont$wave <- factor(orthodont$age)
# The first seven children's last scores
orthodont_uneven <- orthodont[!(orthodont$age == 14 & orthodont$Subject %in% unique(orthodont$Subject)[1:7]), ]

dyestuff <- read.csv("dyestuff.csv", stringsAsFactors = TRUE)
dyestuff2 <- read.csv("dyestuff2.csv", stringsAsFactors = TRUE)
cakes <- read.csv("cake.csv", stringsAsFactors = TRUE)
cakes$temperature <- factor(cakes$temperature)
cakes$replicate <- factor(cakes$replicate)

wages <- read.csv("wages.csv")
wages_first <- wages[wages$id %in% unique(wages$id)[1:100], ]

sai <- read.csv("sai_scores.csv", stringsAsFactors = FALSE)
sai$drug <- factor(sai$drug, levels = c("placebo", "caffeine"))
sai$wave <- factor(sai$time)

generated <- read.csv("generated.csv", stringsAsFactors = FALSE)
generated_set <- function(name) {
  data <- generated[generated$set == name, ]
  data$wave <- factor(data$wave)
  data$group <- factor(data$group, levels = c("high", "low"))
  data
}

# Project STAR as star.R reads it: `low` has free lunch in kindergarten, `high` has none
star_files <- c(k = "wave_k.csv", g1 = "wave_1.csv", g2 = "wave_2.csv", g3 = "wave_3.csv")
star_waves <- lapply(star_files, function(file) {
  read.csv(file.path("../../data/raw/star", file), na.strings = c("", "NA"), stringsAsFactors = FALSE)
})
star_scores <- function(column, first = Inf) {
  data <- do.call(rbind, lapply(names(star_waves), function(name) {
    data.frame(id = star_waves[[name]]$id, wave = name, score = star_waves[[name]][[column]])
  }))
  lunch <- setNames(star_waves$k$lunch, star_waves$k$id)
  data$wave <- factor(data$wave, levels = names(star_waves))
  data$group <- factor(lunch[as.character(data$id)], levels = c("non-free", "free"), labels = c("high", "low"))
  data <- data[!is.na(data$group) & !is.na(data$score), ]
  # The first pupils in the order of the kindergarten file
  data[data$id %in% head(star_waves$k$id[star_waves$k$id %in% data$id], first), ]
}
