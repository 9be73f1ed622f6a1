// Waiting, and giving up waiting.

/** `run` once, when nothing has called the returned function for `delayMs`. */
export function debounced(delayMs, run) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(run, delayMs);
  };
}

/** As the promise, but rejects as soon as `signal` aborts. */
export function unlessAborted(promise, signal) {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    promise.then(resolve, reject);
  });
}

export const pause = (durationMs) => new Promise((resolve) => setTimeout(resolve, durationMs));
