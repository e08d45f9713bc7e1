import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { stringify } from 'lossless-json';
import { type Cohort, generateCohort, type SiteCohort } from '../../demo/cohort/generate.ts';
import type { Delivery } from '../../demo/cohort/wire.ts';
import { figuresOf, type Summary } from '../../demo/figures.ts';
import { parseJson } from '../../src/fhir/json.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { validateResource } from '../../src/fhir/validate.ts';
import { type Library, readLibrary } from '../../src/library.ts';
import { studyReport } from '../../src/trial/endpoints/report.ts';
import type { Fact, Subject } from '../../src/trial/facts.ts';
import { judgeSubject } from '../../src/trial/judge.ts';

/**
 * The demonstration without servers: what the hospitals send, in its last versions, through the mapper and the engine.
 * Stored nowhere, so that a difference from `npm run demo` is the pipeline's.
 */
const mappingsDir = join(import.meta.dirname, '../../mappings');
const TODAY = '2026-01-15';

interface Found {
  readonly invalid: unknown[];
  readonly work: string[];
  readonly judged: ReturnType<typeof judgeAll>;
}

let found: Found;
let cohort: Cohort;

beforeAll(() => {
  const library = readLibrary({ mappingsDir, studiesDir: join(mappingsDir, 'studies') });
  cohort = generateCohort(2017);
  const invalid: unknown[] = [];
  const work: string[] = [];
  const facts = new Map<string, Fact[]>();
  for (const site of cohort.sites) mapSite(library, site, { invalid, work, facts });
  found = { invalid, work, judged: judgeAll(library, facts) };
});

/** References inside a Bundle become those of the resources they stand for. */
function resourcesOf(delivery: Delivery): readonly unknown[] {
  const text = stringify(delivery.body) ?? 'null';
  if (delivery.kind !== 'bundle') return [parseJson(text)].flat();
  const { entry } = delivery.body as { entry: { fullUrl?: string; request: { url: string } }[] };
  const linked = entry.reduce((t, e) => (e.fullUrl ? t.replaceAll(e.fullUrl, e.request.url) : t), text);
  return (parseJson(linked) as { entry: { resource: unknown }[] }).entry.map((e) => e.resource);
}

const updatedOf = (resource: Resource) => (resource.meta as { lastUpdated: string }).lastUpdated;

function lastVersions(site: SiteCohort, invalid: unknown[]): ReadonlyMap<string, Resource> {
  const current = new Map<string, Resource>();
  for (const delivery of site.deliveries) {
    if (delivery.kind === 'delete') current.delete(delivery.path);
    else for (const sent of resourcesOf(delivery)) keepNewer(current, sent, invalid);
  }
  return current;
}

function keepNewer(current: Map<string, Resource>, sent: unknown, invalid: unknown[]): void {
  const checked = validateResource(sent);
  if ('issues' in checked) {
    invalid.push(checked.issues);
    return;
  }
  const { resource } = checked;
  const key = `${resource.resourceType}/${resource.id}`;
  const before = current.get(key);
  if (!before || updatedOf(before) < updatedOf(resource)) current.set(key, resource);
}

interface Sink {
  readonly invalid: unknown[];
  readonly work: string[];
  readonly facts: Map<string, Fact[]>;
}

function mapSite(library: Library, site: SiteCohort, sink: Sink): void {
  const current = lastVersions(site, sink.invalid);
  const subjects = cohort.truth.filter((one) => one.plan.site === site.site).map((one) => one.plan.subject);
  const byPatient = new Map(site.patients.map((patient, i) => [`Patient/${patient.id}`, subjects[i] ?? '']));
  for (const [key, resource] of current) {
    const about = (resource.subject ?? resource.individual) as { reference?: string } | undefined;
    const subject = byPatient.get(about?.reference ?? key);
    if (subject === undefined) continue;
    const context = {
      subject,
      site: site.site,
      timeZone: site.timeZone,
      resolve: (r: string) => current.get(r),
    };
    const mapped = library.mapper.map(resource, context);
    sink.work.push(...mapped.work.map((need) => `${site.site} ${need.reason} ${need.group}`));
    sink.facts.set(subject, [...(sink.facts.get(subject) ?? []), ...mapped.facts]);
  }
}

function judgeAll(library: Library, facts: ReadonlyMap<string, readonly Fact[]>) {
  const protocol = library.protocols.get('msc-aa');
  if (!protocol) throw new Error('the study has no protocol');
  const judged = cohort.truth.map(({ plan }) => {
    const { subject: number, site, dayZero } = plan;
    const subject: Subject = {
      study: 'msc-aa',
      subject: number,
      site,
      enrolledOn: dayZero,
      consentedOn: dayZero,
      status: 'on-study',
    };
    const known = [...new Map((facts.get(number) ?? []).map((fact) => [fact.key, fact])).values()];
    const input = { subject, facts: known, protocol, criteria: library.criteria, today: TODAY };
    return { plan, subject, facts: known, judgement: judgeSubject(input) };
  });
  return { judged, report: studyReport({ protocol, subjects: judged, today: TODAY }) };
}

describe('the cohort through mapper and engine', () => {
  test('every resource is valid, and only the code that nobody mapped waits for a person', () => {
    expect(found.invalid).toEqual([]);
    const waiting = 'site-5 unmapped-code https://hospital-5.example/codes/laboratory|SHJC-41';
    expect([...new Set(found.work)]).toEqual([waiting]);
  });

  test('the report has the figures of the abstract', () => {
    for (const { name, abstract, found: figure } of figuresOf(found.judged.report as unknown as Summary)) {
      expect({ name, figure }).toEqual({ name, figure: abstract });
    }
  });

  test('the engine finds of every subject what the plan says', () => {
    for (const { plan, judgement } of found.judged.judged) {
      const best = judgement.assessments.find((a) => a.kind === 'best-response');
      const times = judgement.assessments.flatMap((a) =>
        a.value.kind === 'days' ? [[a.scope, a.value.days]] : [],
      );
      const { subject, onset } = plan;
      const planned = Object.entries(onset).filter(([, day]) => day !== null);
      expect({
        subject,
        severity: judgement.severity,
        best: best?.value,
        more: judgement.proposals.length > 0,
        times: Object.fromEntries(times),
      }).toEqual({
        subject,
        severity: plan.severity,
        best: { kind: 'class', class: plan.outcome },
        more: plan.secondCourse,
        times: Object.fromEntries(planned),
      });
    }
  });

  test('of the infusions, one is missing and one is too large', () => {
    const deviations = found.judged.judged.flatMap(({ judgement }) => judgement.deviations);
    const said = deviations.map(({ kind, infusion }) => `${kind} ${infusion}`);
    expect(said.sort()).toEqual(['dose-out-of-range 4', 'missed-infusion 3']);
  });
});
