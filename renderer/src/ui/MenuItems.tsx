import { Menu } from '@base-ui/react/menu';
import { Check, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import popup from './Popup.module.css';

interface MenuItemProps {
  /** Left out: its word stands below those that have one. */
  icon?: LucideIcon;
  word: string;
  keys?: string;
  onClick: () => void;
}

/** Something that a menu does; a context menu's items are the same. */
export function MenuItem({ icon: Icon, word, keys, onClick }: MenuItemProps) {
  return (
    <Menu.Item className={popup.item} onClick={onClick}>
      <span className={popup.icon}>{Icon && <Icon size={14} />}</span>
      {word}
      {keys && (
        <span className={popup.keys} aria-hidden="true">
          {keys}
        </span>
      )}
    </Menu.Item>
  );
}

interface MenuChoicesProps<T> {
  value: T | null | undefined;
  choices: readonly (readonly [choice: T, word: ReactNode])[];
  onChange: (choice: T) => void;
}

/** One of several, with a mark before the one that holds. */
export function MenuChoices<T extends string | number | null>({ value, choices, onChange }: MenuChoicesProps<T>) {
  return (
    <Menu.RadioGroup value={value} onValueChange={onChange}>
      {choices.map(([choice, word]) => (
        <Menu.RadioItem key={choice} value={choice} className={popup.item} closeOnClick>
          <span className={popup.icon}>
            <Menu.RadioItemIndicator>
              <Check size={14} />
            </Menu.RadioItemIndicator>
          </span>
          {word}
        </Menu.RadioItem>
      ))}
    </Menu.RadioGroup>
  );
}
