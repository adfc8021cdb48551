import { useEffect, useId, useRef, type ComponentProps, type ReactNode } from 'react';
import type { Failure } from '../../../shared/failure.ts';
import { whatIsWrong, whatToDo } from '../words.ts';
import { keysOf } from './keys-of.ts';
import styles from './Field.module.css';

interface FieldProps {
  label: string;
  /** A quiet word below. */
  hint?: ReactNode;
  /** What is wrong with what was typed, in place of the hint. */
  problem?: Failure | null | undefined;
}

export interface TextFieldProps extends FieldProps, Omit<ComponentProps<'input'>, 'onChange' | 'value'> {
  value: string;
  onChange: (value: string) => void;
  /** Stands at the end of the field. */
  trailing?: ReactNode;
}

export function TextField({ label, hint, problem, value, onChange, trailing, ...props }: TextFieldProps) {
  const id = useId();
  return (
    <Labelled id={id} label={label} hint={hint} problem={problem}>
      <div className={styles.line}>
        <input
          type="text"
          autoComplete="off"
          spellCheck={false}
          {...props}
          {...described(id, problem)}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
        {trailing}
      </div>
    </Labelled>
  );
}

interface TextAreaProps extends FieldProps, Omit<ComponentProps<'textarea'>, 'onChange' | 'value'> {
  value: string;
  onChange: (value: string) => void;
}

export function TextArea({ label, hint, problem, value, onChange, ...props }: TextAreaProps) {
  const id = useId();
  return (
    <Labelled id={id} label={label} hint={hint} problem={problem}>
      <textarea
        spellCheck={false}
        {...props}
        {...described(id, problem)}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </Labelled>
  );
}

/** What joins a control to its label and its note. */
function described(id: string, problem: Failure | null | undefined) {
  return {
    id,
    className: styles.input,
    'aria-invalid': problem ? true : undefined,
    'aria-describedby': `${id}-note`,
  };
}

function Labelled({ id, label, hint, problem, children }: FieldProps & { id: string; children: ReactNode }) {
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      {children}
      <Note id={`${id}-note`} hint={hint} problem={problem} />
    </div>
  );
}

/** One sentence at the place where it was caused, scrolled into sight; the region is always there, so that it is read out. */
export function Note({ id, hint, problem }: { id?: string; hint?: ReactNode; problem?: Failure | null | undefined }) {
  const box = useRef<HTMLDivElement>(null);
  const words = problem ? `${whatIsWrong(problem)} ${whatToDo(problem)}` : null;
  useEffect(() => {
    if (words !== null) box.current?.scrollIntoView({ block: 'nearest' });
  }, [words]);
  return (
    <div ref={box} id={id} className={styles.note} aria-live="polite" data-bad={problem ? true : undefined}>
      {words ?? hint}
    </div>
  );
}

interface SelectFieldProps<T extends string | number> {
  label: string;
  value: T | null;
  choices: readonly T[];
  /** The word for a choice; null is the choice that stands first, unless `word(null)` is empty. */
  word: (choice: T | null) => string;
  onChange: (choice: T | null) => void;
}

/** A choice of few. The system's own control: every screen reader, keyboard and touch screen knows it. */
export function SelectField<T extends string | number>({ label, value, choices, word, onChange }: SelectFieldProps<T>) {
  const id = useId();
  const all: readonly (T | null)[] = word(null) ? [null, ...choices] : choices;
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        className={`${styles.input} ${styles.select}`}
        value={all.indexOf(value)}
        onChange={(event) => onChange(all[Number(event.target.value)] ?? null)}
      >
        {all.map((choice, i) => (
          <option key={choice} value={i}>
            {word(choice)}
          </option>
        ))}
      </select>
    </div>
  );
}

interface ChoiceFieldProps<T extends string> {
  label: string;
  value: T;
  /** What can be chosen, each with its word or what is called by it, in this order. */
  words: Readonly<Record<T, string | { readonly name: string }>>;
  /** Only these of them; left out: all. */
  choices?: readonly T[];
  onChange: (value: T) => void;
}

/** One of a table of words; one of them is always chosen. */
export function ChoiceField<T extends string>({
  label,
  value,
  words,
  choices = keysOf(words),
  onChange,
}: ChoiceFieldProps<T>) {
  const word = (one: T) => {
    const named = words[one];
    return typeof named === 'string' ? named : named.name;
  };
  return (
    <SelectField
      label={label}
      value={value}
      choices={choices}
      word={(one) => (one === null ? '' : word(one))}
      onChange={(one) => one !== null && onChange(one)}
    />
  );
}
