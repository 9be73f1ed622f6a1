// One message to the user beside what it is about, with what can be done about it.

import { button, make, say } from "./dom.js";
import { setMessage } from "./i18n.js";
import { unlessAborted } from "./timing.js";

const SECOND_MS = 1000;
const TICK_MS = 100;

export class Notice {
  #container;
  #timer;

  /** `container` is empty and stays in the page: screen readers announce what appears in it. */
  constructor(container) {
    this.#container = container;
    container.setAttribute("role", "status");
  }

  clear() {
    clearInterval(this.#timer);
    this.#container.replaceChildren();
  }

  /**
   * `key` and `parameters` name the message, `detail` is what the server said, `actions` are pairs of a message and
   * what its button does, `extra` is a node to add.
   */
  show({ tone = "warning", key, parameters, detail = [], actions = [], extra = null }) {
    this.clear();
    const text = make("div", { className: "notice-text" }, say("p", {}, key, parameters), ...detail);
    const buttons = actions.map(([label, run]) => button("quiet", label, run));
    const shown = make("div", { className: `notice ${tone}` }, text);
    if (extra) shown.append(extra);
    if (buttons.length) shown.append(make("div", { className: "notice-actions" }, ...buttons));
    this.#container.append(shown);
  }

  /** Adds a clock that counts down, silently for screen readers; resolves at zero, rejects when `signal` aborts. */
  countDown(durationMs, signal) {
    const end = performance.now() + durationMs;
    const clock = make("p", { className: "countdown", ariaHidden: "true" });
    setMessage(clock, "problem.countdown", { seconds: secondsUntil(end) });
    this.#container.querySelector("p").after(clock);
    const over = new Promise((resolve) => {
      this.#timer = setInterval(() => {
        setMessage(clock, "problem.countdown", { seconds: secondsUntil(end) });
        if (performance.now() >= end) resolve();
      }, TICK_MS);
    });
    return unlessAborted(over, signal).finally(() => clearInterval(this.#timer));
  }
}

const secondsUntil = (moment) => Math.max(0, Math.ceil((moment - performance.now()) / SECOND_MS));
