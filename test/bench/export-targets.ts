/** What the export bench compares, by name, and which of it has to be how fast. */
import type { ExportMeasure } from './export-contenders.ts';
import { median, medianOf, wallRatio, type Series, type Target } from './report.ts';

export const PSQL_CSV = 'psql \\copy CSV';
export const PSQL_ORDERED = 'psql \\copy CSV, by key';
export const PSQL_JSON = 'psql \\copy row_to_json';
export const PSQL_JSON_ORDERED = 'psql \\copy row_to_json, by key';
export const OBJECTS = 'pg-query-stream, objects';
export const SLUICE = 'Sluice';
export const KEYED = 'Sluice, by key with checkpoints';
export const BARE = 'bare compressor';
export const STOP = 'from the stop of a long sort until the server is idle';

/** What of a scenario targets are found by. */
export interface Named {
  readonly name: string;
  readonly title: string;
}

/** The targets of the founders' postgres.md that the series can answer. */
export function targetsOf(series: readonly Series[], scenarios: readonly Named[]): Target[] {
  const targets: Target[] = [];
  const titleOf = (name: string) => scenarios.find((scenario) => scenario.name === name)?.title ?? name;
  const find = (name: string, contender: string) =>
    series.find((one) => one.scenario === titleOf(name) && one.contender === contender);
  const ratio = (name: string, ours: string, theirs: string, most: number) => {
    const mine = find(name, ours);
    if (!mine) return;
    const value = wallRatio(mine, find(name, theirs));
    targets.push({ scenario: titleOf(name), what: `${ours} ÷ ${theirs}`, value, most });
  };
  ratio('csv', SLUICE, PSQL_CSV, 0.8);
  ratio('ndjson', SLUICE, PSQL_JSON, 0.4);
  // What the order of the key costs the server, it costs whoever wants that order.
  ratio('csv', KEYED, PSQL_ORDERED, 0.8);
  ratio('ndjson', KEYED, PSQL_JSON_ORDERED, 0.4);
  for (const ours of [SLUICE, KEYED]) ratio('ndjson', ours, OBJECTS, 0.2);
  for (const method of ['gzip', 'zstd']) {
    const mine = find(method, SLUICE);
    if (!mine) continue;
    const others = ['Sluice, not compressed', BARE].flatMap((name) => find(method, name) ?? []);
    const ratios = mine.rounds.map(({ seconds }, round) => {
      const slower = Math.max(...others.map(({ rounds }) => rounds[round]?.seconds ?? 0));
      return seconds / slower;
    });
    const value = others.length < 2 ? null : median(ratios);
    targets.push({
      scenario: titleOf(method),
      what: `${SLUICE} ÷ the slower of export and compressor`,
      value,
      most: 1.15,
    });
  }
  const stop = medianOf(find('stop', STOP), ({ seconds }) => seconds);
  if (stop !== null) targets.push({ scenario: 'Stop', what: STOP, value: stop * 1000, most: 1000, unit: ' ms' });
  const ours = series.filter(({ contender }) => contender.startsWith(SLUICE));
  // Medians over all runs: a program that takes the processor from all of us is no fault of any.
  const usual = (what: string, most: number, figure: (measure: ExportMeasure) => number | null | undefined) => {
    const value = median(ours.flatMap((one) => one.rounds.flatMap((round) => figure(round) ?? [])));
    targets.push({ scenario: 'all', what: `Sluice, ${what}, median of the runs`, value, most, unit: ' ms' });
  };
  usual('first bytes in the file after the query ran', 100, ({ firstByte }) => firstByte);
  usual('longest block of the loop that answers the window', 50, ({ longestBlock }) => longestBlock);
  for (const one of ours) {
    const value = medianOf(one, ({ peakRss }) => peakRss);
    const what = `${one.contender}, peak RSS`;
    targets.push({ scenario: one.scenario, what, value: value === null ? null : value / 1e6, most: 130, unit: ' MB' });
  }
  for (const name of ['csv', 'ndjson', 'parquet']) {
    const [many, few] = [name, `few-${name}`].map((one) => medianOf(find(one, SLUICE), ({ peakRss }) => peakRss));
    if (!many || !few) continue;
    const what = 'Sluice, peak RSS more than with a fifth of the rows';
    targets.push({ scenario: titleOf(name), what, value: (many - few) / 1e6, most: 15, unit: ' MB' });
  }
  return targets;
}
