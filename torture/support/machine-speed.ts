/**
 * How fast this machine computes, so that a limit of CPU time means the same work everywhere: 200 ms on a machine that is half as
 * fast are 400. The work is what the service does most, parsing and printing JSON.
 */

/** The milliseconds of CPU that the work takes on the machine on which the limits were set (two cores, idle). */
const REFERENCE_MS = 30;
const ROUNDS = 7;

const SAMPLE = Array.from({ length: 2_000 }, (_, i) => ({
  resourceType: 'Observation',
  id: `o${i}`,
  valueQuantity: { value: i / 10, unit: '10*9/L' },
  code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
}));

function measureRound(): number {
  const before = process.cpuUsage();
  for (let i = 0; i < 20; i++) JSON.parse(JSON.stringify(SAMPLE));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** Measures by how much a limit has to be larger here; never smaller than 1. */
export function measureSlowness(): number {
  const fastest = Math.min(...Array.from({ length: ROUNDS }, measureRound));
  return Math.max(1, Math.round((fastest / REFERENCE_MS) * 10) / 10);
}
