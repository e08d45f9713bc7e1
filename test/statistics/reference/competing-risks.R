# Reference values of test/statistics/competing-risks.test.ts: R 4.2.2, cmprsk 2.2-11, survival 3.5-3.
library(cmprsk); library(survival); options(digits = 16)
# Months; r: response, d: death, +: censored.
read <- function(text) {
  words <- strsplit(text, " ")[[1]]
  mark <- substring(words, nchar(words))
  data.frame(time = as.numeric(substring(words, 1, nchar(words) - 1)),
             status = c(r = 1, d = 2, "+" = 0)[mark])
}
texts <- c("1d 2r 2r 3+ 4d 4r 4+ 6r 7d 7d 9+ 9r 12d 15+ 18+",
           "1r 2d 3d 3d 4+ 5r 5r 6d 8+ 8d 10d 11r 12+ 14d 18+ 18+",
           "2d 2d 2r 5+ 6r 6d 9d 9d 11+ 13r 16+ 17d")
groups <- lapply(texts, read)
data <- do.call(rbind, Map(cbind, groups, group = seq_along(groups)))

# Estimate and variance of cuminc (one line for each time with a response), pstate of survfit.
one <- cuminc(groups[[1]]$time, groups[[1]]$status)
at <- c(2, 4, 6, 9)
print(sapply(c("1 1", "1 2"), function(cause) timepoints(one[cause], at)$est))
print(sapply(c("1 1", "1 2"), function(cause) sqrt(timepoints(one[cause], at)$var)))
multi <- survfit(Surv(time, factor(status, 0:2)) ~ 1, groups[[1]])
print(summary(multi, times = at)$pstate)
# Limits on the log-log scale, from cuminc's estimate and error.
f <- timepoints(one["1 1"], at)$est[1, ]; se <- sqrt(timepoints(one["1 1"], at)$var[1, ])
print(rbind(f^exp(-qnorm(0.975) * se / (f * log(f))), f^exp(qnorm(0.975) * se / (f * log(f)))))

print(cuminc(data$time, data$status, data$group)$Tests)
two <- data[data$group < 3, ]
print(cuminc(two$time, two$status, two$group)$Tests)
# A group that is gone before the first response or death: R computes nothing (-1).
late <- rbind(two, data.frame(time = c(0.5, 0.7), status = 0, group = 3))
print(cuminc(late$time, late$status, late$group)$Tests)

# The last subject of a group has the event: nobody is left.
last <- read("1r 2d 2r 5r 5r")
print(timepoints(cuminc(last$time, last$status)["1 1"], c(1, 2, 5)))

# One subject, with a response.
print(timepoints(cuminc(3, 1)["1 1"], 3))
