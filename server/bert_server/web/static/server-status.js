// How the server is: asked often while it is not ready, seldom while it is, never while nobody looks.

import { get } from "./api.js";
import { unlessAborted } from "./timing.js";

const READY_INTERVAL_MS = 20_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 5_000;
const TIMEOUT_MS = 5_000;
const STATES = ["ready", "loading", "failed", "stalled", "wrong", "draining"];

/** Sends "change" when `state` or `reason` is another, and "version" when `version` (what /version says) is. */
export class ServerStatus extends EventTarget {
  state = "connecting";
  reason = "";
  version = null;
  #timer;
  #retryMs = FIRST_RETRY_MS;
  #checking = null;

  start() {
    for (const event of ["online", "offline"]) window.addEventListener(event, () => this.check());
    document.addEventListener("visibilitychange", () => !document.hidden && this.check());
    return this.check();
  }

  /** Ask now; several at once share one question. */
  check() {
    clearTimeout(this.#timer);
    this.#checking ??= this.#ask().finally(() => {
      this.#checking = null;
      this.#schedule();
    });
    return this.#checking;
  }

  /** Resolves when the server is ready, rejects when `signal` aborts. */
  async untilReady(signal) {
    await unlessAborted(this.check(), signal);
    while (this.state !== "ready") {
      const change = new Promise((resolve) => this.addEventListener("change", resolve, { once: true, signal }));
      await unlessAborted(change, signal);
    }
  }

  async #ask() {
    let state = "offline";
    let reason = "";
    try {
      const { ok, answer } = await get("ready", TIMEOUT_MS);
      state = ok ? "ready" : STATES.includes(answer.status) ? answer.status : "loading";
      reason = answer.reason ?? "";
      if (ok || this.version === null) await this.#askVersion();
    } catch {
      state = "offline";
    }
    this.#become(state, reason);
  }

  async #askVersion() {
    const { answer } = await get("version", TIMEOUT_MS);
    if (JSON.stringify(answer) === JSON.stringify(this.version)) return;
    this.version = answer;
    this.dispatchEvent(new Event("version"));
  }

  #become(state, reason) {
    if (state === this.state && reason === this.reason) return;
    this.state = state;
    this.reason = reason;
    this.#retryMs = FIRST_RETRY_MS;
    this.dispatchEvent(new Event("change"));
  }

  #schedule() {
    if (document.hidden) return;
    const ready = this.state === "ready";
    this.#timer = setTimeout(() => this.check(), ready ? READY_INTERVAL_MS : this.#retryMs);
    this.#retryMs = ready ? FIRST_RETRY_MS : Math.min(this.#retryMs * 1.5, LONGEST_RETRY_MS);
  }
}

/** Tasks of the models that the server has loaded; null while that is unknown. */
export function tasksOf(version) {
  const models = version?.models ?? [];
  return models.length ? new Set(models.flatMap(({ tasks }) => tasks)) : null;
}
