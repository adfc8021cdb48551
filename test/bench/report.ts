/** What a bench's figures say: medians, ratios within rounds, targets met or missed; as Markdown and as JSON. */
import { cpus, release, totalmem, type } from 'node:os';
import type { Measure } from './contenders.ts';

/** The figures of one contender in one scenario, a round each. */
export interface Series {
  readonly scenario: string;
  readonly contender: string;
  readonly connections: number;
  readonly rounds: Measure[];
  /** When, and with which Sluice, where that is not the report's. */
  readonly measured?: string;
}

/** A ratio of wall times, or a figure, that speed.md wants no higher than `most`. */
export interface Target {
  readonly scenario: string;
  readonly what: string;
  /** Null where it was not measured in this run. */
  readonly value: number | null;
  readonly most: number;
  readonly unit?: string;
}

export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** Median of a figure over the rounds that have it. */
export function medianOf(series: Series | undefined, figure: (measure: Measure) => number | null): number | null {
  return median((series?.rounds ?? []).flatMap((measure) => figure(measure) ?? []));
}

/** Median of the ratios of wall times, each taken within one round: a noisy minute spoils both sides alike. */
export function wallRatio(ours: Series | undefined, theirs: Series | undefined): number | null {
  if (!ours || !theirs) return null;
  return median(
    ours.rounds.flatMap(({ seconds }, round) => {
      const other = theirs.rounds[round];
      return other ? seconds / other.seconds : [];
    }),
  );
}

export interface Report {
  readonly date: string;
  readonly machine: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
  readonly series: readonly Series[];
  readonly targets: readonly Target[];
}

export function describeMachine(): Record<string, string> {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: String(cpus().length),
    memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    kernel: `${type()} ${release()}`,
  };
}

const number = (value: number | null, digits: number) => (value === null ? '–' : value.toFixed(digits));
const mib = (value: number | null) => (value === null ? '–' : (value / 2 ** 20).toFixed(0));

/** Tables for people. `peers` name what the ratios are to, where they ran in the scenario. */
export function toMarkdown(title: string, report: Report, peers: readonly { name: string; one?: boolean }[]): string {
  const lines = [`# ${title}`, '', report.date, ''];
  for (const [what, value] of [...Object.entries(report.machine), ...Object.entries(report.versions)]) {
    lines.push(`- ${what}: ${value}`);
  }
  lines.push('', ...report.notes.map((note) => `${note}\n`));
  for (const scenario of new Set(report.series.map((one) => one.scenario))) {
    const all = report.series.filter((one) => one.scenario === scenario);
    const ratios = peers.map(({ name }) => `÷ ${name}`).join(' | ');
    lines.push(`## ${scenario}`, '');
    const measured = all[0]?.measured;
    if (measured !== undefined) lines.push(`Measured ${measured}.`, '');
    lines.push(`| contender | connections | wall s | ${ratios} | CPU s | peak RSS MiB |`);
    lines.push(`|---|---|---|${peers.map(() => '---|').join('')}---|---|`);
    for (const one of all) {
      const cells = peers.map(({ name, one: single }) => {
        const peer = all.find(
          ({ contender, connections }) => contender === name && (single || connections === one.connections),
        );
        return number(peer === one ? null : wallRatio(one, peer), 2);
      });
      const figures = [
        number(
          medianOf(one, ({ seconds }) => seconds),
          2,
        ),
        ...cells,
        number(
          medianOf(one, ({ cpu }) => cpu),
          2,
        ),
        mib(medianOf(one, ({ peakRss }) => peakRss)),
      ];
      lines.push(`| ${one.contender} | ${one.connections} | ${figures.join(' | ')} |`);
    }
    lines.push('');
  }
  lines.push('## Targets', '', '| scenario | figure | measured | wanted | |', '|---|---|---|---|---|');
  for (const { scenario, what, value, most, unit = '' } of report.targets) {
    const verdict = value === null ? 'not measured' : value <= most ? 'met' : 'MISSED';
    lines.push(`| ${scenario} | ${what} | ${number(value, 2)}${unit} | ≤ ${most}${unit} | ${verdict} |`);
  }
  return `${lines.join('\n')}\n`;
}
