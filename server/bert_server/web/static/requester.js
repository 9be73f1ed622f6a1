// One request at a time for a view: the previous one is aborted, failures are explained, and what can be tried again is.

import { Failure, post, setApiKey } from "./api.js";
import { explanation, keyForm, wording } from "./problems.js";
import { pause, unlessAborted } from "./timing.js";

const MOST_ATTEMPTS = 5;
const DEFAULT_RETRY_MS = 2_000;
// After the server calls itself ready: so that one which refuses all the same is not asked without a pause.
const PAUSE_MS = 500;
const BY_THE_USER = "stopped by the user";

export class Requester {
  #notice;
  #status;
  #onBusy;
  #controller = new AbortController();

  /** `onBusy` is told when a request begins and ends. */
  constructor(notice, status, onBusy) {
    this.#notice = notice;
    this.#status = status;
    this.#onBusy = onBusy;
  }

  /** Forget the request under way, and what was said about the one before. */
  stop() {
    this.#controller.abort(BY_THE_USER);
    this.#notice.clear();
    this.#onBusy(false);
  }

  /** Resolves to the exchange (see `post`), or to null if there is none: another request came, or it failed. */
  async run(path, body) {
    this.stop();
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        return await this.#once(path, body, signal);
      } catch (error) {
        if (signal.aborted) return null;
        if (!(error instanceof Failure)) throw error;
        if (!(await this.#recover(error, attempt, signal))) return null;
      }
    }
    return null;
  }

  async #once(path, body, signal) {
    this.#onBusy(true);
    try {
      const exchange = await post(path, body, signal);
      this.#notice.clear();
      return exchange;
    } finally {
      if (!signal.aborted) this.#onBusy(false);
    }
  }

  /** Explain the failure; true when the request should be sent again. */
  async #recover(failure, attempt, signal) {
    if (failure.kind === "unauthorized") return this.#askForKey(failure, signal);
    const passes = ["overloaded", "unavailable", "offline"].includes(failure.kind);
    if (passes && attempt < MOST_ATTEMPTS) return this.#waitFor(failure, signal);
    return this.#offer(failure, passes, signal);
  }

  async #waitFor(failure, signal) {
    const waiting = new AbortController();
    const actions = [
      ["retry", () => waiting.abort()],
      ["cancel", () => this.stop()],
    ];
    this.#notice.show({ key: `problem.${failure.kind}`, actions });
    const either = AbortSignal.any([signal, waiting.signal]);
    try {
      if (failure.kind === "overloaded") {
        await this.#notice.countDown(failure.retryAfterMs ?? DEFAULT_RETRY_MS, either);
      } else {
        await unlessAborted(pause(PAUSE_MS), either);
        await this.#status.untilReady(either);
      }
    } catch {
      // Waiting was cut short: by another request, or because the user wants to try at once.
    }
    return !signal.aborted;
  }

  /** Say what is wrong; resolves to true if the user wants to try again. */
  #offer(failure, passes, signal) {
    return new Promise((resolve) => {
      signal.addEventListener("abort", () => resolve(false), { once: true });
      const again = passes || failure.kind === "server";
      const actions = again ? [["retry", () => resolve(true)]] : [];
      this.#notice.show({ ...explanation(failure), actions });
      if (!again) resolve(false);
    });
  }

  #askForKey({ problem }, signal) {
    return new Promise((resolve) => {
      signal.addEventListener("abort", () => resolve(false), { once: true });
      const form = keyForm((key) => {
        setApiKey(key);
        resolve(true);
      });
      this.#notice.show({ key: "problem.unauthorized", detail: wording(problem), extra: form });
      form.querySelector("input").focus();
    });
  }
}
