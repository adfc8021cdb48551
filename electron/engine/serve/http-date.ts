/** HTTP dates (RFC 9110 §5.6.7): one form is written, three are read. */

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const month = MONTHS.join('|');
const day = 'Mon|Tue|Wed|Thu|Fri|Sat|Sun';
const longDay = 'Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday';
const time = '(\\d\\d):(\\d\\d):(\\d\\d)';

const IMF_FIXDATE = new RegExp(`^(?:${day}), (\\d\\d) (${month}) (\\d{4}) ${time} GMT$`);
const RFC_850 = new RegExp(`^(?:${longDay}), (\\d\\d)-(${month})-(\\d\\d) ${time} GMT$`);
const ASCTIME = new RegExp(`^(?:${day}) (${month}) ([ \\d]\\d) ${time} (\\d{4})$`);

/** Seconds since the epoch as an IMF-fixdate. */
export function formatHttpDate(seconds: number): string {
  return new Date(seconds * 1000).toUTCString();
}

/**
 * Seconds since the epoch; null for what is no HTTP date in any of the three forms, which a recipient then ignores.
 * @param now seconds since the epoch: a two-digit year more than 50 years ahead of it is of the century before
 */
export function parseHttpDate(text: string, now: number): number | null {
  const value = text.trim();
  let match = IMF_FIXDATE.exec(value);
  if (match) return seconds(Number(match[3]), match[2]!, match[1]!, match[4]!, match[5]!, match[6]!);
  match = ASCTIME.exec(value);
  if (match) return seconds(Number(match[6]), match[1]!, match[2]!, match[3]!, match[4]!, match[5]!);
  match = RFC_850.exec(value);
  if (!match) return null;
  const thisYear = new Date(now * 1000).getUTCFullYear();
  const century = thisYear - (thisYear % 100);
  let year = century + Number(match[3]);
  if (year > thisYear + 50) year -= 100;
  else if (year <= thisYear - 50) year += 100;
  return seconds(year, match[2]!, match[1]!, match[4]!, match[5]!, match[6]!);
}

function seconds(year: number, name: string, date: string, h: string, m: string, s: string): number | null {
  const fields = [year, MONTHS.indexOf(name), Number(date), Number(h), Number(m), Number(s)] as const;
  // A leap second is written as 60.
  if (fields[3] > 23 || fields[4] > 59 || fields[5] > 60) return null;
  const at = new Date(Date.UTC(...fields));
  return at.getUTCDate() === fields[2] || fields[5] === 60 ? at.getTime() / 1000 : null;
}
