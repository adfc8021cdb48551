/** A time as `<input type="datetime-local">` has it: “2026-05-12T14:32”, in this computer's time zone. */
export function localTime(at: number): string {
  const offset = new Date(at).getTimezoneOffset() * 60_000;
  return new Date(at - offset).toISOString().slice(0, 16);
}

/** The time that such a text means, in ms since the epoch; null where it is none. */
export function parseLocalTime(text: string): number | null {
  const at = Date.parse(text);
  return text === '' || Number.isNaN(at) ? null : at;
}
