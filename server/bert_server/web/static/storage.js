// What is remembered between visits. A browser may forbid it; the page then works without.

export function remember(name, value, storage = "localStorage") {
  try {
    window[storage].setItem(`bert.${name}`, value);
  } catch {
    // Forbidden or full: the choice holds until the page is left.
  }
}

export function recall(name, storage = "localStorage") {
  try {
    return window[storage].getItem(`bert.${name}`);
  } catch {
    return null;
  }
}
