// Copying, with feedback where the button is.

import { setMessage } from "./i18n.js";

const FEEDBACK_MS = 1600;
const resetTimers = new WeakMap();

/** Makes `button`, whose label is a message, copy what `text()` returns. */
export function copyOnClick(button, text, key = "copy") {
  button.addEventListener("click", async () => {
    const label = button.querySelector("[data-t]");
    const done = await copy(text());
    const outcome = done ? "copied" : "copyFailed";
    setMessage(label, outcome);
    // Screen readers do not announce that a button's label changes.
    setMessage(document.getElementById("announcer"), outcome);
    button.classList.toggle("done", done);
    clearTimeout(resetTimers.get(button));
    const reset = () => {
      setMessage(label, key);
      document.getElementById("announcer").textContent = "";
      button.classList.remove("done");
    };
    resetTimers.set(button, setTimeout(reset, FEEDBACK_MS));
  });
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Over plain HTTP from another machine there is no clipboard API, or it was refused.
    return copyBySelection(text);
  }
}

function copyBySelection(text) {
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  area.setAttribute("aria-hidden", "true");
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  focused?.focus();
  return done;
}
