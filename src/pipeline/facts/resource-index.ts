import { isObject, type Resource } from '../../fhir/resource.ts';
import { listBusinessIdentifiers } from '../../intake/resource-identity.ts';
import { listStatementKeys } from '../../intake/statement-identity.ts';
import { isTestData } from '../../mapping/meaning/test-data.ts';
import type { ResourceKey } from '../../store/inbox-store.ts';
import { parseContent } from '../current-versions.ts';
import { isSameSubject } from '../identity/narrow-subjects.ts';
import type { SiteTransaction } from '../site-transaction.ts';
import { readCurrentContent } from './current-content.ts';
import { resolveContext } from './inherit-from-report.ts';
import { listIndexedReferences, listMembers, listReferencedResults } from './references.ts';
import { findStatementIds } from './statement-ids.ts';

/** The business identifiers, statement keys and references by which the current version of a resource is found. */
interface ResourceIndex {
  readonly identifiers: readonly string[];
  readonly references: readonly string[];
}

/** FHIR R4 extension observation-replaces: the Observation that this one replaces. */
const REPLACES_EXTENSION = 'http://hl7.org/fhir/StructureDefinition/observation-replaces';

/** Lists `Observation/id` of the results that the resource says it replaces. */
export function listReplaced(resource: Resource): readonly string[] {
  const extensions = Array.isArray(resource.extension) ? resource.extension.filter(isObject) : [];
  const replaced = extensions.filter(({ url }) => url === REPLACES_EXTENSION);
  return listReferencedResults(replaced.map(({ valueReference }) => valueReference));
}

/** The reference by which a resource is found that replaces the result, or that lists others instead of it. */
export const formatReplacementReference = (result: string): string => `replaces:${result}`;
export const formatSupersededReference = (result: string): string => `superseded:${result}`;

/** Parses the result in such a reference; null for any other reference. */
export const parseSupersededReference = (reference: string): string | null =>
  reference.startsWith('superseded:') ? reference.slice('superseded:'.length) : null;

/** The reference by which the Patients of a site are found that are labelled as test data. */
export const TEST_PATIENT_REFERENCE = 'label:test-patient';

/** Builds the index of a resource as the current version. */
export async function buildResourceIndex(
  tx: SiteTransaction,
  key: ResourceKey,
  resource: Resource,
): Promise<ResourceIndex> {
  const superseded = key.resourceType === 'DiagnosticReport' ? await listSuperseded(tx, key, resource) : [];
  return {
    identifiers: [...listBusinessIdentifiers(resource), ...listStatementKeys(resource)],
    references: [
      ...listIndexedReferences(resource, tx.ehrBase),
      ...listReplaced(resource).map(formatReplacementReference),
      ...superseded.map(formatSupersededReference),
      ...(key.resourceType === 'Patient' && isTestData(resource) ? [TEST_PATIENT_REFERENCE] : []),
    ],
  };
}

/** Builds the index of the current version again, after another version or report has arrived that concerns it. */
export async function replaceResourceIndex(tx: SiteTransaction, key: ResourceKey): Promise<void> {
  const content = await readCurrentContent(tx, key);
  if (content) await tx.inbox.replaceIndex(key, await buildResourceIndex(tx, key, content.resource));
}

/** The versions of a report whose results are read again; those of the versions before them are known from its index. */
const MAX_VERSIONS_READ = 20;

/** Lists the results that any version of the report listed. */
export async function listResultsOfVersions(
  tx: SiteTransaction,
  key: ResourceKey,
): Promise<readonly string[]> {
  const versions = await tx.inbox.listVersions(key, MAX_VERSIONS_READ);
  const listed = versions.flatMap((version) => listMembers(parseContent(version) ?? NO_REPORT));
  if (versions.length < MAX_VERSIONS_READ) return listed;
  // Each index was built with what the one before it knew.
  const indexed = await tx.inbox.listReferences(key);
  return [...listed, ...indexed.flatMap((reference) => parseSupersededReference(reference) ?? [])];
}

const NO_REPORT: Resource = { resourceType: 'DiagnosticReport' };

/**
 * Lists the results in place of which a report lists others: those of its other versions, and, if it is a correction, those
 * of reports that state the same (see `listStatementKeys`) and are none.
 */
async function listSuperseded(
  tx: SiteTransaction,
  key: ResourceKey,
  report: Resource,
): Promise<readonly string[]> {
  const listed = [...(await listResultsOfVersions(tx, key))];
  if (isCorrectedReport(report)) {
    for (const other of await listReportsOfOneStatement(tx, key, report)) {
      const content = await readCurrentContent(tx, other);
      if (content && !isCorrectedReport(content.resource)) listed.push(...listMembers(content.resource));
    }
  }
  const current = new Set(listMembers(report));
  return [...new Set(listed)].filter((member) => !current.has(member));
}

/** R4 DiagnosticReportStatus codes of a report that corrects an earlier one. */
const CORRECTED_STATUSES: ReadonlySet<unknown> = new Set(['corrected', 'amended', 'appended']);
const isCorrectedReport = ({ status }: Resource): boolean => CORRECTED_STATUSES.has(status);

/**
 * Lists the other reports of the same subject that share an identifier, code and time with the report; none where so many
 * share them that they identify nothing (see `findStatementIds`).
 */
export async function listReportsOfOneStatement(
  tx: SiteTransaction,
  key: ResourceKey,
  report: Resource,
): Promise<readonly ResourceKey[]> {
  const found = await findStatementIds(tx, report);
  const ids = new Set(found);
  ids.delete(key.id);
  if (ids.size === 0) return [];
  const own = await resolveContext(tx, key, { resource: report, fhirVersion: '4.0' });
  const reports: ResourceKey[] = [];
  for (const id of ids) {
    const other = { ...key, id };
    const content = await readCurrentContent(tx, other);
    const subjects = content ? (await resolveContext(tx, other, content)).subjects : [];
    if (subjects.some((subject) => own.subjects.some(isSameSubject(subject)))) reports.push(other);
  }
  return reports;
}
