// What is around the views: the server's state, who it is, and what it cannot do.

import { copyOnClick } from "./clipboard.js";
import { button, make, say } from "./dom.js";
import { shortened } from "./facts.js";
import { setMessage } from "./i18n.js";
import { remember } from "./storage.js";
import { tasksOf } from "./server-status.js";

const byId = (id) => document.getElementById(id);

export function showState({ state, reason }) {
  const pill = byId("server-state");
  pill.dataset.state = state;
  setMessage(pill.querySelector("[data-t]"), `state.${state}`);
  const banner = byId("banner");
  banner.hidden = state === "ready" || state === "connecting";
  if (banner.hidden) return banner.replaceChildren();
  const parts = [say("p", {}, `banner.${state}`)];
  if (reason) parts.push(make("p", { className: "detail", lang: "en" }, reason));
  if (state === "loading") parts.push(make("span", { className: "progress", ariaHidden: "true" }));
  banner.dataset.state = state;
  banner.replaceChildren(...parts);
}

export function showIdentity({ version, release, fingerprint, models }) {
  const rows = [
    ["identity.version", make("span", {}, version)],
    ["identity.release", make("span", {}, release)],
    ["identity.model", make("span", {}, models.map(described).join(" · "))],
  ].filter(([, value]) => value.textContent);
  if (fingerprint) rows.push(["identity.fingerprint", fingerprintValue(fingerprint)]);
  byId("identity").replaceChildren(
    ...rows.map(([key, value]) => make("div", {}, say("dt", {}, key), make("dd", { translate: false }, value))),
  );
}

const described = ({ name, precision }) => `${name} (${precision})`;

function fingerprintValue(fingerprint) {
  const copy = button("quiet", "copy", () => {});
  copyOnClick(copy, () => fingerprint);
  return make("span", {}, make("code", { title: fingerprint }, shortened(fingerprint)), copy);
}

/** In a view whose task no model can do, an explanation takes the place of the controls. */
export function showAbilities(views, version) {
  const tasks = tasksOf(version);
  for (const { name, task, messages } of views) {
    const absent = tasks !== null && !tasks.has(task);
    const section = byId(name);
    const explanation = section.querySelector("[data-absent]");
    section.querySelector("[data-present]").hidden = absent;
    explanation.hidden = !absent;
    explanation.replaceChildren(...(absent ? absence(messages) : []));
  }
}

const EXAMPLE_BUNDLES = { fillMask: "./fill-mask-bundle", translate: "./fill-mask-bundle,./translation-bundle" };

function absence(messages) {
  return [
    make(
      "div",
      { className: "card absent" },
      say("p", {}, `${messages}.absent`),
      say("p", { className: "detail" }, `${messages}.absentHow`),
      make("pre", { tabIndex: 0, translate: false }, `bert-server serve --bundle ${EXAMPLE_BUNDLES[messages]}`),
    ),
  ];
}

export function switchTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  remember("theme", root.dataset.theme);
}
