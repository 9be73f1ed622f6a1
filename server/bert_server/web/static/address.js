// The state of the page in its address, so that a link restores it. It lies in the fragment, which browsers never send:
// texts do not end up in the access logs of proxies.

const VIEWS = ["fill-mask", "translate"];
// Some programs cut longer addresses off; a link to such a text opens the view without it.
const LONGEST_FRAGMENT = 6_000;

/** `{view, text}` of an address, text null if it names none; null if it names no view. */
export function readAddress(fragment = location.hash) {
  const [, path, query] = /^#?\/?([^?]*)\??(.*)$/s.exec(fragment);
  if (!VIEWS.includes(path)) return null;
  return { view: path, text: new URLSearchParams(query).get("text") };
}

/**
 * Makes the address that of this view and text, without a new entry in the browser's history. It stays that of the view
 * that is shown: what was typed reaches it with a delay, when its view may have been left.
 */
export function writeAddress(view, text) {
  if (document.getElementById(view).hidden) return;
  const full = text ? `#/${view}?${new URLSearchParams({ text })}` : `#/${view}`;
  const fragment = full.length <= LONGEST_FRAGMENT ? full : `#/${view}`;
  if (fragment !== location.hash) history.replaceState(null, "", fragment);
}
