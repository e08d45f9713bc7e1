/** Lower and upper confidence limit of a proportion, from 0 to 1. */
export type ProportionLimits = readonly [low: number, high: number];
