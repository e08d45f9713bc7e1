import { parseJson } from '../fhir/lossless-json.ts';
import type { Resource } from '../fhir/resource.ts';
import type { Inbox, ResourceKey, ResourceVersion } from '../store/inbox-store.ts';

/** The parsed contents of versions that a unit of work has read. Nobody changes them. */
const contents = new WeakMap<ResourceVersion, Resource>();

/** Returns the content of a version; undefined where none is stored. A version that is read again is not parsed again. */
export function parseContent(version: ResourceVersion): Resource | undefined {
  if (version.body === null) return undefined;
  const known = contents.get(version);
  if (known) return known;
  const content = parseJson(version.body) as Resource;
  contents.set(version, content);
  return content;
}

/** The most characters of content that one unit of work remembers. */
const MAX_CHARACTERS = 20_000_000;

const formatKey = ({ site, resourceType, id }: ResourceKey): string => `${site}\n${resourceType}\n${id}`;

/**
 * Wraps the inbox of one unit of work so that a current version is read and parsed once, however many resources it concerns: a
 * report that lists thousands is looked at for each of them. What the unit of work writes itself is noticed.
 */
export function rememberCurrentVersions(inbox: Inbox): Inbox {
  const current = new Map<string, ResourceVersion | undefined>();
  let characters = 0;

  function remember(key: string, version: ResourceVersion | undefined): void {
    characters += version?.body?.length ?? 0;
    if (characters > MAX_CHARACTERS) {
      current.clear();
      characters = version?.body?.length ?? 0;
    }
    current.set(key, version);
  }

  return {
    ...inbox,
    async getCurrent(key) {
      const name = formatKey(key);
      if (current.has(name)) return current.get(name);
      const version = await inbox.getCurrent(key);
      remember(name, version);
      return version;
    },
    async addVersion(row, index, isCurrent, owners) {
      if (isCurrent) current.delete(formatKey(row));
      return inbox.addVersion(row, index, isCurrent, owners);
    },
    async setDisposition(key, disposition) {
      const known = current.get(formatKey(key));
      if (known) {
        const changed = { ...known, disposition };
        const content = contents.get(known);
        if (content) contents.set(changed, content);
        current.set(formatKey(key), changed);
      }
      await inbox.setDisposition(key, disposition);
    },
  };
}
