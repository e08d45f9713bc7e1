import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { compareVersions, type VersionFacts } from '../../src/intake/version.ts';

interface Given {
  v?: string;
  at?: string;
  content: string;
  deleted?: boolean;
}

const cases = JSON.parse(readFileSync(new URL('../cases/intake/versions.json', import.meta.url), 'utf8')) as {
  says: string;
  inForce: Given;
  arriving: Given;
  is: string;
}[];

const facts = ({ v, at, content, deleted }: Given): VersionFacts => ({
  senderVersion: v ?? null,
  senderUpdated: at ?? null,
  digest: content,
  deleted: deleted ?? false,
});

test.each(cases)('$says: $is', ({ inForce, arriving, is }) => {
  expect(compareVersions(facts(inForce), facts(arriving))).toBe(is);
});
