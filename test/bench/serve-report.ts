/** What the serve bench says: tables, and the targets of shared/serving.md. */

interface Named {
  readonly name: string;
}

export interface ServeFigures {
  whole?:
    | undefined
    | (Named & {
        readonly mbps: number;
        readonly cpuPerGb: number;
        readonly peakRss: number;
        readonly loopDelay: number | null;
      })[];
  ranges?: undefined | (Named & { readonly perSecond: number; readonly p99: number })[];
  stalled?: undefined | (Named & { readonly perReader: number; readonly slowdown: number })[];
}

export interface ServeTarget {
  readonly what: string;
  readonly value: number | null;
  readonly wanted: string;
  /** Null where it was not measured. */
  readonly met: boolean | null;
}

function of<T extends Named>(all: readonly T[] | undefined, name: string): T | undefined {
  return all?.find((one) => one.name === name);
}

export function serveTargets({ whole, ranges, stalled }: ServeFigures): ServeTarget[] {
  const atLeast = (what: string, value: number | null, bound: number): ServeTarget => ({
    what,
    value,
    wanted: `≥ ${bound}`,
    met: value === null ? null : value >= bound,
  });
  const atMost = (what: string, value: number | null, bound: number): ServeTarget => ({
    what,
    value,
    wanted: `≤ ${bound}`,
    met: value === null ? null : value <= bound,
  });
  const ratio = (a: number | undefined, b: number | undefined) => (a === undefined || b === undefined ? null : a / b);
  const [mine, nginx, sirv, send] = ['Sluice', 'nginx', 'sirv', 'send'].map((name) => of(whole, name));
  const [myRanges, theirRanges, sirvRanges] = ['Sluice', 'nginx', 'sirv'].map((name) => of(ranges, name));
  const held = of(stalled, 'Sluice');
  return [
    atLeast('2 GiB: MB/s ÷ nginx', ratio(mine?.mbps, nginx?.mbps), 0.7),
    atLeast('2 GiB: MB/s ÷ sirv', ratio(mine?.mbps, sirv?.mbps), 3),
    atLeast('2 GiB: MB/s ÷ send', ratio(mine?.mbps, send?.mbps), 3),
    atMost('2 GiB: CPU per GB ÷ nginx', ratio(mine?.cpuPerGb, nginx?.cpuPerGb), 2),
    atMost('2 GiB: CPU per GB ÷ sirv', ratio(mine?.cpuPerGb, sirv?.cpuPerGb), 0.45),
    atMost('4 readers: worst loop delay, ms', mine?.loopDelay ?? null, 15),
    atLeast('64 KiB ranges: requests/s ÷ nginx', ratio(myRanges?.perSecond, theirRanges?.perSecond), 0.4),
    atLeast('64 KiB ranges: requests/s ÷ sirv', ratio(myRanges?.perSecond, sirvRanges?.perSecond), 1.5),
    atMost('64 KiB ranges: p99 ÷ sirv', ratio(myRanges?.p99, sirvRanges?.p99), 1),
    atMost('200 stalled readers: MiB of RSS each', held ? held.perReader / 2 ** 20 : null, 0.5),
    atMost('200 stalled readers: another reader’s time ÷ alone', held?.slowdown ?? null, 1.25),
  ];
}

export function serveMarkdown(report: {
  readonly date: string;
  readonly machine: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly figures: ServeFigures;
}): string {
  const { figures } = report;
  const lines = ['# Serving', '', report.date, ''];
  for (const [what, value] of [...Object.entries(report.machine), ...Object.entries(report.versions)]) {
    lines.push(`- ${what}: ${value}`);
  }
  if (figures.whole) {
    lines.push(
      '',
      '## 2 GiB to a sink',
      '',
      '| server | MB/s | CPU s per GB | peak RSS MiB | worst loop delay, 4 readers, ms |',
      '|---|---|---|---|---|',
    );
    for (const { name, mbps, cpuPerGb, peakRss, loopDelay } of figures.whole) {
      lines.push(
        `| ${name} | ${mbps.toFixed(0)} | ${cpuPerGb.toFixed(2)} | ${(peakRss / 2 ** 20).toFixed(0)} | ${loopDelay === null ? '–' : loopDelay.toFixed(1)} |`,
      );
    }
  }
  if (figures.ranges) {
    lines.push('', '## 64 KiB ranges, 50 connections', '', '| server | requests/s | p99 ms |', '|---|---|---|');
    for (const { name, perSecond, p99 } of figures.ranges)
      lines.push(`| ${name} | ${perSecond.toFixed(0)} | ${p99.toFixed(1)} |`);
  }
  if (figures.stalled) {
    lines.push(
      '',
      '## 200 readers that stop',
      '',
      '| server | RSS KiB each | another reader’s time ÷ alone |',
      '|---|---|---|',
    );
    for (const { name, perReader, slowdown } of figures.stalled)
      lines.push(`| ${name} | ${(perReader / 1024).toFixed(0)} | ${slowdown.toFixed(2)} |`);
  }
  lines.push('', '## Targets', '', '| figure | measured | wanted | |', '|---|---|---|---|');
  for (const { what, value, wanted, met } of serveTargets(figures)) {
    lines.push(
      `| ${what} | ${value === null ? '–' : value.toFixed(2)} | ${wanted} | ${met === null ? 'not measured' : met ? 'met' : 'MISSED'} |`,
    );
  }
  return `${lines.join('\n')}\n`;
}
