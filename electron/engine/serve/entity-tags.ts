/** Entity tags (RFC 9110 §8.8.3) and lists of them. */

const TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;
const MEMBER = /^[ \t]*((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")?[ \t]*(?:,|$)/;

/** The tags of an `If-Match` or `If-None-Match` field. What is no list of tags has none, so that it matches nothing. */
export function parseTags(field: string): '*' | readonly string[] {
  if (field.trim() === '*') return '*';
  const tags: string[] = [];
  // Empty members are legal (§5.6.1).
  for (let rest = field; rest !== '';) {
    const member = MEMBER.exec(rest);
    if (!member) return [];
    if (member[1] !== undefined) tags.push(member[1]);
    rest = rest.slice(member[0].length);
  }
  return tags;
}

export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** Equal, and both strong: the bytes are the same (§8.8.3.2). */
export function sameStrongly(a: string, b: string): boolean {
  return a === b && !a.startsWith('W/');
}

/** Equal but for their strength: as good as the same. */
export function sameWeakly(a: string, b: string): boolean {
  return a.replace(/^W\//, '') === b.replace(/^W\//, '');
}
