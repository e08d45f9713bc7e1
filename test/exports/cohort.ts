import { join } from 'node:path';
import { stringify } from 'lossless-json';
import { type Cohort, generateCohort, type SiteCohort } from '../../demo/cohort/generate.ts';
import type { Delivery } from '../../demo/cohort/wire.ts';
import type { StudyInput, SubjectRecord } from '../../src/exports/format.ts';
import { parseJson } from '../../src/fhir/json.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { validateResource } from '../../src/fhir/validate.ts';
import { type Library, readLibrary } from '../../src/library.ts';
import { studyReport } from '../../src/trial/endpoints/report.ts';
import type { Fact, Subject } from '../../src/trial/facts.ts';
import { judgeSubject } from '../../src/trial/judge.ts';

const mappingsDir = join(import.meta.dirname, '../../mappings');

export const AS_OF = '2026-01-15';

/** References inside a Bundle become those of the resources they stand for. */
function resourcesOf(delivery: Delivery): readonly unknown[] {
  const text = stringify(delivery.body) ?? 'null';
  if (delivery.kind !== 'bundle') return [parseJson(text)].flat();
  const { entry } = delivery.body as { entry: { fullUrl?: string; request: { url: string } }[] };
  const linked = entry.reduce((t, e) => (e.fullUrl ? t.replaceAll(e.fullUrl, e.request.url) : t), text);
  return (parseJson(linked) as { entry: { resource: unknown }[] }).entry.map((e) => e.resource);
}

const updatedOf = (resource: Resource) => (resource.meta as { lastUpdated: string }).lastUpdated;

function keepNewer(current: Map<string, Resource>, sent: unknown): void {
  const checked = validateResource(sent);
  if ('issues' in checked) throw new Error('the cohort sends an invalid resource');
  const { resource } = checked;
  const key = `${resource.resourceType}/${resource.id}`;
  const before = current.get(key);
  if (!before || updatedOf(before) < updatedOf(resource)) current.set(key, resource);
}

function lastVersions(site: SiteCohort): ReadonlyMap<string, Resource> {
  const current = new Map<string, Resource>();
  for (const delivery of site.deliveries) {
    if (delivery.kind === 'delete') current.delete(delivery.path);
    else for (const sent of resourcesOf(delivery)) keepNewer(current, sent);
  }
  return current;
}

function mapSite(library: Library, cohort: Cohort, site: SiteCohort, facts: Map<string, Fact[]>): void {
  const current = lastVersions(site);
  const subjects = cohort.truth.filter((one) => one.plan.site === site.site).map((one) => one.plan.subject);
  const byPatient = new Map(site.patients.map((patient, i) => [`Patient/${patient.id}`, subjects[i] ?? '']));
  for (const [key, resource] of current) {
    const about = (resource.subject ?? resource.individual) as { reference?: string } | undefined;
    const subject = byPatient.get(about?.reference ?? key);
    if (subject === undefined) continue;
    const resolve = (reference: string) => current.get(reference);
    const context = { subject, site: site.site, timeZone: site.timeZone, resolve };
    const mapped = library.mapper.map(resource, context);
    facts.set(subject, [...(facts.get(subject) ?? []), ...mapped.facts]);
  }
}

function recordOf(library: Library, subject: Subject, facts: readonly Fact[]): SubjectRecord {
  const protocol = library.protocols.get('msc-aa');
  if (!protocol) throw new Error('the study has no protocol');
  const known = [...new Map(facts.map((fact) => [fact.key, fact])).values()];
  const input = { subject, facts: known, protocol, criteria: library.criteria, today: AS_OF };
  return { subject, facts: known, judgement: judgeSubject(input) };
}

/** The demonstration cohort through the mapper and the engine, in process: what every export of it starts from. */
export function demoStudy(): StudyInput & { readonly records: readonly SubjectRecord[] } {
  const library = readLibrary({ mappingsDir, studiesDir: join(mappingsDir, 'studies') });
  const cohort = generateCohort(2017);
  const facts = new Map<string, Fact[]>();
  for (const site of cohort.sites) mapSite(library, cohort, site, facts);
  const records = cohort.truth.map(({ plan: { subject, site, dayZero } }) => {
    const dates = { enrolledOn: dayZero, consentedOn: dayZero };
    const enrolled: Subject = { study: 'msc-aa', subject, site, ...dates, status: 'on-study' };
    return recordOf(library, enrolled, facts.get(subject) ?? []);
  });
  const protocol = library.protocols.get('msc-aa');
  if (!protocol) throw new Error('the study has no protocol');
  const criteria = Object.fromEntries([...library.criteria].map(([id, set]) => [id, set.version]));
  return {
    protocol,
    registry: null,
    report: studyReport({ protocol, subjects: records, today: AS_OF }),
    asOf: AS_OF,
    versions: { software: '0.1.0', protocol: protocol.version, criteria },
    draft: false,
    records,
    async *subjects() {
      yield* records;
    },
  };
}
