// Shows the OpenAPI document. Text from the server is only ever set as text.

const SHOWN_HEADERS = ["x-bert-queue-ms", "x-bert-inference-ms", "x-bert-version", "x-request-id", "retry-after"];
const LONGEST_SHOWN = 20_000;

const about = document.getElementById("about");
const main = document.getElementById("operations");
const key = document.getElementById("key");

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function resolved(schema, api) {
  const name = schema.$ref?.split("/").pop();
  return name ? { ...api.components.schemas[name], ...schema } : schema;
}

function typeName(schema, api) {
  const found = resolved(schema, api);
  if (found.anyOf) return found.anyOf.map((choice) => typeName(choice, api)).join(" | ");
  if (found.enum) return found.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (found.type === "array") return `list of ${found.items ? typeName(found.items, api) : "anything"}`;
  return found.title ?? found.type ?? "anything";
}

function limits(schema) {
  const known = { minimum: "≥", maximum: "≤", exclusiveMinimum: ">", minItems: "at least", maxItems: "at most" };
  const found = Object.entries(known).filter(([name]) => name in schema).map(([name, sign]) => `${sign} ${schema[name]}`);
  if (schema.default !== undefined) found.push(`by default ${JSON.stringify(schema.default)}`);
  return found.join(", ");
}

function fieldTable(schema, api) {
  const found = resolved(schema, api);
  const required = new Set(found.required ?? []);
  const rows = Object.entries(found.properties ?? {}).map(([name, field]) => {
    const about = [resolved(field, api).description, limits(field)].filter(Boolean).join(" ");
    const kind = element("td", { className: "quiet" }, typeName(field, api), required.has(name) ? ", required" : "");
    return element("tr", {}, element("td", {}, element("code", { textContent: name })), kind, element("td", {}, about));
  });
  const note = element("p", { className: "quiet", textContent: found.description ?? "" });
  return element("div", {}, note, element("table", {}, element("tbody", {}, ...rows)));
}

function pathForm(operation, form) {
  const fields = operation.parameters.filter((parameter) => parameter.in === "path");
  return fields.map(({ name }) => {
    const input = element("input", { id: `${operation.operationId}-${name}`, name, required: true });
    form.append(element("label", { htmlFor: input.id, textContent: name }), input);
    return input;
  });
}

function bodyForm(operation, form) {
  if (!operation.requestBody) return null;
  const { examples } = operation.requestBody.content["application/json"];
  const id = `${operation.operationId}-body`;
  const text = element("textarea", { id, spellcheck: false });
  const choice = element("select", { id: `${id}-example` });
  choice.append(...Object.keys(examples).map((name) => element("option", { textContent: name })));
  const show = () => {
    text.value = JSON.stringify(examples[choice.value]?.value ?? {}, null, 2);
  };
  choice.addEventListener("change", show);
  show();
  form.append(element("label", { htmlFor: choice.id, textContent: "Example" }), choice);
  form.append(element("label", { htmlFor: id, textContent: "Body" }), text);
  return text;
}

function pretty(text) {
  try {
    const whole = JSON.stringify(JSON.parse(text), null, 2);
    return whole.length > LONGEST_SHOWN ? `${whole.slice(0, LONGEST_SHOWN)}\n…` : whole;
  } catch {
    return text;
  }
}

async function ask(method, path, body) {
  const headers = key.value ? { authorization: `Bearer ${key.value}` } : {};
  if (body !== undefined) headers["content-type"] = "application/json";
  const began = performance.now();
  const response = await fetch(path, { method, headers, body });
  const text = await response.text();
  const lines = [`${response.status} ${response.statusText} after ${(performance.now() - began).toFixed(1)} ms`];
  for (const name of SHOWN_HEADERS) {
    if (response.headers.has(name)) lines.push(`${name}: ${response.headers.get(name)}`);
  }
  return { ok: response.ok, text: `${lines.join("\n")}\n\n${pretty(text)}` };
}

function tryForm(method, path, operation) {
  const form = element("form");
  const inputs = pathForm(operation, form);
  const body = bodyForm(operation, form);
  const button = element("button", { textContent: "Send" });
  const answer = element("pre", { hidden: true });
  answer.setAttribute("aria-live", "polite");
  form.append(button);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    const filled = inputs.reduce((done, input) => done.replace(`{${input.name}}`, encodeURIComponent(input.value)), path);
    const asked = ask(method.toUpperCase(), filled.slice(1), body?.value);
    const { ok, text } = await asked.catch((error) => ({ ok: false, text: `no answer: ${error.message}` }));
    Object.assign(answer, { hidden: false, textContent: text, className: ok ? "" : "failed" });
    button.disabled = false;
  });
  return element("div", {}, element("h3", { textContent: "Try it" }), form, answer);
}

function shownOperation(method, path, operation, api) {
  const inside = element("div", { className: "inside" });
  const request = operation.requestBody?.content["application/json"].schema;
  if (request) inside.append(element("h3", { textContent: "Request" }), fieldTable(request, api));
  const [response] = Object.values(operation.responses["200"].content ?? {});
  if (response) inside.append(element("h3", { textContent: "Answer" }), fieldTable(response.schema, api));
  const others = Object.entries(operation.responses).filter(([status]) => status !== "200");
  const refusals = others.map(([status, { description }]) => `${status} ${description}`).join(", ");
  if (refusals) inside.append(element("h3", { textContent: "Refusals" }), element("p", { textContent: refusals }));
  inside.append(tryForm(method, path, operation));
  const head = element(
    "summary",
    {},
    element("span", { className: "method", textContent: method.toUpperCase() }),
    element("span", { className: "path", textContent: path }),
    element("span", { className: "summary", textContent: operation.summary }),
  );
  return element("details", { id: operation.operationId }, head, inside);
}

function show(api) {
  about.textContent = `${api.info.summary} Version ${api.info.version}.`;
  const groups = new Map();
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const [tag] = operation.tags;
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push(shownOperation(method, path, operation, api));
    }
  }
  for (const [tag, shown] of groups) main.append(element("section", {}, element("h2", { textContent: tag }), ...shown));
  const wanted = document.getElementById(location.hash.slice(1));
  if (wanted) wanted.open = true;
}

document.getElementById("settings").addEventListener("submit", (event) => event.preventDefault());
try {
  const response = await fetch("openapi.json");
  if (!response.ok) throw new Error(`status ${response.status}`);
  show(await response.json());
} catch (error) {
  about.textContent = `The document cannot be read: ${error.message}`;
  about.className = "failed";
}
