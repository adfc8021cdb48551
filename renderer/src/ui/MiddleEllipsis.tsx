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

/** A name on one line; where it is too long the middle goes, so that the extension stays. */
export function MiddleEllipsis({ text }: { text: string }) {
  const [head, tail] = splitName(text);
  return (
    <span className={styles.name} title={text}>
      <span className={styles.head}>{head}</span>
      <span className={styles.tail}>{tail}</span>
    </span>
  );
}
