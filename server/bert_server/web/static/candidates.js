// The candidates for each mask, with their probabilities.

import { contextOf, surface } from "./blanks.js";
import { make, say } from "./dom.js";
import { setMessageAttribute } from "./i18n.js";

/**
 * One group for each mask. `ranked` holds the candidates `{token, score}` of each mask; `onChoose(mask, token)` is
 * called when a candidate is clicked.
 */
export function candidateGroups(parts, ranked, onChoose) {
  return ranked.map((candidates, mask) => {
    const heading = ranked.length === 1 ? only() : numbered(mask, contextOf(parts, mask));
    const rows = candidates.map((candidate) => {
      const row = candidateRow(candidate);
      row.addEventListener("click", () => onChoose(mask, candidate.token));
      return make("li", {}, row);
    });
    heading.id = `mask-${mask}`;
    const list = make("ol", { className: "candidates" }, ...rows);
    list.setAttribute("aria-labelledby", heading.id);
    return make("section", { className: "mask" }, heading, list);
  });
}

/** Marks the chosen candidates in the groups; `choices` holds the token filled in at each mask, or null. */
export function showChoices(groups, ranked, choices) {
  groups.forEach((group, mask) => {
    group.querySelectorAll(".candidate").forEach((row, rank) => {
      const { token, score } = ranked[mask][rank];
      const chosen = choices[mask] === token;
      row.ariaPressed = String(chosen);
      const parameters = { token: surface(token), share: percent(score) };
      setMessageAttribute(row, "aria-label", chosen ? "fillMask.chosen" : "fillMask.choose", parameters);
    });
  });
}

function candidateRow({ token, score }) {
  const row = make(
    "button",
    { type: "button", className: "candidate" },
    make("span", { className: "bar", ariaHidden: "true" }),
    make("span", { className: "token", lang: "zh-Hans", translate: false }, surface(token)),
    make("span", { className: "share" }, percent(score)),
  );
  row.style.setProperty("--share", score);
  return row;
}

const only = () => say("h2", { className: "mask-title" }, "fillMask.onlyBlank");

function numbered(mask, { before, after }) {
  return make(
    "h2",
    { className: "mask-title" },
    say("span", {}, "fillMask.blank", { number: mask + 1 }),
    make("span", { className: "context", lang: "zh-Hans" }, before, make("span", { className: "gap" }, "□"), after),
  );
}

/** Shows, in the node, the text with a token at each mask: the chosen one, else the likeliest. */
export function showSentence(node, parts, ranked, choices) {
  node.replaceChildren(parts[0]);
  ranked.forEach((candidates, mask) => {
    const token = choices[mask] ?? candidates[0]?.token ?? "";
    const className = choices[mask] === null ? "guess" : "choice";
    node.append(make("mark", { className }, surface(token)), parts[mask + 1]);
  });
}

/** 91.9%; what is too small to show is said to be so. */
function percent(score) {
  const share = score * 100;
  if (share > 0 && share < 0.1) return "<0.1%";
  return `${share.toFixed(share < 99.95 ? 1 : 0)}%`;
}
