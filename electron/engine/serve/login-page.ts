import { createHash } from 'node:crypto';
import { Html, html } from './html.ts';
import { pagePolicy } from './safe-fields.ts';

const style = `:root { color-scheme: light dark; background: Canvas; }
body { margin: 0; padding: 1rem; font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
main { max-width: 22rem; margin: 12vh auto 0; }
h1 { font-size: 1.25rem; }
label { display: block; margin-bottom: .25rem; }
input, button { box-sizing: border-box; width: 100%; min-height: 2.75rem; padding: .5rem .75rem; border: 1px solid GrayText; border-radius: .5rem; font: inherit; }
button { margin-top: .75rem; }
:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }`;

/** Nothing is served beside this page before the password was given: its style is in it, allowed by its hash. */
export const loginPolicy = pagePolicy.replace(
  "style-src 'self'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
);

/** The page that asks for a share's password. */
export function loginPage(name: string, wasWrong: boolean): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${name}</title>
        ${new Html(`<style>${style}</style>`)}
      </head>
      <body>
        <main>
          <h1>${name}</h1>
          <form method="post">
            ${wasWrong ? html`<p role="alert">That is not the password.</p>` : null}
            <div>
              <label for="password">Password</label>
              <input id="password" name="password" type="password" autocomplete="current-password" required autofocus />
              <button>Open</button>
            </div>
          </form>
        </main>
      </body>
    </html> `.text;
}
