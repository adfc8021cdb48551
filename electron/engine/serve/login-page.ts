import { html } from './html.ts';

/** The page that asks for a share's password. It needs no script and no style beside it. */
export function loginPage(name: string, wasWrong: boolean): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${name}</title>
      </head>
      <body>
        <main>
          <h1>${name}</h1>
          <form method="post">
            ${wasWrong ? html`<p role="alert">That is not the password.</p>` : null}
            <p>
              <label for="password">Password</label>
              <input id="password" name="password" type="password" autocomplete="current-password" required autofocus />
              <button>Open</button>
            </p>
          </form>
        </main>
      </body>
    </html> `.text;
}
