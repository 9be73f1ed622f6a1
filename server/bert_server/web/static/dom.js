// Building nodes. Data only ever becomes text; no HTML is made from strings.

import { setMessage } from "./i18n.js";

/** `properties` are the node's own; of `children`, strings become text. */
export function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** A node whose text is a message in the language of the page. */
export const say = (tag, properties, key, parameters) => setMessage(make(tag, properties), key, parameters);

/** A button that says a message and does something. */
export function button(className, key, onClick) {
  const node = make("button", { type: "button", className }, say("span", {}, key));
  node.addEventListener("click", onClick);
  return node;
}

/** Put text in at the cursor, over what is selected, so that the browser's undo knows of it. */
export function insertAtCursor(textarea, text) {
  textarea.focus();
  // The only way to edit that a user can undo; replaced by nothing since it was declared obsolete.
  if (!document.execCommand("insertText", false, text)) {
    textarea.setRangeText(text, textarea.selectionStart, textarea.selectionEnd, "end");
    textarea.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }
}
