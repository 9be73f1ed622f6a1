// The last request and response as they went over the wire, to learn the API from.

import { apiKey } from "./api.js";
import { copyOnClick } from "./clipboard.js";
import { button, make, say } from "./dom.js";

export class ExchangeView {
  #request;
  #response;
  #details;

  constructor(container) {
    this.#request = make("pre", { tabIndex: 0, translate: false });
    this.#response = make("pre", { tabIndex: 0, translate: false });
    this.#details = make(
      "details",
      { className: "exchange", hidden: true },
      say("summary", {}, "exchange.title"),
      part("exchange.request", this.#request),
      part("exchange.response", this.#response),
    );
    container.append(this.#details);
  }

  show({ path, body, answer }) {
    this.#details.hidden = false;
    this.#request.textContent = asCurl(path, body);
    this.#response.textContent = JSON.stringify(answer, null, 2);
  }

  hide() {
    this.#details.hidden = true;
  }
}

function part(key, pre) {
  const copy = button("quiet", "copy", () => {});
  copyOnClick(copy, () => pre.textContent);
  return make("div", { className: "exchange-part" }, say("h3", {}, key), copy, pre);
}

/** A command for a POSIX shell. */
function asCurl(path, body) {
  const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
  const key = apiKey() ? ` -H "Authorization: Bearer $API_KEY"` : "";
  return `curl -s ${quoted(new URL(path, document.baseURI).href)}${key} -d ${quoted(JSON.stringify(body))}`;
}
