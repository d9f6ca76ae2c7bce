// Swagger UI over this server's specs, its calls filled in from each vendor's example call.

import { HERE, ROOT, allowed, ask, sandbox, server, token } from "../token.js";

const chosen = document.querySelector("#spec");
const examples = new Map(); // by spec; empty until control may be asked
let ui;

const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches); // Swagger UI's own switch
dark.addEventListener("change", follow);
follow();

try {
  const { specs } = await (await fetch(`${HERE}__docs/specs`)).json();
  chosen.append(...specs.map(({ name, title }) => new Option(title, name)));
  const asked = new URLSearchParams(location.search).get("api");
  if (specs.some(({ name }) => name === asked)) chosen.value = asked;
  chosen.addEventListener("change", show);
  const { tokenWanted } = await server();
  await allowed(document.querySelector("#token"), tokenWanted, async () => {
    for (const { name, example } of await ask("/vendors")) examples.set(name, example);
    examples.set("control", { headers: token() === null ? {} : { "X-Mock-Control-Token": token() }, query: {}, path: "" });
    show();
  });
} catch (error) {
  document.querySelector("#failed").textContent = `${error.message} Reload this page to try again.`;
}
if (!ui && chosen.value) show(); // readable without credentials

/** Shows the chosen spec, and says so in the page's URL. */
function show() {
  const name = chosen.value;
  const url = `${HERE}__docs/specs/${name}.yaml`;
  document.querySelector("#file").href = url;
  history.replaceState(null, "", `?api=${name}`);
  if (ui) {
    ui.specActions.updateUrl(url);
    ui.specActions.download(url);
    return;
  }
  ui = SwaggerUIBundle({
    url,
    dom_id: "#swagger-ui",
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    validatorUrl: "none", // nothing is asked of other hosts
    plugins: [() => ({ statePlugins: { spec: { wrapActions: { updateJsonSpec: (next) => (spec) => next(filled(spec)) } } } })],
    onComplete: () => {
      authorize();
      open();
    },
  });
}

/** The spec as it is true where this page is, with the values that make its example call work, and no other: a spec's own examples are of its document. */
function filled(spec) {
  for (const here of spec.servers ?? []) if (here.url.startsWith("/")) here.url = ROOT + here.url.slice(1);
  const example = examples.get(chosen.value);
  if (!example) return spec;
  const path = example.path.slice(example.path.startsWith(sandbox) ? sandbox.length : 0);
  for (const [template, item] of Object.entries(spec.paths ?? {})) {
    const named = values(template, path);
    if (!named) continue;
    for (const parameter of item.get?.parameters ?? []) {
      const value = parameter.in === "path" ? named[parameter.name] : example.query[parameter.name];
      if (value !== undefined) parameter.example = value;
      else if (!parameter.required) delete parameter.example;
    }
  }
  return spec;
}

/** What stands in a path where its template has names; null if it is not of this template. */
function values(template, path) {
  const escaped = template.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
  const found = path.match(new RegExp(`^${escaped.replace(/{(\w+)}/g, "(?<$1>[^/]+)")}$`));
  return found && { ...found.groups };
}

/** Fills in the credentials that the shown spec asks for, and takes out those of the one before. */
function authorize() {
  const before = Object.keys(ui.authSelectors.authorized()?.toJS() ?? {});
  if (before.length) ui.authActions.logout(before);
  const headers = Object.entries(examples.get(chosen.value)?.headers ?? {});
  const schemes = ui.specSelectors.specJson().toJS().components?.securitySchemes ?? {};
  for (const [name, scheme] of Object.entries(schemes)) {
    const wanted = scheme.type === "apiKey" ? scheme.name : "Authorization";
    const value = headers.find(([header]) => header.toLowerCase() === wanted.toLowerCase())?.[1];
    if (value) ui.preauthorizeApiKey(name, scheme.type === "apiKey" ? value : value.replace(/^\S+\s+/, ""));
  }
}

/** Opens the operation of a spec that has one alone. */
function open() {
  const [only, ...others] = ui.specSelectors.operations().toJS();
  if (only && !others.length) ui.layoutActions.show(["operations", "default", only.operation.operationId], true);
}
