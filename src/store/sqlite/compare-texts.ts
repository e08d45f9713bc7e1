/** Compares two texts by their characters, as SQLite does; ids and types have none outside ASCII. */
export const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
