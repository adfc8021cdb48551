import {
  acceptCompletion,
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  completionStatus,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { PostgreSQL, sql, type SQLNamespace } from '@codemirror/lang-sql';
import { bracketMatching } from '@codemirror/language';
import { setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState, Prec } from '@codemirror/state';
import { EditorView, highlightActiveLineGutter, keymap, lineNumbers, placeholder } from '@codemirror/view';
import { useEffect, useEffectEvent, useImperativeHandle, useRef, type Ref } from 'react';
import { sqlLook } from './sql-look.ts';
import styles from './SqlPane.module.css';

/** What else than typing changes the text. */
export interface SqlEditorHandle {
  /** Puts a text where the cursor stands, and the cursor behind it. */
  insert(text: string): void;
}

interface SqlEditorProps {
  value: string;
  /** “schema.table” → columns. */
  completion: Readonly<Record<string, readonly string[]>>;
  /** Where in the text something is wrong, from 1, and what. */
  problem: { readonly position: number; readonly message: string } | null;
  onChange: (sql: string) => void;
  onRun: () => void;
  ref: Ref<SqlEditorHandle>;
}

/**
 * A text field for SQL in PostgreSQL's dialect. It stands in a shadow tree: there CodeMirror takes constructed style
 * sheets, which the CSP allows, instead of <style> elements, which it does not.
 */
export function SqlEditor({ value, completion, problem, onChange, onRun, ref }: SqlEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView | null>(null);
  const language = useRef(new Compartment());
  const changed = useEffectEvent(onChange);
  const run = useEffectEvent(onRun);
  const first = useEffectEvent(() => ({ doc: value, language: language.current.of(dialect(completion)) }));

  useEffect(() => {
    const element = host.current;
    if (!element) return undefined;
    const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
    const { doc, language } = first();
    const view = new EditorView({
      parent: root,
      root,
      state: EditorState.create({
        doc,
        extensions: [
          Prec.highest(keymap.of([{ key: 'Mod-Enter', run: () => (run(), true) }])),
          // Tab takes a completion that is offered; else it leaves the field, as everywhere.
          keymap.of([{ key: 'Tab', run: takeCompletion }]),
          keymap.of([...closeBracketsKeymap, ...completionKeymap, ...defaultKeymap, ...historyKeymap]),
          lineNumbers(),
          highlightActiveLineGutter(),
          history(),
          bracketMatching(),
          closeBrackets(),
          autocompletion({ icons: false, maxRenderedOptions: 10 }),
          language,
          sqlLook,
          EditorView.lineWrapping,
          placeholder('SELECT …'),
          EditorView.contentAttributes.of({ 'aria-label': 'SQL', spellcheck: 'false' }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) changed(update.state.doc.toString());
          }),
        ],
      }),
    });
    editor.current = view;
    return () => {
      view.destroy();
      editor.current = null;
    };
  }, []);

  useEffect(() => {
    editor.current?.dispatch({ effects: language.current.reconfigure(dialect(completion)) });
  }, [completion]);

  useEffect(() => {
    const view = editor.current;
    if (view && view.state.doc.toString() !== value) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: value } });
    }
  }, [value]);

  useEffect(() => {
    const view = editor.current;
    if (!view) return;
    const diagnostics = problem ? [{ ...wordAt(view.state, problem.position), message: problem.message }] : [];
    view.dispatch(
      setDiagnostics(
        view.state,
        diagnostics.map((one) => ({ ...one, severity: 'error' as const })),
      ),
    );
  }, [problem]);

  useImperativeHandle(ref, () => ({
    insert: (text) => {
      const view = editor.current;
      if (!view) return;
      view.dispatch(view.state.replaceSelection(text));
      view.focus();
    },
  }));

  return <div ref={host} className={styles.editor} />;
}

/** A completion that has just come up takes no key yet (it may be meant for the text): Tab stays in the field then too. */
function takeCompletion(view: EditorView): boolean {
  if (completionStatus(view.state) !== 'active') return false;
  acceptCompletion(view);
  return true;
}

function dialect(completion: SqlEditorProps['completion']) {
  const schema: Record<string, Record<string, readonly string[]>> = {};
  for (const [name, columns] of Object.entries(completion)) {
    const dot = name.indexOf('.');
    (schema[name.slice(0, dot)] ??= {})[name.slice(dot + 1)] = columns;
  }
  return sql({ dialect: PostgreSQL, schema: schema as SQLNamespace, defaultSchema: 'public', upperCaseKeywords: true });
}

/** The word that begins at a place of the text, so that there is something to underline. */
function wordAt(state: EditorState, position: number): { from: number; to: number } {
  const from = Math.min(state.doc.length, Math.max(0, position - 1));
  const word = /^\w+|^\S/.exec(state.doc.sliceString(from, from + 80))?.[0] ?? '';
  return {
    from: word || from === 0 ? from : from - 1,
    to: Math.min(state.doc.length, from + Math.max(1, word.length)),
  };
}
