import type { CriteriaSet } from './formats/criteria-set-schema.ts';
import type { DefinitionProblem } from './formats/parse-definition.ts';
import type { Protocol } from './formats/protocol-schema.ts';

/** Finds criteria sets that the protocol names and the library lacks, and missing definitions of severity. */
export function checkProtocolCriteria(
  protocol: Protocol,
  sets: ReadonlyMap<string, CriteriaSet>,
): readonly DefinitionProblem[] {
  const { severity, overall, lineages } = protocol.criteria;
  const at = `${protocol.id}#/criteria`;
  const named = [severity, lineages, ...Object.values(overall)].filter((id) => id !== undefined);
  const missingSets = [...new Set(named)].filter((id) => !sets.has(id));
  const severitySet = sets.get(severity);
  const missingNames = ['severe', 'very-severe'].filter(
    (name) => severitySet !== undefined && !severitySet.definitions.has(name),
  );
  return [
    ...missingSets.map((id) => ({ at, message: `there is no criteria set ${id}`, fix: 'add or correct it' })),
    ...missingNames.map((name) => ({
      at: severity,
      message: `${name} is not defined`,
      fix: `add definitions/${name}`,
    })),
  ];
}
