/** Rows 65-72: what goes wrong on this computer. The server is ordinary where it has no part in it. */
import { createHash } from 'node:crypto';
import { ordinary, withHeaders, type Exchange, type Fault } from './exchange.ts';

/** Names that a download must not be led astray by. */
export const hostileNames: Readonly<Record<string, string>> = {
  parent: '../../../../tmp/escaped.bin',
  absolute: '/etc/cron.d/escaped',
  backslash: '..\\..\\escaped.bin',
  drive: 'C:\\Windows\\System32\\escaped.dll',
  reserved: 'CON.txt',
  stream: 'file.bin:hidden',
  bidi: 'invoice\u202Efdp.exe',
  control: 'new\u0001line\u007F.bin',
  dots: '...',
  trailing: 'name. . ',
  hidden: '.bashrc',
  long: `${'long'.repeat(100)}.bin`,
  emoji: `${'\u{1F4BE}'.repeat(80)}.bin`,
};

async function nameless(x: Exchange): Promise<void> {
  const name = hostileNames[x.run.variant] ?? '';
  const disposition = `attachment; filename*=UTF-8''${encodeURIComponent(name)}`;
  return x.reply(withHeaders(x.plan(), { 'content-disposition': disposition }));
}

/** One byte in the middle is wrong, though the server tells the right digest (RFC 9530). */
async function corrupt(x: Exchange): Promise<void> {
  const { size } = x.run.file;
  const whole = createHash('sha256').update(x.run.content.read(0, size)).digest('base64');
  const plan = withHeaders(x.plan(), { 'repr-digest': `sha-256=:${whole}:` });
  await x.head(plan.status, plan.headers);
  const bytes = x.run.content.read(plan.start, plan.end);
  const middle = size / 2 - plan.start;
  const isWrong = x.run.variant === 'always' || x.turn === 1;
  if (isWrong && middle >= 0 && middle < bytes.length) bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  return x.body(bytes);
}

const onThisComputer = (number: number, title: string, outcome: string): Fault => ({
  number,
  title: `${title} (the server is ordinary)`,
  outcome,
  play: ordinary,
});

export const localFaults: readonly Fault[] = [
  onThisComputer(65, 'The disk is full', 'Attention; resumable, nothing lost'),
  onThisComputer(66, 'The volume is unmounted', 'Attention; progress is not reset'),
  onThisComputer(67, 'The part file is missing, or of another size', 'Only what was lost is fetched again'),
  onThisComputer(68, 'The journal is torn by a crash', 'The last good state is used'),
  onThisComputer(69, 'A file system without sparse files', 'No zero fill of the whole file up front'),
  onThisComputer(70, 'The final rename is refused for a moment', 'Backed off, up to 60 s'),
  {
    number: 71,
    title: 'Content-Disposition with a hostile name',
    outcome: 'Sanitised; an existing file is never overwritten unasked',
    variants: Object.keys(hostileNames),
    size: 60_000,
    play: nameless,
  },
  {
    number: 72,
    title: 'A byte is wrong, so the checksum does not match',
    outcome: 'Kept and flagged, never renamed as good',
    variants: ['always', 'once'],
    play: corrupt,
  },
];
