/** What speed.md wants of downloads, beside what was measured. */
import { LIMIT_RATE } from './nginx.ts';
import { median, medianOf, wallRatio, type Series, type Target } from './report.ts';

export const RUNNING = 'Sluice (running)';
/** Added to the name of a contender whose file is only in the page cache when it ends: the time until it is on the disk. */
export const SYNCED = ', until on the disk';
export const COMMAND = 'Sluice (command)';

/** Bytes per second of a connection over the uneven link, and of its slow one. */
export const LINK_RATE = 4_000_000;
export const SLOW_RATE = 400_000;

/** Those that the series can answer. `limitedSize`: bytes of the file on limited links; `titles`: scenarios' titles by name. */
export function targetsOf(
  series: readonly Series[],
  limitedSize: number,
  titles: ReadonlyMap<string, string>,
): Target[] {
  const targets: Target[] = [];
  const titleOf = (name: string) => titles.get(name) ?? name;
  for (const ours of [RUNNING, COMMAND]) {
    const find = (name: string, contender: string, connections: number) =>
      series.find(
        (one) => one.scenario === titleOf(name) && one.contender === contender && one.connections === connections,
      );
    const add = (name: string, connections: number, peer: string, most: number) => {
      const mine = find(name, ours, connections);
      if (!mine) return;
      const theirs = find(name, peer, peer.startsWith('aria2c') ? connections : 1);
      const what = `${ours} ×${connections} ÷ ${peer}`;
      targets.push({ scenario: titleOf(name), what, value: wallRatio(mine, theirs), most });
    };
    /** Like with like, and beside curl as it ends. */
    const addCurl = (name: string, connections: number, most: number) => {
      for (const one of [`curl${SYNCED}`, 'curl']) add(name, connections, one, most);
    };
    addCurl('http', 1, 0.6);
    add('http', 1, 'aria2c', 0.4);
    add('http', 1, 'bare loop', 1.1);
    addCurl('https', 1, 0.85);
    add('https', 1, 'aria2c', 0.6);
    for (const n of [4, 16]) {
      addCurl('http', n, 0.65);
      add('http', n, 'aria2c', 0.4);
      addCurl('https', n, 0.95);
      add('https', n, 'aria2c', 0.65);
    }
    addCurl('http-hashed', 1, 0.95);
    addCurl('https-hashed', 1, 1.2);
    add('limit', 8, 'aria2c', 1);
    add('link', 8, 'aria2c', 1.05);
    add('lossy-link', 8, 'aria2c', 1.1);
    add('slow-one', 8, 'aria2c', 1);
    const slowOne = find('slow-one', ours, 8);
    if (slowOne) {
      targets.push({
        scenario: titleOf('slow-one'),
        what: `${ours} ×8, wall (ideal and 5 %)`,
        value: medianOf(slowOne, ({ seconds }) => seconds),
        most: Number((unevenSeconds(limitedSize) * 1.05).toFixed(2)),
        unit: ' s',
      });
    }

    const limited = find('limit', ours, 8);
    if (limited) {
      const seconds = median(limited.rounds.map((round) => round.seconds));
      const most = Number((idealSeconds(limitedSize) / 0.97).toFixed(2));
      targets.push({
        scenario: titleOf('limit'),
        what: `${ours} ×8, wall (97 % of the limit)`,
        value: seconds,
        most,
        unit: ' s',
      });
    }
    const [mine, theirs] = [find('http', ours, 1), find('http', 'curl', 1)];
    const cpus = [mine, theirs].map((one) => medianOf(one, ({ cpu }) => cpu));
    const [cpu, curlCpu] = cpus;
    if (mine) {
      const value = cpu && curlCpu ? cpu / curlCpu : null;
      targets.push({ scenario: titleOf('http'), what: `${ours} ×1, CPU-seconds ÷ curl`, value, most: 1 });
    }
    const worst = (figure: 'peakRss' | 'extraRss') => {
      const values = series.flatMap((one) =>
        one.contender === ours ? one.rounds.flatMap((round) => round[figure] ?? []) : [],
      );
      return values.length === 0 ? null : Math.max(...values) / 1e6;
    };
    targets.push({
      scenario: 'all',
      what: `${ours}, highest peak RSS`,
      value: worst('peakRss'),
      most: 130,
      unit: ' MB',
    });
    if (ours === RUNNING) {
      targets.push({
        scenario: 'all',
        what: `${ours}, more than idle`,
        value: worst('extraRss'),
        most: 40,
        unit: ' MB',
      });
    }
  }
  return targets;
}

/** Seconds that eight connections at the limit need. */
export function idealSeconds(bytes: number): number {
  return bytes / (8 * LIMIT_RATE);
}

/**
 * Seconds over the uneven link at the best: the first connection receives after two round trips of 50 ms, the others, whose
 * parts are not known before, after two more; each loses to slow start what a window that doubles every round trip, from
 * ten segments on, brings less than its rate does (RFC 5681, RFC 6928).
 */
export function unevenSeconds(bytes: number): number {
  const trip = 0.05;
  const lateBytes = (rate: number, begin: number) => {
    let lost = 0;
    for (let window = 10 * 1460; window < rate * trip; window *= 2) lost += rate * trip - window;
    return rate * begin + lost;
  };
  const late = lateBytes(LINK_RATE, 2 * trip) + 6 * lateBytes(LINK_RATE, 4 * trip) + lateBytes(SLOW_RATE, 4 * trip);
  return (bytes + late) / (7 * LINK_RATE + SLOW_RATE);
}
