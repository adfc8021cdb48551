/** A name as SQL takes it: bare where that is safe, else in double quotes (PostgreSQL manual, 4.1.1). */
export function quoteName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
