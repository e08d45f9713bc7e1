import { join } from 'node:path';
import { z } from 'zod';
import { readSpecification, requiredCell } from './specification-file.ts';

const SPECIFICATIONS = join(import.meta.dirname, 'specifications');

const methodRow = z
  .strictObject({ Method: requiredCell, Description: requiredCell })
  .transform(({ Method, Description }) => [Method, Description] as const);

const commentRow = z
  .strictObject({ Comment: requiredCell, Description: requiredCell })
  .transform(({ Comment, Description }) => [Comment, Description] as const);

/** Derivation methods of variables, by their ids (specifications/methods.csv). */
export const DERIVATION_METHODS: ReadonlyMap<string, string> = new Map(
  readSpecification(join(SPECIFICATIONS, 'methods.csv'), methodRow).map(({ content }) => content),
);

/** Comments on variables and datasets for readers of define.xml, by their ids (specifications/comments.csv). */
export const DEFINE_COMMENTS: ReadonlyMap<string, string> = new Map(
  readSpecification(join(SPECIFICATIONS, 'comments.csv'), commentRow).map(({ content }) => content),
);
