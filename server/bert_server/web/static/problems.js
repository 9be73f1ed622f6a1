// What to say of a request that failed.

import { make, say } from "./dom.js";

const KEY_BY_KIND = {
  empty: "problem.empty",
  "no-mask": "problem.noMask",
  overloaded: "problem.overloadedStill",
  unavailable: "problem.unavailableStill",
  offline: "problem.offlineStill",
  absent: "problem.absent",
  invalid: "problem.invalid",
  server: "problem.server",
};

/** What a notice needs to explain the failure. */
export function explanation({ kind, problem, requestId }) {
  // The limit may be one of tokens, sentences, bytes: the server's words tell which.
  if (kind === "too-long") return { ...tooLong(problem.actual, problem.limit), detail: wording(problem) };
  const detail = [];
  if (["invalid", "server"].includes(kind)) {
    detail.push(...wording(problem));
    if (requestId) detail.push(say("p", { className: "detail" }, "problem.requestId", { id: requestId }));
  }
  return { tone: kind === "server" ? "error" : "warning", key: KEY_BY_KIND[kind], detail };
}

/** How the server words it. */
export function wording({ detail }) {
  return detail ? [make("p", { className: "detail", lang: "en" }, detail)] : [];
}

/** What to say of a text that is longer than the limit, where both are known. */
export function tooLong(actual, limit) {
  const known = Number.isFinite(actual) && Number.isFinite(limit);
  return known ? { key: "problem.tooLong", parameters: { actual, limit } } : { key: "problem.tooLongBare" };
}

/** A form for an API key; `onKey` gets it. */
export function keyForm(onKey) {
  const input = make("input", { type: "password", autocomplete: "off", required: true });
  input.pattern = "[!-~]+"; // what a header can carry
  const form = make(
    "form",
    { className: "key-form" },
    make("label", {}, say("span", {}, "problem.keyLabel"), input),
    make("button", { type: "submit", className: "quiet" }, say("span", {}, "problem.keySend")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    onKey(input.value);
  });
  return form;
}
