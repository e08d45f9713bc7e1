import { basename, join } from 'node:path';
import type { CriteriaSet } from './formats/criteria-set-schema.ts';
import { type Protocol, parseProtocol } from './formats/protocol-schema.ts';
import { readJsonFiles } from './library-files.ts';
import type { ReportProblem } from './library-problem.ts';
import { parseCriteriaFiles, unwrapOrReport } from './study-files.ts';

/** The folder beside the files in force that keeps their earlier versions, unchanged. */
const EARLIER_FOLDER = 'earlier';

/** Earlier versions of rules, kept so that classes can be compared with them. Nothing is assessed by them unasked. */
export interface EarlierVersions {
  readonly criteria: readonly CriteriaSet[];
  readonly protocols: readonly Protocol[];
}

const formatVersion = ({ id, version }: Pick<CriteriaSet, 'id' | 'version'>): string => `${id}@${version}`;

function reportRepeatedVersions(
  versions: readonly Pick<CriteriaSet, 'id' | 'version'>[],
  inForce: readonly Pick<CriteriaSet, 'id' | 'version'>[],
  folder: string,
  report: ReportProblem,
): void {
  const known = new Set(inForce.map(formatVersion));
  for (const version of versions.map(formatVersion)) {
    if (known.has(version))
      report({
        file: folder,
        at: version,
        message: `${version} is there twice`,
        fix: 'Give a changed file another version, and keep each version once.',
      });
    known.add(version);
  }
}

/** Reads the earlier versions of the criteria sets in a folder (`criteria/earlier`). */
export function readEarlierCriteria(
  root: string,
  folder: string,
  inForce: Iterable<CriteriaSet>,
  report: ReportProblem,
): readonly CriteriaSet[] {
  const earlier = join(folder, EARLIER_FOLDER);
  const sets = parseCriteriaFiles(readJsonFiles(root, earlier, report), report);
  reportRepeatedVersions(sets, [...inForce], earlier, report);
  return sets;
}

/** Reads the earlier versions of a study's protocol (`earlier/protocol-1.0.0.json` in the study's folder). */
export function readEarlierProtocols(
  root: string,
  folder: string,
  inForce: Protocol | null,
  report: ReportProblem,
): readonly Protocol[] {
  const earlier = join(folder, EARLIER_FOLDER);
  const protocols = readJsonFiles(root, earlier, report)
    .filter(({ file }) => basename(file).startsWith('protocol'))
    .map(({ file, json }) => unwrapOrReport(parseProtocol(json, file), file, report))
    .filter((protocol) => protocol !== null);
  reportRepeatedVersions(protocols, inForce ? [inForce] : [], earlier, report);
  return protocols;
}
