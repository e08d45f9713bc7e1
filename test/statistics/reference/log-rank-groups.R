# Reference values of test/statistics/log-rank-groups.test.ts: R 4.2.2, survival 3.5-3.
library(survival); options(digits = 16)
# Months; +: alive at the last contact.
read <- function(text) {
  words <- strsplit(text, " ")[[1]]
  data.frame(time = as.numeric(sub("\\+", "", words)), died = !grepl("\\+", words))
}
texts <- c("3 5 5 8+ 12 12+ 17 21+ 24+", "1 2 2 3 5 6+ 9 11 12", "4 7 7+ 12 15+ 16 19+ 24+ 24+", "0.5+ 0.8+")
compare <- function(places) {
  data <- do.call(rbind, Map(cbind, lapply(texts[places], read), group = places))
  test <- survdiff(Surv(time, died) ~ group, data)
  df <- sum(test$exp > 0) - 1
  print(c(test$chisq, df, pchisq(test$chisq, df, lower.tail = FALSE)))
}
compare(1:3); compare(1:2); compare(1:4)
print(pchisq(c(0.3, 7.5, 40, 12, 80), c(3, 4, 29, 7, 6), lower.tail = FALSE))
