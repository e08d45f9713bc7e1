import { DEV_SITE } from '../auth/client-registry.ts';
import type { Config } from '../config.ts';
import type { Library } from '../library.ts';
import type { Store } from '../store/store.ts';

/** Lists the sites that the configuration or a study's folder names, and that of `serve --dev`; sorted. */
export const listDeclaredSites = (config: Config, library: Library): readonly string[] =>
  [...new Set([DEV_SITE, ...Object.keys(config.sites), ...library.timeZones.keys()])].sort();

/** Lists the same, and the sites of enrolled subjects, which an earlier configuration named; sorted. */
export async function listKnownSites(
  config: Config,
  library: Library,
  store: Store,
): Promise<readonly string[]> {
  const enrolled = await store.read((tx) => tx.subjects.listSites());
  return [...new Set([...listDeclaredSites(config, library), ...enrolled])].sort();
}

/** Lists the numbers of all subjects of the library's studies; sorted. */
export async function listKnownSubjects(library: Library, store: Store): Promise<readonly string[]> {
  return store.read(async (tx) => {
    const numbers = new Set<string>();
    for (const study of library.protocols.keys())
      for (const { subject } of await tx.subjects.list(study)) numbers.add(subject);
    return [...numbers].sort();
  });
}
