import { useEffect, useEffectEvent, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatRate } from '../../../shared/format.ts';
import { useScheme } from '../frame/theme.ts';
import { colorOf } from './color-of.ts';
import styles from './Details.module.css';

const height = 104;
/** Seconds across, and what stands below: as many as the engine keeps, and fewer while there are fewer. */
const spans = [
  { seconds: 30, at: [-26, -2], words: ['30 s', 'now'] },
  { seconds: 60, at: [-54, -30, -4], words: ['1 min', '30 s', 'now'] },
  { seconds: 120, at: [-110, -60, -9], words: ['2 min', '1 min', 'now'] },
] as const;

function spanOf(values: number) {
  return spans.find(({ seconds }) => values <= seconds) ?? spans[2];
}

interface RateChartProps {
  rates: readonly number[];
  /** A rate in words; left out: bytes per second. */
  format?: (rate: number) => string;
  /** The least that the chart's height stands for. */
  least?: number;
}

/** The job's rate over the last two minutes, one value a second. */
export function RateChart({ rates, format = formatRate, least = 1000 }: RateChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);

  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const plot = new uPlot(optionsFor(element, format, least), [[], []], element);
    chart.current = plot;
    const resizing = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    resizing.observe(element);
    return () => {
      resizing.disconnect();
      plot.destroy();
      chart.current = null;
    };
  }, [format, least]);

  const scheme = useScheme();
  const redraw = useEffectEvent((_scheme: string) => chart.current?.redraw(false));
  useEffect(() => redraw(scheme), [scheme]);

  useEffect(() => {
    chart.current?.setData([rates.map((_, i) => i - rates.length + 1), [...rates]]);
  }, [rates]);

  const now = rates.at(-1) ?? 0;
  return (
    <div
      ref={box}
      className={styles.chart}
      role="img"
      aria-label={`Speed over the last two minutes; now ${format(now)}`}
    />
  );
}

function optionsFor(element: HTMLElement, format: (rate: number) => string, least: number): uPlot.Options {
  // Colours are read at each drawing, so that a change of theme is followed.
  const stroke = (token: string) => () => colorOf(element, token);
  return {
    width: element.clientWidth,
    height,
    padding: [6, 0, 0, 0],
    cursor: { show: false },
    legend: { show: false },
    scales: {
      x: { time: false, range: (plot) => [1 - spanOf(plot.data[0].length).seconds, 0] },
      y: { range: (_, __, max) => [0, Math.max(least, max * 1.1)] },
    },
    axes: [
      {
        stroke: stroke('--faint'),
        font: '10px "Inter Variable"',
        size: 18,
        gap: 3,
        grid: { show: false },
        ticks: { show: false },
        splits: (plot) => [...spanOf(plot.data[0].length).at],
        values: (plot) => [...spanOf(plot.data[0].length).words],
      },
      {
        side: 1,
        stroke: stroke('--faint'),
        font: '10px "Inter Variable"',
        size: 56,
        gap: 6,
        space: 28,
        grid: { stroke: stroke('--line'), width: 1 },
        ticks: { show: false },
        values: (_, splits) => splits.map((rate) => (rate === 0 ? '0' : format(rate))),
      },
    ],
    series: [
      {},
      {
        stroke: stroke('--accent'),
        fill: () => colorOf(element, '--chart-fill'),
        width: 1.5,
        points: { show: false },
      },
    ],
  };
}
