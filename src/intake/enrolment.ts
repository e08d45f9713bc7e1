import { BASE, subjectSystem } from '../fhir/canonical.ts';
import { isObject, type Resource } from '../fhir/resource.ts';
import { businessIdentifiers } from './identity.ts';

/** What a ResearchSubject says about an enrolment (contract, section 3). */
export type EnrolmentStatement =
  | {
      readonly kind: 'enrolment';
      readonly study: string;
      readonly subject: string;
      readonly status: 'on-study' | 'off-study' | 'withdrawn';
      /** Days as sent; null where `period` or `consent` does not say. */
      readonly startedOn: string | null;
    }
  | { readonly kind: 'unclear'; readonly element: string; readonly fix: string }
  | { readonly kind: 'not-ours'; readonly element: string };

/** R4 ResearchSubjectStatus: which of them mean that the subject takes part, took part, or wants no more of it. */
const STATUS: Record<string, 'on-study' | 'off-study' | 'withdrawn'> = {
  'on-study': 'on-study',
  'on-study-intervention': 'on-study',
  'on-study-observation': 'on-study',
  'follow-up': 'on-study',
  'off-study': 'off-study',
  withdrawn: 'withdrawn',
};

export function enrolmentOf(resource: Resource, studies: readonly string[]): EnrolmentStatement {
  const study = studyOf(resource, studies);
  if (study === null) return { kind: 'not-ours', element: 'ResearchSubject.study' };
  const status = STATUS[String(resource.status)];
  if (!status) return { kind: 'not-ours', element: 'ResearchSubject.status' };
  const subject = subjectNumber(resource, study);
  if (subject === null) {
    return {
      kind: 'unclear',
      element: 'ResearchSubject.identifier',
      fix: `Send the subject number as an identifier with system ${subjectSystem(study)}.`,
    };
  }
  return { kind: 'enrolment', study, subject, status, startedOn: startOf(resource) };
}

function subjectNumber(resource: Resource, study: string): string | null {
  const prefix = `${subjectSystem(study)}|`;
  const found = businessIdentifiers(resource).find((token) => token.startsWith(prefix));
  return found ? found.slice(prefix.length) : null;
}

/** `study` names it by reference or identifier; the subject number's system names it too. */
function studyOf(resource: Resource, studies: readonly string[]): string | null {
  const reference = isObject(resource.study) ? resource.study : {};
  const identifier = isObject(reference.identifier) ? reference.identifier.value : undefined;
  const named = typeof reference.reference === 'string' ? reference.reference.split('/').at(-1) : identifier;
  const systems = businessIdentifiers(resource).map((token) => token.slice(0, token.lastIndexOf('|')));
  return (
    studies.find((study) => study === named) ??
    studies.find((study) => systems.includes(`${BASE}/sid/subject/${study}`)) ??
    null
  );
}

function startOf(resource: Resource): string | null {
  const start = isObject(resource.period) ? resource.period.start : undefined;
  return typeof start === 'string' && start.length >= 10 ? start.slice(0, 10) : null;
}
