// The view that fills masks.

import { writeAddress } from "./address.js";
import { MASK, filled, hasMask, partsOf, surface, withRealMasks } from "./blanks.js";
import { candidateGroups, showChoices, showSentence } from "./candidates.js";
import { copyOnClick } from "./clipboard.js";
import { insertAtCursor, make, say } from "./dom.js";
import { FILL_MASK_EXAMPLES, listExamples } from "./examples.js";
import { ExchangeView } from "./exchange-view.js";
import { showFacts } from "./facts.js";
import { setMessage } from "./i18n.js";
import { Notice } from "./notice.js";
import { Requester } from "./requester.js";
import { debounced } from "./timing.js";

const TOP_K = 5;
const ADDRESS_DELAY_MS = 300;
const byId = (id) => document.getElementById(id);

export class FillMaskView {
  name = "fill-mask";
  task = "fill-mask";
  messages = "fillMask";
  #text = byId("fill-mask-text");
  #predict = byId("predict");
  #results = byId("results");
  #notice = new Notice(byId("fill-mask-notice"));
  #exchangeView = new ExchangeView(byId("fill-mask-exchange"));
  #requester;
  // Of the text that was asked: its parts around the masks, the candidates and the choice at each mask.
  #parts = [];
  #ranked = [];
  #choices = [];
  // Where these are shown.
  #sentence = null;
  #groups = [];

  constructor(status) {
    this.#requester = new Requester(this.#notice, status, (busy) => this.#showBusy(busy));
    listExamples(byId("fill-mask-examples"), FILL_MASK_EXAMPLES, (text) => this.open(text));
    byId("insert-mask").addEventListener("click", () => insertAtCursor(this.#text, MASK));
    copyOnClick(byId("fill-mask-link"), () => this.#link(), "copyLink");
    byId("fill-mask-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.predict();
    });
    const keepAddress = debounced(ADDRESS_DELAY_MS, () => this.#keepAddress());
    this.#text.addEventListener("input", () => {
      this.#markStale();
      keepAddress();
    });
    if (navigator.platform.startsWith("Mac")) byId("fill-mask-hint").querySelector("kbd").textContent = "⌘";
    byId("fill-mask").addEventListener("keydown", (event) => this.#onKey(event));
  }

  get text() {
    return this.#text.value;
  }

  /** Show this text, and its answer as soon as there is one. */
  open(text) {
    this.#text.value = text;
    this.#markStale();
    return this.predict();
  }

  async predict() {
    const text = this.text;
    this.#requester.stop();
    this.#keepAddress();
    if (!text.trim()) return this.#refuse("problem.empty");
    if (!hasMask(text)) return this.#refuseWithoutMask(text);
    const exchange = await this.#requester.run("fill-mask", { text, top_k: TOP_K });
    if (exchange) this.#show(text, exchange);
  }

  #show(text, exchange) {
    const { result } = exchange.answer;
    this.#parts = partsOf(text);
    // With one mask the answer is a list of candidates, with several a list of such lists.
    this.#ranked = this.#parts.length === 2 ? [result] : result;
    this.#choices = this.#ranked.map(() => null);
    this.#exchangeView.show(exchange);
    byId("fill-mask-empty").hidden = true;
    this.#render(exchange);
    const tokens = this.#ranked.map(([best]) => surface(best?.token ?? "")).join(" ");
    setMessage(byId("fill-mask-summary"), "fillMask.summary", { tokens });
    // The text may have been changed since it was asked.
    this.#markStale();
  }

  #render(exchange) {
    const facts = make("div", { className: "facts" });
    showFacts(facts, exchange);
    this.#sentence = make("p", { className: "sentence", lang: "zh-Hans" });
    this.#groups = candidateGroups(this.#parts, this.#ranked, (mask, token) => this.#choose(mask, token));
    const notes = windowNote(exchange.answer.window);
    this.#results.replaceChildren(this.#sentence, ...notes, make("div", { className: "masks" }, ...this.#groups), facts);
    this.#results.classList.remove("stale");
    this.#results.hidden = false;
    this.#showChoices();
  }

  #showChoices() {
    showSentence(this.#sentence, this.#parts, this.#ranked, this.#choices);
    showChoices(this.#groups, this.#ranked, this.#choices);
  }

  /** Fill the token in, or take it out again if it is in. */
  #choose(mask, token) {
    this.#choices[mask] = this.#choices[mask] === token ? null : token;
    this.#text.value = filled(this.#parts, this.#choices);
    this.#keepAddress();
    this.#showChoices();
  }

  /** Results of another text stay readable, but cannot be filled in any more. */
  #markStale() {
    const stale = !this.#results.hidden && this.text !== filled(this.#parts, this.#choices);
    if (stale === this.#results.classList.contains("stale")) return;
    this.#results.classList.toggle("stale", stale);
    for (const row of this.#results.querySelectorAll(".candidate")) row.disabled = stale;
    if (stale) this.#results.prepend(say("p", { className: "note" }, "fillMask.stale"));
    else this.#results.querySelector(".note").remove();
  }

  #refuse(key, actions = []) {
    this.#notice.show({ key, actions });
    this.#text.focus();
  }

  #refuseWithoutMask(text) {
    const replaced = withRealMasks(text);
    const insert = () => {
      this.#notice.clear();
      insertAtCursor(this.#text, MASK);
    };
    const replace = () => this.open(replaced);
    const action = replaced === text ? ["problem.noMaskInsert", insert] : ["problem.maskLikeReplace", replace];
    this.#refuse("problem.noMask", [action]);
  }

  #showBusy(busy) {
    this.#predict.classList.toggle("busy", busy);
    this.#predict.ariaBusy = String(busy);
    this.#results.classList.toggle("busy", busy);
    setMessage(this.#predict.querySelector("[data-t]"), busy ? "fillMask.predicting" : "fillMask.predict");
  }

  #onKey(event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    this.predict();
  }

  #keepAddress() {
    writeAddress(this.name, this.text);
  }

  #link() {
    this.#keepAddress();
    return location.href;
  }
}

/** What part of a long text was used; places are counted from 1, as people do. */
function windowNote(window) {
  if (!window) return [];
  const { first_token: first, last_token: last, total_tokens: tokens } = window;
  const place = { first: first + 1, last: last + 1, tokens };
  return [say("p", { className: "window-note" }, "fillMask.window", place)];
}
