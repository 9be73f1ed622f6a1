// Texts to begin with: poems, idioms, everyday sentences.

import { make } from "./dom.js";

export const FILL_MASK_EXAMPLES = [
  "床前明月光，疑是地[MASK]霜。",
  "守株待[MASK]",
  "春风又绿江南[MASK]，明月何时照我还。",
  "太阳从东[MASK]升起。",
  "床前明月[MASK]，疑是地[MASK]霜。",
  "中国的首都是北[MASK]。",
];

export const TRANSLATE_EXAMPLES = ["今天天气很好。", "图书馆在哪里？", "请给我一杯水。\n这本书很有意思。", "熟能生巧。"];

/** A button for each text in the list; `onPick` gets the text. */
export function listExamples(list, texts, onPick) {
  const items = texts.map((text) => {
    const pick = make("button", { type: "button", className: "example", lang: "zh-Hans", translate: false }, text);
    pick.addEventListener("click", () => onPick(text));
    return make("li", {}, pick);
  });
  list.replaceChildren(...items);
}
