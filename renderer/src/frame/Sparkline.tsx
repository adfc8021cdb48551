import styles from './Header.module.css';

const width = 84;
const height = 24;
/** Seconds across. */
const span = 60;
/** Fewer values than this draw a spike, not a shape. */
const least = 8;

/** The total rate of the last minute, as a shape: the figure stands beside it. */
export function Sparkline({ rates }: { rates: readonly number[] }) {
  const top = Math.max(1, ...rates);
  const x = (i: number) => ((span - rates.length + i) / (span - 1)) * width;
  const y = (rate: number) => height - 1.5 - (rate / top) * (height - 4);
  const line = rates.map((rate, i) => `${i === 0 ? 'M' : 'L'}${x(i).toFixed(1)} ${y(rate).toFixed(1)}`).join('');
  const [first] = rates;
  return (
    <svg className={styles.sparkline} width={width} height={height} aria-hidden="true">
      {first !== undefined && rates.length >= least && rates.some((rate) => rate > 0) && (
        <>
          <path className={styles.area} d={`${line}V${height}H${x(0).toFixed(1)}Z`} />
          <path className={styles.line} d={line} />
        </>
      )}
    </svg>
  );
}
