/** What the serve bench says: tables, and the targets of shared/serving.md. */

interface Named {
  readonly name: string;
}

/** Reading one thing to its end. */
interface Drained extends Named {
  readonly mbps: number;
  readonly cpuPerGb: number;
  /** Ms until the first byte. */
  readonly first: number;
  readonly peakRss: number;
}

export interface ServeFigures {
  whole?: undefined | Drained[];
  /** Ms: median of the rounds' worst delays of the loop, and the most of one that was its own work. */
  delay?: undefined | (Named & { readonly worst: number; readonly own: number })[];
  ranges?: undefined | (Named & { readonly perSecond: number; readonly p99: number })[];
  stalled?: undefined | (Named & { readonly perReader: number; readonly slowdown: number })[];
  zip?: undefined | Drained[];
  /** Of a proxy of ours: bytes that it grew by, held for a reader that stopped, and read while that stood still. */
  proxy?: undefined | (Drained & { readonly grown?: number; readonly held?: number; readonly drift?: number })[];
  /** Ms until the first byte, at first and later; bytes that the server grew by. */
  listing?:
    | undefined
    | (Named & { readonly cold: number; readonly first: number; readonly worst: number; readonly grown: number })[];
}

export interface ServeTarget {
  readonly what: string;
  readonly value: number | null;
  readonly wanted: string;
  /** Null where it was not measured. */
  readonly met: boolean | null;
}

const MIB = 2 ** 20;

function of<T extends Named>(all: readonly T[] | undefined, name: string): T | undefined {
  return all?.find((one) => one.name === name);
}

/** nginx with the setting that serves it best here. */
function bestNginx<T extends Named>(all: readonly T[] | undefined, figure: (one: T) => number): T | undefined {
  return all?.filter(({ name }) => name.startsWith('nginx')).toSorted((a, b) => figure(b) - figure(a))[0];
}

export function serveTargets({ whole, delay, ranges, stalled, zip, proxy, listing }: ServeFigures): ServeTarget[] {
  const compare =
    (wanted: string, isMet: (value: number) => boolean) => (what: string, value: number | null | undefined) => ({
      what,
      value: value ?? null,
      wanted,
      met: value === null || value === undefined ? null : isMet(value),
    });
  const atLeast = (what: string, value: number | null | undefined, bound: number): ServeTarget =>
    compare(`≥ ${bound}`, (found) => found >= bound)(what, value);
  const atMost = (what: string, value: number | null | undefined, bound: number): ServeTarget =>
    compare(`≤ ${bound}`, (found) => found <= bound)(what, value);
  const ratio = (a: number | undefined, b: number | undefined) => (a === undefined || b === undefined ? null : a / b);
  const mib = (bytes: number | undefined) => (bytes === undefined ? null : bytes / MIB);
  const [mine, sirv, send] = ['Sluice', 'sirv', 'send'].map((name) => of(whole, name));
  const myDelay = of(delay, 'Sluice');
  const nginx = bestNginx(whole, ({ mbps }) => mbps);
  const [myRanges, sirvRanges] = ['Sluice', 'sirv'].map((name) => of(ranges, name));
  const nginxRanges = bestNginx(ranges, ({ perSecond }) => perSecond);
  const held = of(stalled, 'Sluice');
  const plain = of(zip, 'Sluice: one file');
  const proxied = of(proxy, 'Sluice');
  const [byName, bySize] = ['Sluice: by name', 'Sluice: by size, page 100'].map((name) => of(listing, name));
  return [
    atLeast('2 GiB: MB/s ÷ nginx', ratio(mine?.mbps, nginx?.mbps), 0.7),
    atLeast('2 GiB: MB/s ÷ sirv', ratio(mine?.mbps, sirv?.mbps), 3),
    atLeast('2 GiB: MB/s ÷ send', ratio(mine?.mbps, send?.mbps), 3),
    atMost('2 GiB: CPU per GB ÷ nginx', ratio(mine?.cpuPerGb, nginx?.cpuPerGb), 2),
    atMost('2 GiB: CPU per GB ÷ sirv', ratio(mine?.cpuPerGb, sirv?.cpuPerGb), 0.45),
    atMost('4 readers: worst loop delay, ms', myDelay?.worst, 15),
    atMost('4 readers: most of it own work, ms', myDelay?.own, 15),
    atLeast('64 KiB ranges: requests/s ÷ nginx', ratio(myRanges?.perSecond, nginxRanges?.perSecond), 0.4),
    atLeast('64 KiB ranges: requests/s ÷ sirv', ratio(myRanges?.perSecond, sirvRanges?.perSecond), 1.5),
    atMost('64 KiB ranges: p99 ÷ sirv', ratio(myRanges?.p99, sirvRanges?.p99), 1),
    atMost('200 stalled readers: MiB of RSS each', mib(held?.perReader), 0.5),
    atMost('200 stalled readers: another reader’s time ÷ alone', held?.slowdown, 1.25),
    atLeast('ZIP of 10,000 files: MB/s ÷ plain', ratio(of(zip, 'Sluice: ZIP')?.mbps, plain?.mbps), 0.5),
    atLeast('range proxy: MB/s ÷ direct', ratio(proxied?.mbps, of(proxy, 'direct')?.mbps), 0.6),
    atMost('range proxy: MiB that it grew by', mib(proxied?.grown), 32),
    atMost('range proxy, a reader that stopped: MiB held', mib(proxied?.held), 1.01),
    atMost('range proxy, a reader that stopped: MiB read later', mib(proxied?.drift), 0),
    atMost('100,000 entries: first byte by name, ms', byName?.first, 300),
    atMost('100,000 entries: first byte by size, ms', bySize?.first, 300),
    atMost('100,000 entries: MiB that it grew by', mib(byName?.grown), 64),
  ];
}

/** A title, and rows of cells under a head. */
function table(title: string, head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  return ['', `## ${title}`, '', line(head), line(head.map(() => '---')), ...rows.map(line)];
}

const number = (value: number | null | undefined, digits: number) =>
  value === null || value === undefined ? '–' : value.toFixed(digits);
const mib = (bytes: number | undefined) => number(bytes === undefined ? undefined : bytes / MIB, 1);

export function serveMarkdown(report: {
  readonly date: string;
  readonly machine: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly figures: ServeFigures;
}): string {
  const { whole = [], delay = [], ranges = [], stalled = [], zip = [], proxy = [], listing = [] } = report.figures;
  const facts = [...Object.entries(report.machine), ...Object.entries(report.versions)];
  const drained = ({ name, mbps, cpuPerGb, first }: Drained) => [
    name,
    number(mbps, 0),
    number(cpuPerGb, 2),
    number(first, 1),
  ];
  const drainHead = ['server', 'MB/s', 'CPU s per GB', 'first byte, ms'];
  const lines = [
    '# Serving',
    '',
    report.date,
    '',
    ...facts.map(([what, value]) => `- ${what}: ${value}`),
    ...table(
      '2 GiB to a sink',
      [...drainHead, 'peak RSS MiB'],
      whole.map((one) => [...drained(one), number(one.peakRss / MIB, 0)]),
    ),
    ...table(
      '4 readers at once',
      ['server', 'worst delay of the loop, ms', 'most of it own work, ms'],
      delay.map(({ name, worst, own }) => [name, number(worst, 1), number(own, 1)]),
    ),
    ...table(
      '64 KiB ranges, 50 connections',
      ['server', 'requests/s', 'p99 ms'],
      ranges.map(({ name, perSecond, p99 }) => [name, number(perSecond, 0), number(p99, 1)]),
    ),
    ...table(
      '200 readers that stop',
      ['server', 'RSS KiB each', 'another reader’s time ÷ alone'],
      stalled.map(({ name, perReader, slowdown }) => [name, number(perReader / 1024, 0), number(slowdown, 2)]),
    ),
    ...table('2 GiB in 10,000 files, as one ZIP', drainHead, zip.map(drained)),
    ...table(
      '2 GiB through a proxy',
      [...drainHead, 'grew by MiB', 'a reader that stopped: MiB held', 'MiB read later'],
      proxy.map((one) => [...drained(one), mib(one.grown), mib(one.held), mib(one.drift)]),
    ),
    ...table(
      'A folder of 100,000 files',
      ['page', 'first byte at first, ms', 'later', 'worst', 'grew by MiB'],
      listing.map(({ name, cold, first, worst, grown }) => [
        name,
        number(cold, 0),
        number(first, 1),
        number(worst, 1),
        mib(grown),
      ]),
    ),
    ...table(
      'Targets',
      ['figure', 'measured', 'wanted', ''],
      serveTargets(report.figures).map(({ what, value, wanted, met }) => [
        what,
        number(value, 2),
        wanted,
        met === null ? 'not measured' : met ? 'met' : 'MISSED',
      ]),
    ),
  ];
  return `${lines.join('\n')}\n`;
}
