/** Returns the database of a URL as it may be printed: without user and password. */
export function formatDatabaseUrl(url: string): string {
  const { protocol, host, pathname, searchParams } = new URL(url);
  return `${protocol}//${searchParams.get('host') ?? host}${pathname}`;
}
