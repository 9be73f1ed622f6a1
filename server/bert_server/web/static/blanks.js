// Texts with masks, and what they become when candidates are filled in.

export const MASK = "[MASK]";
const CONTEXT_CHARACTERS = 6;
// What people write for want of the square brackets, or out of habit.
const MASK_LIKE = /[[【［〔(（]\s*mask\s*[\]】］〕)）]|_{2,}|＿+/gi;

/** The text around the masks: one part more than there are masks. */
export const partsOf = (text) => text.split(MASK);

export const hasMask = (text) => text.includes(MASK);

/** The text with what was meant as a mask written as one. */
export const withRealMasks = (text) => text.replace(MASK_LIKE, MASK);

/** A token as it stands in a text: a continuing piece of a word (`##ing`) goes without its marks. */
export const surface = (token) => token.replace(/^##(?=.)/, "");

/** The text again; `choices` holds a token for each mask, or null where the mask stays. */
export function filled(parts, choices) {
  return parts.reduce((text, part, index) => {
    const token = choices[index - 1];
    if (token === null) return text + MASK + part;
    // A continuing piece joins the word before it.
    return (token.startsWith("##") ? text.trimEnd() : text) + surface(token) + part;
  });
}

/** What stands around a mask, to tell it from the others. */
export function contextOf(parts, index) {
  const before = [...parts[index]].slice(-CONTEXT_CHARACTERS).join("");
  const after = [...parts[index + 1]].slice(0, CONTEXT_CHARACTERS).join("");
  return { before: before.split("\n").at(-1), after: after.split("\n")[0] };
}
