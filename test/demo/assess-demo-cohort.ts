import { join } from 'node:path';
import { stringify } from 'lossless-json';
import type { HospitalDelivery } from '../../demo/cohort/fhir-elements.ts';
import { type Cohort, generateCohort, type SiteCohort } from '../../demo/cohort/generate-cohort.ts';
import { parseJson } from '../../src/fhir/lossless-json.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { validateResource } from '../../src/fhir/validate-resource.ts';
import { type Library, readLibrary } from '../../src/library.ts';
import { assessSubject } from '../../src/trial/assess-subject.ts';
import { reportOnSubjects, type StudyReport } from '../../src/trial/endpoints/study-report.ts';
import type { Fact, Subject } from '../../src/trial/facts.ts';
import type { Protocol } from '../../src/trial/protocol.ts';

const mappingsDir = join(import.meta.dirname, '../../mappings');
export const COHORT_MAPPINGS = { mappingsDir, studiesDir: join(mappingsDir, 'studies') };

export const COHORT_TODAY = '2026-01-15';

/** The cohort as mapped and assessed, with what was invalid and what was held. */
export interface AssessedCohort {
  readonly library: Library;
  readonly protocol: Protocol;
  readonly subjects: readonly ReturnType<typeof assessCohortSubject>[];
  readonly report: StudyReport;
  /** The issues of each resource that is not valid. */
  readonly invalid: readonly unknown[];
  /** What is held for review: site, reason, group. */
  readonly openWork: readonly string[];
}

interface CohortSink {
  readonly invalid: unknown[];
  readonly work: string[];
  readonly facts: Map<string, Fact[]>;
}

/** Parses the resources of a delivery. References between entries of a Bundle become those of the resources. */
function parseDelivery(delivery: HospitalDelivery): readonly unknown[] {
  const text = stringify(delivery.body) ?? 'null';
  if (delivery.kind !== 'bundle') return [parseJson(text)].flat();
  const { entry } = delivery.body as { entry: { fullUrl?: string; request: { url: string } }[] };
  const linked = entry.reduce(
    (linkedText, { fullUrl, request }) =>
      fullUrl ? linkedText.replaceAll(fullUrl, request.url) : linkedText,
    text,
  );
  return (parseJson(linked) as { entry: { resource: unknown }[] }).entry.map(({ resource }) => resource);
}

const readLastUpdated = (resource: Resource) => (resource.meta as { lastUpdated: string }).lastUpdated;

function keepNewer(current: Map<string, Resource>, sent: unknown, invalid: unknown[]): void {
  const result = validateResource(sent);
  if ('issues' in result) {
    invalid.push(result.issues);
    return;
  }
  const { resource } = result;
  const key = `${resource.resourceType}/${resource.id}`;
  const before = current.get(key);
  if (!before || readLastUpdated(before) < readLastUpdated(resource)) current.set(key, resource);
}

function selectLastVersions(site: SiteCohort, invalid: unknown[]): ReadonlyMap<string, Resource> {
  const current = new Map<string, Resource>();
  for (const delivery of site.deliveries) {
    if (delivery.kind === 'delete') current.delete(delivery.path);
    else for (const sent of parseDelivery(delivery)) keepNewer(current, sent, invalid);
  }
  return current;
}

function mapSite(library: Library, cohort: Cohort, site: SiteCohort, sink: CohortSink): void {
  const current = selectLastVersions(site, sink.invalid);
  const subjects = cohort.truth.filter(({ plan }) => plan.site === site.site).map(({ plan }) => plan.subject);
  const byPatient = new Map(site.patients.map((patient, i) => [`Patient/${patient.id}`, subjects[i] ?? '']));
  for (const [key, resource] of current) {
    const patient = (resource.subject ?? resource.individual) as { reference?: string } | undefined;
    const subject = byPatient.get(patient?.reference ?? key);
    if (subject === undefined) continue;
    const resolve = (reference: string) => current.get(reference);
    const context = { subject, site: site.site, timeZone: site.timeZone, resolve };
    const mapped = library.mapper.map(resource, context);
    sink.work.push(...mapped.work.map((need) => `${site.site} ${need.reason} ${need.group}`));
    sink.facts.set(subject, [...(sink.facts.get(subject) ?? []), ...mapped.facts]);
  }
}

function assessCohortSubject(
  library: Library,
  protocol: Protocol,
  { plan }: Cohort['truth'][number],
  sent: readonly Fact[],
) {
  const { subject: number, site, dayZero } = plan;
  const dates = { enrolledOn: dayZero, consentedOn: dayZero };
  const subject: Subject = { study: 'msc-aa', subject: number, site, ...dates, status: 'on-study' };
  const facts = [...new Map(sent.map((fact) => [fact.key, fact])).values()];
  const judgement = assessSubject({
    subject,
    facts,
    protocol,
    criteria: library.criteria,
    today: COHORT_TODAY,
  });
  return { plan, subject, facts, judgement };
}

/**
 * Runs the demonstration without servers: maps and assesses the last versions of what the hospitals send. Nothing is
 * stored, so a difference from `npm run demo` is in the pipeline.
 */
export function assessDemoCohort(): AssessedCohort {
  const library = readLibrary(COHORT_MAPPINGS);
  const protocol = library.protocols.get('msc-aa');
  if (!protocol) throw new Error('The study msc-aa has no protocol.');
  const cohort = generateCohort(2017);
  const sink: CohortSink = { invalid: [], work: [], facts: new Map() };
  for (const site of cohort.sites) mapSite(library, cohort, site, sink);
  const subjects = cohort.truth.map((course) =>
    assessCohortSubject(library, protocol, course, sink.facts.get(course.plan.subject) ?? []),
  );
  const report = reportOnSubjects({ protocol, subjects, today: COHORT_TODAY });
  return { library, protocol, subjects, report, invalid: sink.invalid, openWork: sink.work };
}
