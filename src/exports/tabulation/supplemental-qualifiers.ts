import { join } from 'node:path';
import { z } from 'zod';
import { ordinalCell, readSpecification, requiredCell } from './specification-file.ts';

/** A supplemental qualifier: a value of a record for which its domain has no variable. */
export interface SupplementalQualifier {
  /** The dataset that contains it, such as `SUPPLB`. */
  readonly dataset: string;
  /** Value of QNAM. */
  readonly name: string;
  /** Value of QLABEL. */
  readonly label: string;
  /** `Derived`: follows from an assessment; `Collected`: was sent. */
  readonly origin: 'Collected' | 'Derived';
}

const qualifierRow = z
  .strictObject({
    Dataset: requiredCell,
    Order: ordinalCell,
    Qualifier: requiredCell.max(8, 'has more than 8 characters'),
    Label: requiredCell.max(40, 'has more than 40 characters'),
    Origin: z.enum(['Collected', 'Derived']),
  })
  .transform(
    ({ Dataset, Qualifier, Label, Origin }): SupplementalQualifier => ({
      dataset: Dataset,
      name: Qualifier,
      label: Label,
      origin: Origin,
    }),
  );

/** Every supplemental qualifier of the tabulation, dataset by dataset (specifications/supplemental-qualifiers.csv). */
export const SUPPLEMENTAL_QUALIFIERS: readonly SupplementalQualifier[] = readSpecification(
  join(import.meta.dirname, 'specifications', 'supplemental-qualifiers.csv'),
  qualifierRow,
).map(({ content }) => content);
