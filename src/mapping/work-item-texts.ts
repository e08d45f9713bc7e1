import type { MappingQuestion, WorkNeed } from './mapping-result.ts';
import type { SentConcept } from './sent-values.ts';

/** Texts go into work items; longer ones are no labels and may hold what a person typed about a patient. */
const MAX_LABEL_LENGTH = 60;

const truncateLabel = (text: string): string => text.trim().slice(0, MAX_LABEL_LENGTH);

function formatCodeGroup(concept: SentConcept): string {
  const [coding] = concept.codings;
  if (coding) return `${coding.system}|${coding.code}`;
  return concept.text === null ? '(no code)' : `text:${truncateLabel(concept.text).toLowerCase()}`;
}

/** What a decision about the concept's codes would be about; nothing where there is no code to map. */
function buildCodeQuestion(
  concept: SentConcept,
  vocabularies: readonly string[],
): { about?: MappingQuestion } {
  const codings = concept.codings.map(({ system, code }) => ({ system, code, display: null }));
  if (codings.length === 0 || vocabularies.length === 0) return {};
  const text = concept.text === null ? null : truncateLabel(concept.text);
  return { about: { kind: 'code', vocabularies, codings, text } };
}

/** A code that no map knows; `files` are the maps in which it belongs, `vocabularies` what they give. */
export function createUnmappedCodeNeed(
  concept: SentConcept,
  files: readonly string[],
  vocabularies: readonly string[] = [],
): WorkNeed {
  const group = formatCodeGroup(concept);
  const coded = concept.codings.length > 0;
  return {
    reason: 'unmapped-code',
    element: concept.element,
    group,
    detail: coded ? `No map knows the code ${group}.` : `There is no coding with system and code (${group}).`,
    fix: coded
      ? `Add the code to ${files.join(' or ')} or to the site's own map; equivalence unmatched where the trial has no use for it.`
      : 'Send a coding with system and code, or add one at the site before sending.',
    waitsFor: null,
    ...buildCodeQuestion(concept, vocabularies),
  };
}

/** Codes of one concept that the maps give different words for. */
export function createAmbiguousCodeNeed(
  concept: SentConcept,
  files: readonly string[],
  vocabularies: readonly string[] = [],
): WorkNeed {
  const group = concept.codings.map((c) => `${c.system}|${c.code}`).join(' + ');
  return {
    reason: 'unmapped-code',
    element: concept.element,
    group,
    detail: `The codes ${group} have different meanings in the maps.`,
    fix: `Send one of them, or say in ${files.join(' or ')} or the site's own map which holds.`,
    waitsFor: null,
    ...buildCodeQuestion(concept, vocabularies),
  };
}

/** A reference whose resource has not arrived; `waitsFor` is null where it cannot be found by type and id. */
export function createUnresolvedReferenceNeed(
  element: string,
  waitsFor: string | null,
  what: string,
): WorkNeed {
  return {
    reason: 'unmapped-code',
    element,
    group: waitsFor ?? `reference:${element}`,
    detail: `The ${what} that is referred to is not at hand.`,
    fix: waitsFor === null ? `Contain the ${what}, or refer to it by type and id.` : `Send ${waitsFor}.`,
    waitsFor,
  };
}

/** Something that cannot be read as data. */
export function createUnparseableNeed(element: string, group: string, detail: string, fix: string): WorkNeed {
  return { reason: 'unparseable-value', element, group, detail, fix, waitsFor: null };
}

/**
 * A unit's spelling as a work item may show it. A unit is a free text: what is too long for one, or has a number in it
 * that might be somebody's, is not shown.
 */
function formatUnitLabel(unit: string): string {
  return unit.trim().length > 24 || /\d{4}/.test(unit)
    ? '(a text that looks like no unit)'
    : truncateLabel(unit);
}

/** A unit that no table knows, or none at all (`unit` null). */
export function createUnmappedUnitNeed(
  kind: string,
  unit: string | null,
  element: string,
  canonical: string,
): WorkNeed {
  const spelt = unit === null ? '(no unit)' : formatUnitLabel(unit);
  return {
    reason: 'unmapped-unit',
    element,
    group: `${kind}:${spelt}`,
    detail:
      unit === null ? `The ${kind} value has no unit.` : `No table knows the unit ${spelt} for ${kind}.`,
    fix:
      unit === null
        ? `Send the unit as UCUM code (system, code), such as ${canonical}.`
        : `Add the spelling to the unit map of ${kind} (or the site's own), or send UCUM, such as ${canonical}.`,
    waitsFor: null,
    ...(unit !== null && formatUnitLabel(unit) === unit.trim()
      ? { about: { kind: 'unit', quantity: kind, spelling: unit.trim() } }
      : {}),
  };
}

/** The need for a time: what has none cannot be placed in the trial. */
export function createMissingTimeNeed(element: string, sent: boolean): WorkNeed {
  const detail = sent ? 'The date or period cannot be read.' : 'There is no date or time.';
  const fix = 'Send a date, or a date and time with its zone, such as 2026-03-02T08:15:00+08:00.';
  return createUnparseableNeed(element, `time:${element}`, detail, fix);
}
