/** Runs cases against a server under test. */
import type { Case, FileName } from './case.ts';
import { MODIFIED } from './content.ts';
import { converse, type Conversation } from './exchange.ts';
import { judge } from './judge.ts';

/** A server that serves the files. */
export interface Subject extends AsyncDisposable {
  readonly name: string;
  readonly port: number;
  /** Path of a file in a link. */
  path(file: FileName): string;
}

export interface Outcome {
  readonly case: Case;
  readonly conversation: Conversation;
  /** Null where it is right. */
  readonly fault: string | null;
}

export async function runCases(subject: Subject, cases: readonly Case[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const etags = new Map<FileName, string>();
  for (const test of cases) {
    let etag = etags.get(test.file);
    if (etag === undefined) {
      etag = await etagOf(subject, test.file);
      etags.set(test.file, etag);
    }
    const send = fill(test.send, subject, test.file, etag);
    const conversation = await converse(subject.port, send);
    outcomes.push({ case: test, conversation, fault: judge(test, conversation) });
  }
  return outcomes;
}

async function etagOf(subject: Subject, file: FileName): Promise<string> {
  const text = `HEAD ${subject.path(file)} HTTP/1.1\r\nHost: 127.0.0.1:${subject.port}\r\nConnection: close\r\n\r\n`;
  const { answers } = await converse(subject.port, text);
  return answers[0]?.fields['etag'] ?? '"none"';
}

const HOUR = 3_600_000;

function fill(text: string, subject: Subject, file: FileName, etag: string): string {
  const at = (ms: number) => new Date(MODIFIED.getTime() + ms).toUTCString();
  const utc = MODIFIED.toUTCString();
  const [, day = '', date = '', month = '', year = '', time = ''] =
    /^(\w+), (\d+) (\w+) (\d+) ([\d:]+) GMT$/.exec(utc) ?? [];
  const long = MODIFIED.toLocaleDateString('en-US', { weekday: 'long', timeZone: 'UTC' });
  const values: Readonly<Record<string, string>> = {
    path: subject.path(file),
    host: `127.0.0.1:${subject.port}`,
    port: String(subject.port),
    etag,
    weak: `W/${etag.replace(/^W\//, '')}`,
    date: utc,
    before: at(-HOUR),
    after: at(HOUR),
    soon: String((new Date().getUTCFullYear() + 51) % 100).padStart(2, '0'),
    rfc850: `${long}, ${date}-${month}-${year.slice(2)} ${time} GMT`,
    asctime: `${day} ${month} ${date.replace(/^0/, ' ')} ${time} ${year}`,
  };
  return text.replace(/\{(\w+)\}/g, (all, name: string) => values[name] ?? all);
}
