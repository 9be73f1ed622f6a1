// Puts the page together: views, server state, language, theme and address.

import { readAddress, writeAddress } from "./address.js";
import { FillMaskView } from "./fill-mask.js";
import { setMessage, switchLanguage, translatePage } from "./i18n.js";
import { showAbilities, showIdentity, showState, switchTheme } from "./page.js";
import { ServerStatus, tasksOf } from "./server-status.js";
import { TranslateView } from "./translate.js";

const status = new ServerStatus();
const views = [new FillMaskView(status), new TranslateView(status)];

function showView(shown) {
  for (const { name } of views) document.getElementById(name).hidden = name !== shown.name;
  for (const link of document.querySelectorAll("[data-view]")) {
    if (link.dataset.view === shown.name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  setMessage(document.querySelector("title"), `${shown.messages}.pageTitle`);
}

/** Show what the address names; a text in it is answered as well. */
function followAddress() {
  const address = readAddress();
  if (!address) return;
  const view = views.find(({ name }) => name === address.view);
  showView(view);
  if (address.text !== null && address.text !== view.text) view.open(address.text);
  // A link in the page names the view alone; the text that stands there belongs to its address.
  else writeAddress(view.name, view.text);
}

/** Without an address: the first view that the server can do something for. */
function chooseView(version) {
  const tasks = tasksOf(version);
  if (!readAddress()) showView(views.find(({ task }) => tasks?.has(task)) ?? views[0]);
}

status.addEventListener("change", () => showState(status));
status.addEventListener("version", () => {
  showIdentity(status.version);
  showAbilities(views, status.version);
  chooseView(status.version);
});
// Done here, because the fragment belongs to the view.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  document.getElementById("main").focus();
});
document.getElementById("language").addEventListener("click", switchLanguage);
document.getElementById("theme").addEventListener("click", switchTheme);
window.addEventListener("hashchange", followAddress);

translatePage();
showState(status);
chooseView(null);
followAddress();
status.start();
