/** What a person typed, looked at as text. Pure. */

/** True of statements that have a plan and can stand in parentheses; SHOW, EXPLAIN and their like cannot. */
export function isSelect(sql: string): boolean {
  let at = 0;
  while (/^(?:\s|\(|--|\/\*)/.test(sql.slice(at, at + 2))) at = skip(sql, at);
  return /^(?:select|with|values|table)\b/i.test(sql.slice(at, at + 7));
}

/** A statement without the semicolons, comments and spaces at its end, so that it can stand in parentheses. */
export function trimStatement(sql: string): string {
  let end = 0;
  for (let at = 0; at < sql.length;) {
    const next = skip(sql, at);
    const isEmpty = /^(?:\s|;$|--|\/\*)/.test(sql.slice(at, Math.min(next, at + 2)));
    if (!isEmpty) end = next;
    at = next;
  }
  return sql.slice(0, end);
}

/** Where the comment, string, quoted name or single character that begins at `at` ends (manual, 4.1). */
function skip(sql: string, at: number): number {
  const rest = (pattern: RegExp): number | null => {
    pattern.lastIndex = at;
    return pattern.exec(sql) ? pattern.lastIndex : null;
  };
  switch (sql[at]) {
    case '-':
      return rest(/--[^\n]*/y) ?? at + 1;
    case '/':
      return sql[at + 1] === '*' ? endOfComment(sql, at) : at + 1;
    case '"':
      return rest(/"(?:[^"]|"")*"/y) ?? sql.length;
    case "'": {
      const isEscape = /(?:^|[^\w$\u0080-\uffff])e$/i.test(sql.slice(Math.max(0, at - 2), at));
      return rest(isEscape ? /'(?:[^'\\]|''|\\[^])*'/y : /'(?:[^']|'')*'/y) ?? sql.length;
    }
    case '$': {
      // After a letter or a digit it is a part of a name.
      if (at > 0 && /[\w$\u0080-\uffff]/.test(sql[at - 1] ?? '')) return at + 1;
      const tag = /\$(?:[a-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/iy;
      const end = ((tag.lastIndex = at), tag.exec(sql)?.[0]);
      if (end === undefined) return at + 1;
      const closes = sql.indexOf(end, at + end.length);
      return closes === -1 ? sql.length : closes + end.length;
    }
    default:
      return at + 1;
  }
}

/** Comments nest. */
function endOfComment(sql: string, at: number): number {
  let depth = 0;
  const marks = /\/\*|\*\//g;
  marks.lastIndex = at;
  for (let mark = marks.exec(sql); mark; mark = marks.exec(sql)) {
    depth += mark[0] === '/*' ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  return sql.length;
}
