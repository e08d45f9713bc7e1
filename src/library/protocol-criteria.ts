import type { CriteriaSet } from './formats/criteria-set-schema.ts';
import type { DefinitionProblem } from './formats/parse-definition.ts';
import type { Protocol } from './formats/protocol-schema.ts';

/** Finds washouts that a variant of the analysis changes and the protocol does not have. */
function checkVariantWashouts({ id, washouts, analysis }: Protocol): readonly DefinitionProblem[] {
  const known = washouts.map(({ of }) => of);
  return analysis.sensitivity.flatMap((variant) =>
    Object.keys(variant.washoutDays)
      .filter((of) => !known.includes(of))
      .map((of) => ({
        at: `${id}#/analysis/sensitivity/${variant.id}/washoutDays`,
        message: `${of} has no washout in this protocol`,
        fix: `use one of ${known.join(', ')}`,
      })),
  );
}

/** Finds definitions of severity that a set of the library lacks. */
function checkSeverityDefinitions(id: string, set: CriteriaSet | undefined): readonly DefinitionProblem[] {
  return ['severe', 'very-severe']
    .filter((name) => set !== undefined && !set.definitions.has(name))
    .map((name) => ({ at: id, message: `${name} is not defined`, fix: `add definitions/${name}` }));
}

/**
 * Finds criteria sets that the protocol or a variant of its analysis names and the library lacks, missing definitions of
 * severity, and washouts of a variant that the protocol does not have.
 */
export function checkProtocolCriteria(
  protocol: Protocol,
  sets: ReadonlyMap<string, CriteriaSet>,
): readonly DefinitionProblem[] {
  const { severity, overall, lineages } = protocol.criteria;
  const at = `${protocol.id}#/criteria`;
  const variants = protocol.analysis.sensitivity;
  const severityIds = new Set([severity, ...variants.map((variant) => variant.severity ?? severity)]);
  const variantIds = variants.flatMap((variant) => variant.overall ?? []);
  const named = Object.values(overall).filter((id) => id !== undefined);
  const ids = new Set([...severityIds, lineages, ...named, ...variantIds]);
  return [
    ...checkVariantWashouts(protocol),
    ...[...ids]
      .filter((id) => !sets.has(id))
      .map((id) => ({ at, message: `there is no criteria set ${id}`, fix: 'add or correct it' })),
    ...[...severityIds].flatMap((id) => checkSeverityDefinitions(id, sets.get(id))),
  ];
}
