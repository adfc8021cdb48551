/**
 * What a `$5` may hide in, and then is none (PostgreSQL manual, 4.1): texts, quoted names, comments, dollar quotes, and
 * names, which may hold a dollar sign.
 */
const notCode =
  /--[^\n]*|\/\*[\s\S]*?\*\/|[eE]'(?:[^'\\]|\\[\s\S]|'')*'|'[^']*'|"[^"]*"|[A-Za-z_\u{80}-\u{10ffff}][\w$\u{80}-\u{10ffff}]*|\$([A-Za-z_]\w*)?\$[\s\S]*?\$\1\$/gu;

/** How many parameters a query has: the highest of $1, $2 … in it. */
export function parameterCount(sql: string): number {
  const numbers = sql.replaceAll(notCode, ' ').matchAll(/\$(\d{1,5})/g);
  return Math.max(0, ...Array.from(numbers, ([, n]) => Number(n)));
}

/** Whether an empty text is a value of a type, and not nothing. */
export const isText = (type: string): boolean => /^(text|character|citext|bpchar|name)\b(?!.*\[\])/.test(type);
