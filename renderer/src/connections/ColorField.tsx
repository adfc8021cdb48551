import { keysOf } from '../ui/keys-of.ts';
import { ColorTag } from './ColorTag.tsx';
import type { Typed } from './draft.ts';
import { colorWords } from './words.ts';
import styles from './Connections.module.css';

/** The colour of a connection's tag. */
export function ColorField({ value, onChange }: { value: Typed['color']; onChange: (color: Typed['color']) => void }) {
  return (
    <fieldset className={styles.colors}>
      <legend>Colour</legend>
      <div>
        {keysOf(colorWords).map((color) => (
          <label key={color} title={colorWords[color]}>
            <input
              type="radio"
              name="color"
              aria-label={colorWords[color]}
              checked={color === value}
              onChange={() => onChange(color)}
            />
            <ColorTag color={color} large />
          </label>
        ))}
      </div>
    </fieldset>
  );
}
