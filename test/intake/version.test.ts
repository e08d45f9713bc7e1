import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { compareVersions, type VersionStamp } from '../../src/intake/compare-versions.ts';

interface VersionCase {
  v?: string;
  at?: string;
  content: string;
  deleted?: boolean;
}

const cases = JSON.parse(readFileSync(new URL('../cases/intake/versions.json', import.meta.url), 'utf8')) as {
  says: string;
  inForce: VersionCase;
  arriving: VersionCase;
  is: string;
}[];

const toVersionStamp = ({ v, at, content, deleted }: VersionCase): VersionStamp => ({
  senderVersion: v ?? null,
  senderUpdated: at ?? null,
  digest: content,
  isDeletion: deleted ?? false,
});

test.each(cases)('$says: $is', ({ inForce, arriving, is }) => {
  expect(compareVersions(toVersionStamp(inForce), toVersionStamp(arriving))).toBe(is);
});
