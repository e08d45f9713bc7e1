import type { RandomSubject } from './random-facts.ts';

type Row = readonly unknown[];

const LISTS = ['counts', 'transfusions', 'drugs'] as const;
const OPTIONAL = [
  'transplant',
  'death',
  'infusions',
  'lineageSet',
  'set',
  'status',
  'diagnosed',
  'marrow',
] as const;

function omitField<T extends object>(subject: T, field: keyof T): T {
  const { [field]: _, ...rest } = subject;
  return rest as T;
}

/** The subject without one row. */
function listWithoutRow(subject: RandomSubject): readonly RandomSubject[] {
  return LISTS.flatMap((list) => {
    const rows: readonly Row[] = subject[list] ?? [];
    return rows.map((_, index) => ({ ...subject, [list]: rows.toSpliced(index, 1) }));
  });
}

/** The subject with one count, mark, time or number of units less. */
function listWithoutDetail(subject: RandomSubject): readonly RandomSubject[] {
  const counts = subject.counts ?? [];
  return counts.flatMap(([day, values, marks], index) => {
    const replaceRow = (row: (typeof counts)[number]) => ({ ...subject, counts: counts.with(index, row) });
    const fewer = Object.keys(values).map((name) => {
      const rest = omitField(values as Record<string, string>, name);
      return replaceRow(marks ? [day, rest, marks] : [day, rest]);
    });
    return marks ? [...fewer, replaceRow([day, values])] : fewer;
  });
}

function listWithoutField(subject: RandomSubject): readonly RandomSubject[] {
  const omitted = OPTIONAL.filter((field) => field in subject).map((field) => omitField(subject, field));
  const usual = { ...subject, sex: 'male', birth: '1980-05-05' } as const;
  return JSON.stringify(usual) === JSON.stringify(subject) ? omitted : [...omitted, usual];
}

/** Returns the smallest subject to be found that still differs, by leaving out one thing after another. */
export function trimSubject(
  subject: RandomSubject,
  isDifferent: (subject: RandomSubject) => boolean,
): RandomSubject {
  const smaller = [
    ...listWithoutRow(subject),
    ...listWithoutField(subject),
    ...listWithoutDetail(subject),
  ].find(isDifferent);
  return smaller === undefined ? subject : trimSubject(smaller, isDifferent);
}
