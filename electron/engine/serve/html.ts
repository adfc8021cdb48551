/** HTML that is escaped unless it says otherwise: names come from anybody. */

/** Text that is HTML already. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

type Value = string | number | Html | readonly Html[] | null;

/** A template whose values are escaped, in text and in quoted attributes. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  const text = (value: Value | undefined): string => {
    if (value === null || value === undefined) return '';
    if (value instanceof Html) return value.text;
    if (typeof value === 'object') return value.map((one) => one.text).join('');
    return escapeHtml(String(value));
  };
  return new Html(parts.map((part, index) => part + text(values[index])).join(''));
}
