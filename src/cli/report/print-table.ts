import { formatTable, type Io } from '../terminal.ts';

/** Prints a table under its title, with its method or population below. */
export function printTitledTable(
  io: Io,
  {
    title,
    method,
    headings,
  }: { readonly title: string; readonly method?: string; readonly headings: readonly string[] },
  rows: readonly (readonly unknown[])[],
): void {
  io.out(`\n${title}\n${formatTable(headings, rows)}`);
  if (method) io.out(`${method}\n`);
}
