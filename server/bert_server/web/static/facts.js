// How long an answer took and who gave it.

import { make, say } from "./dom.js";

/** Shows the facts of an exchange (see `post`) in the container. */
export function showFacts(container, { roundTripMs, queueMs, inferenceMs, version, fingerprint }) {
  const timings = [
    ["timing.inference", inferenceMs],
    ["timing.queue", queueMs],
    ["timing.roundTrip", roundTripMs],
  ].filter(([, ms]) => ms !== null);
  const facts = timings.map(([key, ms]) => say("span", { className: "fact" }, key, { ms: rounded(ms) }));
  if (version) {
    facts.push(say("span", { className: "fact", title: fingerprint }, "timing.answeredBy", { version }));
  }
  if (fingerprint) facts.push(make("code", { className: "fact", title: fingerprint }, shortened(fingerprint)));
  container.replaceChildren(...facts);
}

/** The beginning of a fingerprint, enough to tell versions apart. */
export const shortened = (fingerprint) => fingerprint.replace(/^sha256:/, "").slice(0, 12);

/** Three figures at most: 0.31, 6.2, 18, 1240. */
function rounded(ms) {
  if (ms >= 10) return Math.round(ms);
  return Number(ms.toFixed(ms >= 1 ? 1 : 2));
}
