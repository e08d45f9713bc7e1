import type { Config } from '../config.ts';
import { Failure } from '../errors.ts';
import { buildUnknownStudyFailure } from '../library/unknown-study.ts';
import { readLibrary } from '../library.ts';
import type { MappingFile } from '../mapping/codes/concept-map.ts';
import { type SqlView, translateView } from '../mapping/view-to-sql/translate-view.ts';
import { listDeclaredSites } from './known-names.ts';

export type { SqlView };

/** A view of the library, translated to SQL; where that cannot be done with the same result, the reason. */
export interface TranslatedView {
  readonly name: string;
  readonly file: string;
  readonly translated: SqlView | Failure;
}

/** Which views: those of a study (default: the only one) and of a site replace general ones of the same name. */
export interface SqlViewScope {
  readonly study: string | undefined;
  readonly site: string | undefined;
}

/** The views of the library as SQL. */
export interface SqlViews {
  readonly sites: readonly string[];
  /** Translates all views. Throws `study/unknown`. A site that does not exist has no views of its own. */
  translate(scope: SqlViewScope): readonly TranslatedView[];
  /** Translates a view that is not of the library. */
  translateFile(view: MappingFile): TranslatedView;
}

/** Translates one view. A view without a name is known by its file. */
function translateViewFile({ file, json }: MappingFile): TranslatedView {
  try {
    const translated = translateView(json);
    return { name: translated.name, file, translated };
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    const name =
      typeof json === 'object' && json !== null && 'name' in json && typeof json.name === 'string'
        ? json.name
        : file;
    return { name, file, translated: cause };
  }
}

/** Reads the library, and translates the views of a study and site when asked. */
export function readSqlViews(config: Config): SqlViews {
  const library = readLibrary(config);
  const { views, study: studies = [], site: sites } = library.mappingFiles;
  return {
    sites: listDeclaredSites(config, library),
    translateFile: translateViewFile,
    translate({ study, site }) {
      const ids = studies.map((layer) => layer.study);
      if (study !== undefined && !ids.includes(study)) throw buildUnknownStudyFailure(study, ids);
      const [only] = ids;
      const used = study ?? (ids.length === 1 ? only : undefined);
      const layers = [
        ...studies.filter((layer) => layer.study === used),
        ...sites.filter((layer) => layer.site === site),
      ];
      const files = [...views, ...layers.flatMap((layer) => layer.views ?? [])];
      return [...new Map(files.map(translateViewFile).map((view) => [view.name, view])).values()];
    },
  };
}
