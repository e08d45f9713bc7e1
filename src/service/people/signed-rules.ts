import type { LibrarySnapshot } from '../library-snapshot.ts';

/** Formats the rules by which a person decides, as they are signed: the program, the mappings and the rules of assessment. */
export const formatRules = ({
  library: { digests },
  assessment: { softwareVersion },
}: Pick<LibrarySnapshot, 'library' | 'assessment'>): string =>
  `fhir-trial-adapter ${softwareVersion}, mappings ${digests.mappings}, rules ${digests.rules}`;
