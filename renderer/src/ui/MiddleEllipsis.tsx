import styles from './MiddleEllipsis.module.css';

/** Characters before the extension that stay too: enough to tell “…part1.rar” from “…part2.rar”. */
const kept = 6;

/** Where a long name may be cut: before its last few characters and its extension. */
export function splitName(name: string): readonly [head: string, tail: string] {
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && name.length - dot <= 10 ? name.length - dot : 0;
  const at = Math.max(0, name.length - extension - kept);
  return [name.slice(0, at), name.slice(at)];
}

/** No character of the type is wider than this, in px: what surely fits is not measured. */
const widest = 14;
let context: CanvasRenderingContext2D | null = null;

/** Width of a name in px, in the type of the list's names. */
function widthOf(text: string): number {
  context ??= document.createElement('canvas').getContext('2d');
  if (!context) return 0;
  context.font = '500 13px "Inter Variable", system-ui, sans-serif';
  return context.measureText(text).width;
}

/** The name as it fits into a width: whole, or with its middle left out. */
export function fitMiddle(text: string, width: number, measure: (text: string) => number = widthOf): string {
  if (measure(text) <= width) return text;
  const [head, tail] = splitName(text);
  let fits = 0;
  let tooLong = head.length;
  while (tooLong - fits > 1) {
    const middle = (fits + tooLong) >> 1;
    if (measure(`${head.slice(0, middle)}…${tail}`) <= width) fits = middle;
    else tooLong = middle;
  }
  return `${head.slice(0, fits).trimEnd()}…${tail}`;
}

interface MiddleEllipsisProps {
  text: string;
  /** Room in px where it is known; else the browser cuts, less exactly. */
  width?: number;
}

/** A name on one line; where it is too long the middle goes, so that the extension stays. */
export function MiddleEllipsis({ text, width = 0 }: MiddleEllipsisProps) {
  if (width > 0) {
    return (
      <span className={styles.name} title={text}>
        <span className={styles.tail}>{text.length * widest <= width ? text : fitMiddle(text, width)}</span>
      </span>
    );
  }
  const [head, tail] = splitName(text);
  return (
    <span className={styles.name} title={text}>
      <span className={styles.head}>{head}</span>
      <span className={styles.tail}>{tail}</span>
    </span>
  );
}
