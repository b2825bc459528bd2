/* SPDX-License-Identifier: ISC */
/*
 * Rates are fractions throughout: 30000/1001 is not 29.97.
 */
#include "config.h"

#include "package/source/frame_rate.h"

#include <math.h>
#include <stddef.h>

#define TERM_MAX  1000000 /* of a fraction; more is a measured rate, which a decimal one tells well enough */
#define RARE      10      /* seconds for each picture, on average */
#define STILL     600
#define MUCH_MORE 1.05 /* base above average by this factor: the rate varies, or base counts something else */

double frame_rate_value(struct frame_rate rate) {
  return rate.numerator > 0 && rate.denominator > 0 ? (double)rate.numerator / rate.denominator : 0;
}

int frame_rate_pictures(struct frame_rate rate, int seconds) {
  long long pictures = (long long)rate.numerator * seconds / rate.denominator;
  return pictures > 1 ? (int)pictures : 1;
}

/* The usual rate that is nearest; of those from 10 to 60. */
static struct frame_rate usual(double value) {
  static const struct frame_rate rates[] = {{10, 1}, {12, 1},       {25, 2}, {15, 1}, {20, 1}, {24000, 1001}, {24, 1},
                                            {25, 1}, {30000, 1001}, {30, 1}, {48, 1}, {50, 1}, {60000, 1001}, {60, 1}};
  size_t best = 0;
  for (size_t i = 1; i < sizeof rates / sizeof rates[0]; i++) {
    if (fabs(frame_rate_value(rates[i]) - value) < fabs(frame_rate_value(rates[best]) - value)) {
      best = i;
    }
  }
  return rates[best];
}

/* Of a rate that varies and whose base is only the clock's tick: few pictures are bursts with pauses between. */
static struct frame_rate of_average(double average) {
  return average < FRAME_RATE_MIN ? (struct frame_rate){30, 1} : usual(average);
}

struct frame_rate frame_rate_choose(struct frame_rate base, struct frame_rate average, bool interlaced) {
  double told = frame_rate_value(base);
  double mean = frame_rate_value(average);
  struct frame_rate rate = base;
  if (told <= 0 || (interlaced && mean > 0)) {
    rate = mean > 0 ? average : (struct frame_rate){30, 1};
  } else if (told > FRAME_RATE_MAX && told > mean * MUCH_MORE) {
    rate = of_average(mean);
  }
  if (rate.numerator > TERM_MAX || rate.denominator > TERM_MAX) {
    rate = of_average(frame_rate_value(rate));
  }
  while (frame_rate_value(rate) > FRAME_RATE_MAX) {
    rate.denominator *= 2;
  }
  if (frame_rate_value(rate) < FRAME_RATE_MIN) {
    double factor = ceil(FRAME_RATE_MIN / frame_rate_value(rate));
    rate = factor <= 100 ? (struct frame_rate){rate.numerator * (int)factor, rate.denominator}
                         : (struct frame_rate){FRAME_RATE_MIN, 1};
  }
  return rate;
}

struct frame_rate frame_rate_of_rare(struct frame_rate rate, int64_t pictures, double seconds) {
  double each = pictures > 0 ? seconds / (double)pictures : 0;
  return each > STILL ? (struct frame_rate){1, 1} : each > RARE ? (struct frame_rate){FRAME_RATE_RARE, 1} : rate;
}
