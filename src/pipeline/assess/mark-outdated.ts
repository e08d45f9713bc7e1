import { toLocalDay } from '../../fhir/datetime.ts';
import type { Store } from '../../store/store.ts';
import { type AssessmentDependencies, formatRulesInForce } from './assess-and-write-back.ts';

/**
 * Marks the subjects of the studies whose stored assessment no longer holds: the rules, the mappings or the software are
 * others, or the passing of days alone can have changed it (a visit window closes without any new fact). New facts mark
 * their subjects themselves.
 */
export async function markOutdatedSubjects(
  store: Store,
  dependencies: AssessmentDependencies,
  studies: readonly string[],
): Promise<void> {
  await store.transaction(async ({ subjects }) => {
    const sites = await subjects.listSites();
    for (const study of studies) {
      const rules = formatRulesInForce(dependencies, study);
      for (const site of sites) {
        const today = toLocalDay(dependencies.now().getTime(), dependencies.getTimeZone(site));
        await subjects.markOutdated({ study, site, rules, today });
      }
    }
  });
}
