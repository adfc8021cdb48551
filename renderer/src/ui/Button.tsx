import type { ComponentProps, ReactNode } from 'react';
import styles from './Button.module.css';

type Kind = 'plain' | 'primary' | 'danger' | 'quiet';

interface ButtonProps extends ComponentProps<'button'> {
  kind?: Kind;
  /** Fits into a row of the list. */
  small?: boolean;
}

export function Button({ kind = 'plain', small = false, className = '', ...props }: ButtonProps) {
  return (
    <button
      type="button"
      {...props}
      className={`${styles.button} ${styles[kind]} ${small ? styles.small : ''} ${className}`}
    />
  );
}

/** Words of a text that do something. */
export function LinkButton(props: ComponentProps<'button'>) {
  return <button type="button" {...props} className={styles.link} />;
}

interface IconButtonProps extends ComponentProps<'button'> {
  /** What it does, in words: its accessible name and its tooltip. */
  label: string;
  /** The keys that do the same. */
  keys?: string;
  children: ReactNode;
}

export function IconButton({ label, keys, className = '', ...props }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={keys ? `${label} (${keys})` : label}
      {...props}
      className={`${styles.icon} ${className}`}
    />
  );
}
