// The page around the views: which view of which sandbox is shown is in the address, so that links and reloads keep it.

import { NAMED, Lost, ask, askTokenWith, every, line } from "./api.js";
import * as calls from "./calls.js";
import * as data from "./data.js";
import * as fidelity from "./fidelity.js";
import { dialog, el, failed, field, loading, tell } from "./parts.js";
import * as sandboxes from "./sandboxes.js";
import * as faults from "./faults.js";

const VIEWS = { calls, data, faults, fidelity, sandboxes };
const main = document.getElementById("main");
const picker = document.getElementById("sandbox");
const pulse = document.getElementById("pulse");

let shown = null; // what ends the view that is shown
let place = null;
let known = []; // the names of the sandboxes, when they were last asked for

/** Where we are: `#/<sandbox>/<view>/<vendor or call>`. */
function here() {
  const [sandbox, view, rest] = location.hash.slice(2).split("/").map(decoded);
  return { sandbox: sandbox || NAMED || "default", view: Object.hasOwn(VIEWS, view) ? view : "calls", rest: rest || null };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function address({ sandbox, view, rest }) {
  return `#/${[sandbox, view, rest].filter((part) => part !== null && part !== undefined).map(encodeURIComponent).join("/")}`;
}

/** What a view knows of the page: where it is, addresses of other places, and how to go there. */
function room(signal) {
  const { sandbox, view, rest } = place;
  const to = (there) => address({ sandbox, view, rest: null, ...there });
  return {
    sandbox,
    view,
    rest,
    signal,
    to,
    go: (there) => (location.hash = to(there)),
    refresh: listed,
    ask: (method, path, body) => ask(method, path, { sandbox, body, signal }),
  };
}

async function show() {
  const next = here();
  const same = place && next.sandbox === place.sandbox && next.view === place.view;
  place = next;
  if (same && VIEWS[place.view].moved?.(place)) return;
  shown?.abort();
  shown = new AbortController();
  const { signal } = shown;
  document.title = `${VIEWS[place.view].title} · ${place.sandbox} · mockserver`;
  const tabbed = document.activeElement?.closest?.(".vendors");
  links();
  listed();
  main.replaceChildren(el("h1.unseen", {}, `${VIEWS[place.view].title} of ${place.sandbox}`), loading("this view"));
  try {
    const made = await VIEWS[place.view].show(room(signal));
    if (!signal.aborted) main.replaceChildren(el("h1.unseen", {}, `${VIEWS[place.view].title} of ${place.sandbox}`), ...made);
    if (tabbed && !signal.aborted) main.querySelector(".vendors [aria-current]")?.focus();
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof Lost)) console.warn(error);
    main.replaceChildren(el("h1.unseen", {}, VIEWS[place.view].title), failed(error, show));
    line.addEventListener("back", show, { once: true, signal });
  }
}

function links() {
  const made = Object.entries(VIEWS).map(([view, { title }]) =>
    el("a", { href: address({ sandbox: place.sandbox, view }), "aria-current": view === place.view ? "page" : null }, title),
  );
  const nav = document.getElementById("views");
  const focused = nav.contains(document.activeElement);
  nav.replaceChildren(...made);
  if (focused) nav.querySelector("[aria-current]").focus();
}

/** The sandboxes to choose from; the one that is looked at is among them before its first use, too. */
async function listed() {
  options();
  try {
    const { sandboxes: rows } = await ask("GET", "sandboxes");
    known = rows.map((row) => row.name);
    options();
  } catch (error) {
    if (!(error instanceof Lost)) tell(error);
  }
}

function options() {
  const all = [...new Set([...known, "default", place.sandbox])].sort();
  const same = all.join() === [...picker.options].map((option) => option.value).join();
  if (same) picker.value = place.sandbox;
  else picker.replaceChildren(...all.map((name) => el("option", { value: name, selected: name === place.sandbox }, name)));
}

function askToken(said, wrong) {
  return new Promise((resolve) => {
    const input = el("input", { type: "password", autocomplete: "off", required: true, autofocus: true, "aria-describedby": "token-said" });
    dialog(
      "Control token",
      (close) =>
        el(
          "form",
          {
            onsubmit: (event) => {
              event.preventDefault();
              resolve(input.value);
              close();
            },
          },
          el("p", { id: "token-said", role: wrong ? "alert" : null, class: wrong ? "wrong" : null }, wrong ? "That is not the token." : said),
          field("Token", input, "Kept in this tab until it is closed, and sent to this server alone."),
          el("div.actions", {}, el("button.primary", { type: "submit" }, "Open the console")),
        ),
      { kind: "small", stays: true }, // there is nothing to see without it
    );
  });
}

function connected(well) {
  const said = well ? "Live" : "The server does not answer. Trying again";
  if (pulse.textContent === said) return; // said again, a screen reader would read it again
  pulse.className = well ? "pulse" : "pulse lost";
  pulse.textContent = said;
}

askTokenWith(askToken);
line.addEventListener("lost", () => connected(false));
line.addEventListener("back", () => {
  connected(true);
  listed();
});
picker.addEventListener("focus", listed);
picker.addEventListener("change", () => (location.hash = address({ sandbox: picker.value, view: place.view })));
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
window.addEventListener("hashchange", show);
let instance = null; // the memory that the sandboxes are in, as it was last told
every(2000, new AbortController().signal, async () => {
  const told = await ask("GET", "health").catch(() => null);
  if (told === null) return;
  connected(true);
  if (instance !== null && told.instance !== null && told.instance !== instance) {
    tell("The server has begun anew. What its sandboxes held is lost");
    place = null; // what is shown is of what was
    show();
  }
  instance = told.instance ?? instance;
});
show();
