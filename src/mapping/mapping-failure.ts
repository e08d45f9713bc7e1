import { Failure } from '../errors.ts';

/** A mapping file that cannot be used: which file, which place in it, and how to correct it. */
export class MappingFailure extends Failure {
  /** Path of the file, relative to the mappings folder. */
  readonly file: string;
  /** Place within the file, such as `code NEUT, product` or `meta.tag`. */
  readonly place: string;

  constructor(file: string, place: string, fix: string, cause?: unknown) {
    const options = cause === undefined ? {} : { cause };
    super('library/invalid', 'A mapping file is not valid', { at: `${file}: ${place}`, fix }, options);
    this.file = file;
    this.place = place;
  }
}
