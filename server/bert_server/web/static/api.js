// Requests to the server that this page came from, relative to the page: it may lie below a path prefix.

import { recall, remember } from "./storage.js";

/**
 * Why there is no answer. `kind` is what the page can do about it: empty, no-mask, too-long, overloaded, unavailable,
 * offline, unauthorized, absent, invalid or server.
 */
export class Failure extends Error {
  constructor(kind, { problem = {}, retryAfterMs = null, requestId = null } = {}) {
    super(problem.detail ?? kind);
    this.kind = kind;
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
    this.requestId = requestId;
  }
}

let key = recall("apiKey", "sessionStorage");

export const apiKey = () => key;

/** Use the key from now on, until the tab is closed. */
export function setApiKey(value) {
  key = value;
  remember("apiKey", value, "sessionStorage");
}

/** POST a body; the answer with how long it took and who gave it. Throws Failure, or an AbortError. */
export async function post(path, body, signal) {
  const headers = { "Content-Type": "application/json" };
  if (key) headers.Authorization = `Bearer ${key}`;
  const started = performance.now();
  const response = await reach(path, { method: "POST", headers, body: JSON.stringify(body), signal });
  const answer = await parsed(response, signal);
  const roundTripMs = performance.now() - started;
  if (!response.ok || answer === null) throw failureOf(response, answer ?? {});
  return {
    path,
    body,
    answer,
    roundTripMs,
    queueMs: milliseconds(response, "x-bert-queue-ms"),
    inferenceMs: milliseconds(response, "x-bert-inference-ms"),
    version: response.headers.get("x-bert-version") ?? answer.version ?? "",
    fingerprint: response.headers.get("x-bert-fingerprint") ?? answer.fingerprint ?? "",
  };
}

/** GET a small JSON document, whatever its status. Throws Failure if there is none. */
export async function get(path, timeoutMs) {
  const signal = AbortSignal.timeout(timeoutMs);
  const response = await reach(path, { cache: "no-store", signal }).catch(() => null);
  const answer = response && (await parsed(response, signal).catch(() => null));
  if (!answer) throw new Failure("offline");
  return { ok: response.ok, answer };
}

async function reach(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Failure("offline");
  }
}

/** The body as an object; null if it is something else, such as the error page of a proxy. */
async function parsed(response, signal) {
  try {
    const body = await response.json();
    return typeof body === "object" ? body : null;
  } catch (error) {
    if (signal?.aborted) throw error;
    return null;
  }
}

function failureOf(response, problem) {
  const header = response.headers.get("retry-after");
  return new Failure(kindOf(response.status, problem), {
    problem,
    retryAfterMs: problem.retry_after_ms ?? (/^\d+$/.test(header ?? "") ? Number(header) * 1000 : null),
    requestId: response.headers.get("x-request-id"),
  });
}

const KIND_BY_STATUS = { 401: "unauthorized", 403: "unauthorized", 404: "absent", 413: "too-long", 429: "overloaded" };
const KIND_BY_PROBLEM = { "no-mask": "no-mask", "empty-text": "empty" };

function kindOf(status, problem) {
  if (status in KIND_BY_STATUS) return KIND_BY_STATUS[status];
  if (status >= 502 && status <= 504) return "unavailable";
  if (status < 400 || status >= 500) return "server";
  const known = KIND_BY_PROBLEM[String(problem.type).split(":").at(-1)];
  if (known) return known;
  return problem.actual > problem.limit ? "too-long" : "invalid";
}

function milliseconds(response, header) {
  const value = Number.parseFloat(response.headers.get(header));
  return Number.isFinite(value) ? value : null;
}
