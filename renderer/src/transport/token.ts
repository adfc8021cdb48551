const key = 'sluice.token';

/**
 * The token of the headless host: from the link's fragment (`#token=…`), which never reaches a server, a log or a
 * Referer. It moves at once into this tab's session and out of the address bar, where it could be seen or shared.
 */
export function takeToken(): string | null {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given) {
    sessionStorage.setItem(key, given);
    history.replaceState(history.state, '', location.pathname + location.search);
    return given;
  }
  return sessionStorage.getItem(key);
}
