// Texts in the language of the page. A node keeps the key of its text, so that switching needs no view to redraw.

import { messages as en } from "./i18n/en.js";
import { messages as zh } from "./i18n/zh.js";
import { remember } from "./storage.js";

const TRANSLATED_ATTRIBUTES = ["aria-label", "placeholder", "title"];
const parametersOf = new WeakMap();

export const language = () => (document.documentElement.lang.startsWith("zh") ? "zh" : "en");

/** The message with its `{parameters}`; numbers are written as the language does. */
export function message(key, parameters = {}) {
  const text = (language() === "zh" ? zh : en)[key];
  if (text === undefined) throw new Error(`there is no message ${key}`);
  return text.replace(/\{(\w+)\}/g, (_, name) => {
    const value = parameters[name];
    return typeof value === "number" ? value.toLocaleString(document.documentElement.lang) : value;
  });
}

/** Makes the message the node's text, now and after every change of language. */
export function setMessage(node, key, parameters) {
  node.dataset.t = key;
  parametersOf.set(node, parameters);
  node.textContent = message(key, parameters);
  return node;
}

/** As `setMessage`, for one of the node's attributes. */
export function setMessageAttribute(node, attribute, key, parameters) {
  node.setAttribute(`data-t-${attribute}`, key);
  parametersOf.set(node, { ...parametersOf.get(node), ...parameters });
  node.setAttribute(attribute, message(key, parameters));
  return node;
}

export function translatePage() {
  for (const node of document.querySelectorAll("[data-t]")) {
    node.textContent = message(node.dataset.t, parametersOf.get(node));
  }
  for (const attribute of TRANSLATED_ATTRIBUTES) {
    for (const node of document.querySelectorAll(`[data-t-${attribute}]`)) {
      node.setAttribute(attribute, message(node.getAttribute(`data-t-${attribute}`), parametersOf.get(node)));
    }
  }
}

export function switchLanguage() {
  const next = language() === "zh" ? "en" : "zh";
  document.documentElement.lang = next === "zh" ? "zh-Hans" : "en";
  remember("language", next);
  translatePage();
}
