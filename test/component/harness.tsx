/** Opens the real window over a double of the engine, in this page. */
import type { ClientContext, ClientLink } from '@orpc/client';
import { createRouterClient } from '@orpc/server';
import { onTestFinished } from 'vitest';
import { render } from 'vitest-browser-react';
import { page, userEvent } from 'vitest/browser';
import '@fontsource-variable/inter/wght.css';
import '../../renderer/src/styles/tokens.css';
import '../../renderer/src/styles/base.css';
import { App } from '../../renderer/src/App.tsx';
import type { Dial } from '../../renderer/src/transport/index.ts';
import type { EngineDouble } from './engine-double.ts';

export interface OpenWindow {
  /** Cuts the line, as a host that dies; the window dials again by itself. */
  readonly cut: () => void;
  /** How often the window has dialled. */
  readonly dials: () => number;
}

/** A link that answers in this process: the same router and schemas as behind a socket. */
function linkTo(engine: EngineDouble): ClientLink<ClientContext> {
  type Node = { [key: string]: Node } & ((input: unknown, options: unknown) => Promise<unknown>);
  const client = createRouterClient(engine.router()) as unknown as Node;
  return {
    call: (path, input, options) => {
      const procedure = path.reduce((node, key) => node[key] as Node, client);
      return procedure(input, options);
    },
  };
}

export function dialTo(engine: EngineDouble): OpenWindow & { readonly dial: Dial } {
  let cut = () => {};
  let dials = 0;
  const dial: Dial = async () => {
    dials += 1;
    const closed = new Promise<void>((resolve) => (cut = resolve));
    return { link: linkTo(engine), closed, close: () => cut() };
  };
  return { dial, cut: () => cut(), dials: () => dials };
}

export async function openWindow(engine: EngineDouble, size = { width: 1180, height: 760 }): Promise<OpenWindow> {
  await page.viewport(size.width, size.height);
  const container = document.createElement('div');
  container.id = 'root';
  document.body.append(container);
  onTestFinished(() => {
    container.remove();
    delete document.documentElement.dataset['theme'];
  });
  const opened = dialTo(engine);
  await render(<App dial={opened.dial} />, { container });
  return opened;
}

/** The row of a download, by the beginning of its name. */
export const row = (name: string) => page.getByRole('row', { name, exact: false });
/** The row's element, for what a locator cannot ask. */
export const rowElement = (name: string) => row(name).element() as HTMLElement;
/** Any element that says this among other words. */
export const saying = (words: string) => page.getByText(words, { exact: false });
export const button = (name: string | RegExp) => page.getByRole('button', { name });
export const press = (keys: string) => userEvent.keyboard(keys);

/** The names of the rows that exist, in order. */
export function rowNames(): string[] {
  return [...document.querySelectorAll<HTMLElement>('[data-job]')].map((element) => element.dataset['job'] ?? '');
}

export function selectedIds(): string[] {
  return [...document.querySelectorAll<HTMLElement>('[data-job][aria-selected="true"]')].map(
    (element) => element.dataset['job'] ?? '',
  );
}
