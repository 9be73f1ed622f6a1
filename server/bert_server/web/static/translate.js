// The view that translates while the user types.

import { writeAddress } from "./address.js";
import { copyOnClick } from "./clipboard.js";
import { TRANSLATE_EXAMPLES, listExamples } from "./examples.js";
import { ExchangeView } from "./exchange-view.js";
import { showFacts } from "./facts.js";
import { setMessage } from "./i18n.js";
import { Notice } from "./notice.js";
import { tooLong } from "./problems.js";
import { Requester } from "./requester.js";
import { debounced } from "./timing.js";

const TYPING_PAUSE_MS = 350;
// The server's limit.
const MOST_CHARACTERS = 10_000;
const NEARLY = 0.9;
const byId = (id) => document.getElementById(id);

export class TranslateView {
  name = "translate";
  task = "translate";
  messages = "translate";
  #source = byId("source");
  #target = byId("target");
  #pane = byId("target-pane");
  #counter = byId("counter");
  #copy = byId("copy-target");
  #notice = new Notice(byId("translate-notice"));
  #exchangeView = new ExchangeView(byId("translate-exchange"));
  #requester;
  #asked = "";

  constructor(status) {
    this.#requester = new Requester(this.#notice, status, (busy) => this.#showBusy(busy));
    listExamples(byId("translate-examples"), TRANSLATE_EXAMPLES, (text) => this.open(text));
    copyOnClick(this.#copy, () => this.#target.textContent);
    copyOnClick(byId("translate-link"), () => this.#link(), "copyLink");
    byId("clear-source").addEventListener("click", () => this.#clear());
    const translateSoon = debounced(TYPING_PAUSE_MS, () => this.translate());
    // While an input method composes a character, what stands in the field is not yet what is meant.
    this.#source.addEventListener("input", (event) => {
      this.#count();
      if (!event.isComposing) translateSoon();
    });
    this.#source.addEventListener("compositionend", translateSoon);
    this.#count();
    this.#showTranslation("");
  }

  get text() {
    return this.#source.value;
  }

  /** Show this text and translate it. */
  open(text) {
    this.#source.value = text;
    this.#count();
    return this.translate();
  }

  async translate() {
    const text = this.text;
    writeAddress(this.name, text);
    if (text === this.#asked) return;
    this.#asked = text;
    this.#requester.stop();
    if (!text.trim()) return this.#showTranslation("");
    const characters = lengthOf(text);
    if (characters > MOST_CHARACTERS) return this.#notice.show(tooLong(characters, MOST_CHARACTERS));
    const exchange = await this.#requester.run("translate", { text });
    if (!exchange) return this.#forget(text);
    this.#showTranslation(exchange.answer.translation);
    showFacts(byId("translate-facts"), exchange);
    this.#exchangeView.show(exchange);
  }

  /** A text that was not translated may be asked for again. */
  #forget(text) {
    if (this.#asked === text) this.#asked = null;
  }

  #showTranslation(translation) {
    this.#copy.disabled = !translation;
    if (translation) {
      delete this.#target.dataset.t;
      this.#target.textContent = translation;
      this.#target.lang = "en";
      return;
    }
    this.#target.removeAttribute("lang");
    setMessage(this.#target, "translate.empty");
    byId("translate-facts").replaceChildren();
    this.#exchangeView.hide();
  }

  #count() {
    const actual = lengthOf(this.text);
    setMessage(this.#counter, "translate.counter", { actual, limit: MOST_CHARACTERS });
    this.#counter.classList.toggle("near", actual > MOST_CHARACTERS * NEARLY);
    this.#counter.classList.toggle("over", actual > MOST_CHARACTERS);
    byId("clear-source").hidden = actual === 0;
  }

  #clear() {
    this.open("");
    this.#source.focus();
  }

  #showBusy(busy) {
    this.#pane.classList.toggle("busy", busy);
    this.#pane.ariaBusy = String(busy);
  }

  #link() {
    writeAddress(this.name, this.text);
    return location.href;
  }
}

/** Characters as people count them: not in UTF-16 units. */
const lengthOf = (text) => [...text].length;
