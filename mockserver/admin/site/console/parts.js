// The pieces that views are made of. All text goes in as text: nothing that a client sent becomes markup.

import { Lost, Problem } from "./api.js";
import { laid } from "./json.js";

/** An element: `el("button.quiet", { type: "button", onclick }, "Copy")`. Attributes that are null or false are left
    out, functions are listeners, and children may be texts, nodes, lists of them, or nothing. */
export function el(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const made = document.createElement(tag);
  if (classes.length) made.className = classes.join(" ");
  return dress(made, attributes, children);
}

/** The same in SVG. */
export function svg(name, attributes = {}, ...children) {
  return dress(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function dress(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** A button that does something; while it does, it cannot be pressed again. What goes wrong is told in a toast. */
export function button(text, act, { kind = "", ...attributes } = {}) {
  const made = el(`button${kind && `.${kind}`}`, { type: "button", ...attributes }, text);
  made.addEventListener("click", async () => {
    made.setAttribute("aria-disabled", "true");
    try {
      if (!made.dataset.busy) {
        made.dataset.busy = "1";
        await act(made);
      }
    } catch (error) {
      tell(error);
    } finally {
      made.removeAttribute("aria-disabled");
      delete made.dataset.busy;
    }
  });
  return made;
}

/** A field with its label above it. */
export function field(label, input, hint = "") {
  return el("label.field", {}, el("span", {}, label), input, hint && el("small", {}, hint));
}

export function select(choices, chosen, attributes = {}) {
  const options = choices.map(([value, text]) => el("option", { value, selected: value === chosen }, text));
  return el("select", attributes, options);
}

/** A word in a coloured pill. */
export function badge(text, kind = "") {
  return el(`span.badge${kind && `.${kind}`}`, {}, text);
}

export function statusBadge(status) {
  return badge(String(status), status >= 500 ? "bad" : status >= 400 ? "warn" : "good");
}

/** What the client received of a call: the status, or the network fault and beside it the status that was intended. */
export function receivedBadge({ received, response }) {
  return received.fault ? el("span", {}, badge(received.fault, "bad"), el("small", {}, ` ${response.status} intended`)) : statusBadge(received.status);
}

/** The same in words. */
export function receivedText({ received, response }) {
  return received.fault ? `${received.fault} (${response.status} intended)` : String(received.status);
}

/** A sentence in which what stands between backticks is code. */
export function sentence(text) {
  return text.split("`").map((part, at) => (at % 2 ? el("code", {}, part) : part));
}

/** A section of a page under a heading. */
export function card(title, about, ...children) {
  return el("section.card", {}, el("h2", {}, title), about && el("p.about", {}, about), ...children);
}

/** A table that scrolls within itself where it is too wide. `columns`: [heading, class]. */
export function table(caption, columns, rows) {
  const heads = columns.map(([text, name = ""]) => el("th", { scope: "col", class: name || null }, text));
  const shown = el("table", {}, el("caption.unseen", {}, caption), el("thead", {}, el("tr", {}, heads)), el("tbody", {}, rows));
  return el("div.scroll", { tabindex: "0", role: "region", "aria-label": caption }, shown);
}

/** What stands where nothing is yet: what it would be, and how it comes. */
export function empty(title, ...more) {
  return el("div.empty", {}, el("p.title", {}, title), ...more);
}

export function loading(what) {
  return el("div.loading", { role: "status" }, el("span.spin", { "aria-hidden": "true" }), `Loading ${what}`);
}

/** What stands where something could not be shown. */
export function failed(error, again) {
  const title = error instanceof Problem ? error.title : error instanceof Lost ? "No connection" : "Something broke";
  return el("div.failed", { role: "alert" }, el("p.title", {}, title), el("p", {}, error.message), button("Try again", again));
}

/** Puts what was drawn anew in the place of what was there. The focus stays at the same `data-key`; and of a field that
    is marked `data-draft`, as nothing of it is sent yet, so does what was written in it. */
export function redraw(place, ...made) {
  const focused = document.activeElement;
  const { selectionStart, selectionEnd } = focused;
  const drafts = [...place.querySelectorAll("[data-draft]")].filter(written);
  const unheard = (event) => event.stopPropagation(); // Chromium: a field half written "changes" as it goes
  place.addEventListener("change", unheard, true);
  place.replaceChildren(...made);
  place.removeEventListener("change", unheard, true);
  const anew = ({ dataset }) => place.querySelector(`[data-key="${CSS.escape(dataset.key)}"]`);
  for (const draft of drafts) anew(draft).value = draft.value;
  if (!focused.dataset.key) return;
  anew(focused)?.focus();
  if (drafts.includes(focused) && selectionEnd) anew(focused).setSelectionRange(selectionStart, selectionEnd);
}

function written(field) {
  return field.options ? !field.selectedOptions[0].defaultSelected : field.value !== field.defaultValue;
}

/** JSON, laid out and coloured, with every digit as it was sent; any other text as it is. */
export function json(text, label) {
  const pieces = [...laid(text)].map(([kind, piece]) => (kind === "space" ? piece : el(`span.${kind}`, {}, piece)));
  return el("pre.json", { tabindex: "0", role: "region", "aria-label": label }, pieces);
}

/** Says a word at the edge of the screen, for a while; of an error, what it says. */
export function tell(what) {
  const bad = what instanceof Error;
  if (bad && what.name === "AbortError") return;
  if (bad && !(what instanceof Problem || what instanceof Lost)) console.error(what);
  const toast = el(`p.toast${bad ? ".bad" : ""}`, {}, bad ? what.message : what);
  document.getElementById("toasts").append(toast);
  setTimeout(() => toast.remove(), bad ? 8000 : 4000);
}

/** Opens a dialog with a heading; Escape and Close close it, and the focus goes back to where it was.
    `made(close)` makes what is in it; one that `stays` is closed by that alone. */
export function dialog(title, made, { kind = "", stays = false, onclose = () => {} } = {}) {
  const before = document.activeElement;
  const heading = el("h2", { id: "dialog-title", tabindex: "-1" }, title);
  const box = el(`dialog${kind && `.${kind}`}`, { "aria-labelledby": "dialog-title" });
  const close = () => box.close();
  const x = el("button.close", { type: "button", "aria-label": "Close", onclick: close }, "×");
  box.append(el("div.head", {}, heading, !stays && x), ...[made(close)].flat());
  box.addEventListener("close", () => {
    box.remove();
    onclose();
    (before?.isConnected ? before : document.getElementById("main")).focus();
  });
  box.addEventListener("click", (event) => event.target === box && !stays && close());
  box.addEventListener("cancel", (event) => stays && event.preventDefault());
  box.addEventListener("keydown", (event) => stays && event.key === "Escape" && event.preventDefault());
  document.body.append(box);
  box.showModal();
  (box.querySelector("[autofocus]") ?? heading).focus();
}

/** Asks whether to do what cannot be undone; a promise of the answer. */
export function sure(title, about, yes) {
  return new Promise((resolve) => {
    let answer = false;
    dialog(
      title,
      (close) => [
        el("p", {}, about),
        el(
          "div.actions",
          {},
          button("Cancel", close, { kind: "quiet" }),
          button(yes, () => ((answer = true), close()), { kind: "danger", autofocus: true }),
        ),
      ],
      { kind: "small", onclose: () => resolve(answer) },
    );
  });
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    tell("Copied.");
  } catch {
    tell("This browser does not let pages copy here: select the text and copy it.");
  }
}

/** Puts a file on the disk of whoever looks. */
export function download(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }));
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Links to one vendor's part of a view, the one that is shown marked. */
export function vendorTabs(vendors, shown, address) {
  const links = vendors.map((vendor) =>
    el("a", { href: address(vendor.name), "aria-current": vendor.name === shown ? "page" : null }, vendor.title),
  );
  return el("nav.vendors", { "aria-label": "Vendors" }, links);
}
