import type { Protocol } from '../library/formats/protocol-schema.ts';

export type { AnalysisPlan, EndpointEvent, SensitivityVariant } from '../library/formats/analysis-schema.ts';
export type {
  ArmDefinition,
  CensoringRule,
  Cytopenia,
  CytopeniaScale,
  Dosing,
  Protocol,
  TrialElementDefinition,
  Visit,
  Washout,
} from '../library/formats/protocol-schema.ts';

/** How severe the disease was before the first infusion; `unknown` where counts are missing. */
export type DiseaseSeverity = keyof Protocol['criteria']['overall'];

/** Returns the protocol with one criteria set for the overall response at every severity, for trying another set. */
export function withOverallCriteriaSet(protocol: Protocol, set: string): Protocol {
  const overall = { SAA: set, VSAA: set, NSAA: set, unknown: set };
  return { ...protocol, criteria: { ...protocol.criteria, overall } };
}
