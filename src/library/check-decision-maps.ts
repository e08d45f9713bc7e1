import { isObject } from '../fhir/resource.ts';
import { listDecisionEntries } from '../mapping/codes/decision-entries.ts';
import type { MappingDecision } from '../mapping/codes/decision-map.ts';
import type { SiteMappingFiles } from '../mapping/compile-mappings.ts';
import { checkDecision, type DecisionTrust } from '../signatures/check-decision.ts';
import type { SignedDecision } from '../signatures/decision-manifest.ts';
import { type DecisionValidity, formatValidity } from '../trial/decision-validity.ts';
import type { ReportProblem } from './library-problem.ts';

const NEVER = '9999-12-31T00:00:00Z';

const ALTERED: DecisionValidity = { state: 'invalid', fault: 'altered' };

/** Parses what was signed; what is no JSON object was altered. */
function parseSigned(text: string): SignedDecision | null {
  try {
    const value: unknown = JSON.parse(text);
    // Its form is checked with its signature.
    return isObject(value) ? (value as unknown as SignedDecision) : null;
  } catch {
    return null;
  }
}

/** Checks a map entry. Whether it is still the last decision on its work item, the store says. */
function checkEntry(trust: DecisionTrust, decision: MappingDecision): DecisionValidity {
  const { by, at, why, signed: text, display: _display, ...entry } = decision;
  const signed = text === null ? null : parseSigned(text);
  if (text !== null && signed === null) return ALTERED;
  return checkDecision(trust, {
    record: { kind: 'work-item', key: entry.item, hash: signed?.manifest?.record?.hash ?? '' },
    decision: { verdict: 'accepted', target: entry.target, entry },
    ...{ by, why, at, signed },
  });
}

const FIX =
  'Restore the file from the backup of this data folder. If the decision was made before people were configured, ' +
  'set decisions.unsignedBefore in the configuration; if its person is no longer there, keep their key, with retiredAt.';

/**
 * Reports the map entries that no valid decision supports. Where nobody is configured, an entry without signature counts;
 * one that has a signature must be what was signed.
 */
export function checkDecisionMaps(
  decided: readonly SiteMappingFiles[],
  trust: DecisionTrust,
  report: ReportProblem,
): void {
  // What states no decision has no time either.
  const requires = trust.requiresSignature(NEVER);
  const entries = decided.flatMap(({ site, concepts, units }) =>
    [...concepts, ...units].flatMap(({ file, json }) =>
      listDecisionEntries(site, json).map((entry) => ({ file, ...entry })),
    ),
  );
  for (const { file, at, decision } of entries) {
    const validity = decision === null ? ALTERED : checkEntry(trust, decision);
    if (validity.state !== 'invalid' || (decision === null && !requires)) continue;
    report({ file, at, message: `A decision is ${formatValidity(validity)}.`, fix: FIX });
  }
}
