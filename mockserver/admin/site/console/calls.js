// Calls: the journal of the sandbox as it grows, newest first; one call is opened in a drawer.

import { ROOT, Lost, every, line } from "./api.js";
import { open } from "./call.js";
import { badge, button, el, empty, receivedBadge, receivedText, sure, table, tell } from "./parts.js";

export const title = "Calls";

const MOST = 500; // rows that are shown; the journal may hold more
const COLUMNS = [
  ["Time (UTC)"],
  ["Vendor", "wide"],
  ["Call"],
  ["Sandbox", "wide"],
  ["Status"],
  ["ms", "number wide"],
  ["Warnings", "wide"],
];

let move = null; // opens or closes the drawer when only that part of the address changed

/** Whether another address is the same view with another call open. */
export function moved(place) {
  move?.(place.rest);
  return move !== null;
}

export async function show(room) {
  const vendors = await room.ask("GET", "vendors");
  const titles = new Map(vendors.map((vendor) => [vendor.name, vendor.title]));
  let entries = [];
  let had = 0; // how many calls the journal had at the last look, and had let go
  let broken = null;

  const filter = el("input", {
    type: "search",
    placeholder: "Vendor, path, status, warning …",
    "aria-label": "Filter calls",
    oninput: () => draw(),
  });
  const warned = el("input", { type: "checkbox", onchange: () => draw() });
  const count = el("p.count", {});
  const news = el("p.unseen", { "aria-live": "polite", id: "news" });
  const list = el("div", {});
  const forget = button("Clear", forgetAll, { kind: "quiet" });

  /** What is new since the last look; all of it when the journal is another one than before. */
  async function look() {
    const seen = entries;
    const newest = seen[0]?.id ?? 0;
    let older = seen;
    let told = await room.ask("GET", `requests?after=${newest}&limit=${MOST}&brief=true`);
    // A bounded journal lets its oldest calls go, and tells how many. Any others that are missing somebody took out.
    if (newest && told.requests.length < MOST && told.meta.total + told.meta.dropped !== had + told.requests.length) {
      older = [];
      told = await room.ask("GET", `requests?limit=${MOST}&brief=true`);
    }
    if (entries !== seen) return look(); // another look was faster
    had = told.meta.total + told.meta.dropped;
    const fresh = newest ? told.requests.filter((entry) => entry.id > newest) : [];
    if (fresh.length) announce(fresh);
    if (older !== seen || told.requests.length || told.meta.total !== Number(count.dataset.total ?? -1)) {
      entries = [...told.requests, ...older].slice(0, Math.min(MOST, told.meta.total));
      count.dataset.total = told.meta.total;
      draw(new Set(fresh.map((entry) => entry.id)));
    }
  }

  function announce(fresh) {
    const [latest] = fresh;
    const calls = fresh.length === 1 ? "A new call" : `${fresh.length} new calls, the newest`;
    news.textContent = `${calls}: ${latest.request.method} ${latest.request.path}, ${receivedText(latest)}`;
  }

  function draw(fresh = new Set()) {
    const wanted = filter.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const fits = entries.filter((entry) => (!warned.checked || entry.warnings.length) && wanted.every((word) => text(entry).includes(word)));
    const total = Number(count.dataset.total ?? 0);
    forget.hidden = !total;
    count.textContent = fits.length === total ? `${total} ${total === 1 ? "call" : "calls"}` : `${fits.length} of ${total} calls`;
    if (!entries.length) list.replaceChildren(nothing());
    else if (!fits.length) list.replaceChildren(empty("No call fits the filter", button("Show all", unfilter)));
    else rows(fits, fresh);
  }

  /** The rows; the focus stays on the call that it was on. */
  function rows(fits, fresh) {
    const focused = document.activeElement?.closest?.("tr[data-id]")?.dataset.id;
    const shown = fits.map((entry) => row(entry, fresh.has(entry.id)));
    const body = list.querySelector("tbody");
    if (body) body.replaceChildren(...shown);
    else list.replaceChildren(table("Calls, newest first", COLUMNS, shown));
    if (focused) list.querySelector(`tr[data-id="${focused}"] a`)?.focus();
  }

  function row(entry, fresh) {
    const { request } = entry;
    const codes = [...new Set(entry.warnings.map((warning) => warning.code))];
    const [path, query] = split(request.url, entry.vendor);
    const address = room.to({ rest: entry.id });
    return el(
      "tr",
      { "data-id": entry.id, class: fresh ? "fresh" : null, onclick: (event) => !event.target.closest("a") && room.go({ rest: entry.id }) },
      el("td.time", {}, el("time", { datetime: entry.time, title: entry.time }, entry.time.slice(11, 19))),
      el("td.wide", {}, titles.get(entry.vendor) ?? el("em", {}, "nobody")),
      el(
        "td.call",
        {},
        el("a", { href: address }, el("b", {}, request.method || "refused"), " ", path, query && el("span.query", {}, query)),
        el("span.narrow", {}, titles.get(entry.vendor) ?? "nobody", codes.length ? ` · ${codes.join(", ")}` : ""),
      ),
      el("td.wide", {}, entry.sandbox),
      el("td", {}, receivedBadge(entry)),
      el("td.number.wide", {}, entry.ms.toFixed(1)),
      el("td.wide.codes", {}, codes.map((code) => badge(code, "warn")), entry.fault && badge(entry.fault, "fault")),
    );
  }

  function nothing() {
    return empty(
      "No calls yet",
      el("p", {}, "Every call of a vendor in this sandbox appears here as it comes. Point your client at this server, or send an example:"),
      el(
        "div.actions.examples",
        {},
        vendors.map((vendor) => button(`Call ${vendor.title}`, () => call(vendor))),
      ),
    );
  }

  async function call({ example }) {
    const query = new URLSearchParams(example.query).toString();
    await fetch(new URL(example.path.slice(1) + (query && `?${query}`), ROOT), { headers: example.headers }).catch(() => {
      throw new Lost();
    });
    await look();
  }

  async function forgetAll() {
    if (!(await sure("Clear all calls?", `The journal of the sandbox ${room.sandbox} will be empty.`, "Clear"))) return;
    await room.ask("DELETE", "requests");
    entries = [];
    await look();
  }

  function unfilter() {
    filter.value = "";
    warned.checked = false;
    draw();
    filter.focus();
  }

  async function poll() {
    try {
      await look();
      broken = null;
    } catch (error) {
      if (!room.signal.aborted && !(error instanceof Lost) && broken !== error.message) tell(error);
      broken = error.message;
    }
  }

  let drawer = null; // closes the one that is open
  let wanted = null;
  move = async (id) => {
    drawer?.();
    drawer = null;
    wanted = id;
    if (id === null) return;
    const close = await open(room, id, vendors, () => room.go({}));
    if (wanted === id) drawer = close;
    else close(); // another one was opened, or none, while this one was on its way
  };
  room.signal.addEventListener("abort", () => {
    move = null;
    drawer?.();
  });
  line.addEventListener("back", () => (entries = []), { signal: room.signal }); // a server that was started anew counts anew
  await look();
  draw();
  every(1000, room.signal, poll);
  if (room.rest !== null) move(room.rest);
  return [
    el("div.tools", {}, filter, el("label.check", {}, warned, "With warnings"), count, forget),
    news,
    list,
  ];
}

/** What the filter looks through. */
function text(entry) {
  const codes = entry.warnings.map((warning) => warning.code).join(" ");
  const { request, received } = entry;
  return `${entry.vendor ?? "nobody"} ${request.method} ${decoded(request.url)} ${received.fault ?? ""} ${received.status ?? ""} ${codes} ${entry.fault ?? ""} ${entry.operation ?? ""}`.toLowerCase();
}

function decoded(url) {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}

/** The path without the vendor's prefix, and the query as people read it. */
function split(url, vendor) {
  const [path, ...query] = url.split("?");
  const own = vendor && path.startsWith(`/${vendor}/`) ? path.slice(vendor.length + 1) : path;
  return [decoded(own), query.length ? `?${decoded(query.join("?"))}` : ""];
}
