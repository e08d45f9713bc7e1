import { Failure } from '../../errors.ts';
import {
  createFreeTextNames,
  type FreeText,
  type IsTextReleased,
  listFreeTexts,
  withholdFreeTexts,
} from '../../exports/free-text.ts';
import { isObject } from '../../fhir/resource.ts';
import type { Store } from '../../store/store.ts';
import type { Fact } from '../../trial/facts.ts';
import { loadReleasedTexts, recordWithheldTexts, type WithheldText } from './free-text-review.ts';

/** The free texts of one export: what may leave the house, and what was withheld. */
export interface TextGate {
  /** Replaces the texts of a subject that are not released. */
  withhold(subject: string, facts: readonly Fact[]): readonly Fact[];
  /** Lists what was withheld for review. */
  recordWithheld(): Promise<void>;
  /** Throws `exports/text-not-released` where a text of the study is not released; lists all such texts for review before. */
  requireReleased(): Promise<void>;
}

/** Lists the terms of adverse events that registry.json assigns to organ systems: its author has reviewed them. */
function listRegistryTerms(registry: unknown): readonly string[] {
  const results = isObject(registry) && isObject(registry.results) ? registry.results : {};
  const events = isObject(results.events) ? results.events : {};
  return isObject(events.organSystems) ? Object.keys(events.organSystems) : [];
}

/** Creates the gate for the free texts of a study: only what a person has released passes. */
export async function createTextGate(
  store: Store,
  { study, registry, key }: { readonly study: string; readonly registry: unknown; readonly key: Uint8Array },
): Promise<TextGate> {
  const nameText = createFreeTextNames(key);
  const released = await store.read(loadReleasedTexts);
  const terms = new Set(listRegistryTerms(registry));
  const isReleased: IsTextReleased = (kind, text) =>
    (kind === 'adverse-event-term' && terms.has(text)) || released.has(nameText(kind, text));
  const withheld = new Map<string, WithheldText>();
  const add = (subject: string, text: FreeText): void => {
    const id = nameText(text.kind, text.text);
    if (!withheld.has(id)) withheld.set(id, { ...text, id, study, subject });
  };
  const recordWithheld = () => recordWithheldTexts(store, [...withheld.values()], new Date().toISOString());
  return {
    withhold: (subject, facts) =>
      withholdFreeTexts(facts, { isReleased, nameText, onWithheld: (text) => add(subject, text) }),
    recordWithheld,
    async requireReleased() {
      for (const { subject } of await store.read((tx) => tx.subjects.list(study))) {
        const facts = await store.read((tx) => tx.facts.listForSubject(study, subject));
        for (const text of facts.flatMap(listFreeTexts))
          if (text.kind === 'adverse-event-term' && !isReleased(text.kind, text.text)) add(subject, text);
      }
      await recordWithheld();
      const [first] = withheld.values();
      if (first) throw createNotReleasedFailure(first, withheld.size);
    },
  };
}

function createNotReleasedFailure({ id, subject }: WithheldText, count: number): Failure {
  const more = count > 1 ? ` (and ${count - 1} more)` : '';
  return new Failure(
    'exports/text-not-released',
    `Nobody has released the term of an adverse event${more}.`,
    {
      at: `subject ${subject}`,
      fix: `Read "work list" and release the terms, the first with "work accept ${id}"; or name them in results.events.organSystems of registry.json; --draft writes markers instead.`,
    },
  );
}
