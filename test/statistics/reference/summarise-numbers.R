# Reference values of test/statistics/summarise-numbers.test.ts: R 4.2.2.
options(digits = 16)
x <- c(71.3, 24, 112.75, 8, 24, 3.1, 66, 48.2, 19.9, 30)
print(c(mean(x), sd(x), median(x), range(x)))
for (type in c(2, 6, 7)) print(unname(quantile(x, c(0.25, 0.75), type = type)))
print(sd(1e9 + c(4, 7, 13, 16)))
