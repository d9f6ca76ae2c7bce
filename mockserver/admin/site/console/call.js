// One call, opened: what was sent, what came back, and why it came back so.

import { again, curl, replay } from "./again.js";
import { badge, button, copy, dialog, el, json, receivedBadge, sentence, statusBadge, tell } from "./parts.js";

/** Opens the call of this id in a drawer; returns what closes it. `closed` is called when a person closes it. */
export async function open(room, id, vendors, closed) {
  let entry, near;
  try {
    entry = await room.ask("GET", `requests/${encodeURIComponent(id)}`);
    near = entry.vendor && entry.operation ? [] : (await room.ask("GET", `requests/${id}/near-misses`)).nearMisses;
  } catch (error) {
    tell(error);
    closed();
    return () => {};
  }
  const vendor = vendors.find((each) => each.name === entry.vendor);
  const { request, response } = entry;
  const more = again(entry, vendors);
  const result = el("div", { "aria-live": "polite" });
  let quiet = false;
  let close;

  async function repeat() {
    result.replaceChildren(el("p.note", {}, "Sending …"));
    const reply = await replay(more);
    const other = reply.call && el("a", { href: room.to({ rest: reply.call }) }, `Open as call ${reply.call}`);
    result.replaceChildren(
      el(
        "section.replayed",
        {},
        el("h3", {}, "Replayed ", reply.broke ? badge("no reply", "bad") : statusBadge(reply.status), el("small", {}, `${Math.round(reply.ms)} ms`), other),
        reply.broke ? el("p", {}, `The connection broke before there was a whole reply (${reply.broke}).`) : body(reply.body, "The new reply"),
      ),
    );
  }

  dialog(
    `${request.method || "A call"} ${request.path || "that may not be kept"}`,
    (shut) => {
      close = shut;
      return [
        el(
          "p.facts",
          {},
          receivedBadge(entry),
          vendor && badge(vendor.title),
          entry.fault && badge(entry.fault, "fault"),
          el("span", {}, `Call ${entry.id} · sandbox ${entry.sandbox} · `, el("time", { datetime: entry.time }, `${entry.time.slice(0, 23).replace("T", " ")} UTC`), ` · ${entry.ms} ms`),
        ),
        request.method && el(
          "div.actions",
          {},
          button("Copy as curl", () => copy(curl(more)), { kind: "primary" }),
          button("Replay", repeat),
        ),
        more.filled && el("p.note", {}, `The journal hides credentials: curl and replay send the example credential of ${vendor?.title ?? "the vendor"} instead.`),
        result,
        warnings(entry),
        misses(near, vendors),
        why(room, entry, vendor),
        el("section", {}, el("h3", {}, "Request"), el("p.url", {}, `${request.method} ${request.url}`), headers(request.headers, "Headers of the request"), request.body && body(request.body, "Body of the request")),
        el(
          "section",
          {},
          el("h3", {}, entry.received.fault ? "Intended reply " : "Reply ", statusBadge(response.status)),
          entry.received.fault && el("p.note", {}, `The network fault ${entry.received.fault} spoiled this reply: the client did not receive it as it stands here.`),
          headers(response.headers, "Headers of the reply"),
          response.truncated && el("p.note", {}, "The journal keeps the beginning of a long body; the rest was sent, too."),
          body(response.body, "Body of the reply"),
        ),
        request.method && el("details", {}, el("summary", {}, "The curl command"), el("pre.curl", { tabindex: "0", role: "region", "aria-label": "The curl command" }, curl(more))),
      ].filter(Boolean);
    },
    { kind: "drawer", onclose: () => quiet || closed() },
  );
  return () => {
    quiet = true;
    close();
  };
}

function warnings({ warnings: told }) {
  if (!told.length) return null;
  const rows = told.map((one) => el("li", {}, badge(one.code, "warn"), " ", el("code", {}, one.location), " ", one.message));
  return el("section", {}, el("h3", {}, "Warnings"), el("ul.plain", {}, rows));
}

function misses(near, vendors) {
  if (!near.length) return null;
  const rows = near.map((miss) =>
    el(
      "li",
      {},
      el("b", {}, vendors.find((vendor) => vendor.name === miss.vendor)?.title ?? miss.vendor),
      ` ${miss.operation}`,
      el(
        "ul.plain",
        {},
        miss.differences.map((one) =>
          el("li.difference", {}, `${one.field}: wanted `, el("code.wanted", {}, String(one.expected)), ", found ", el("code.found", {}, String(one.found)), one.hint && el("small", {}, one.hint)),
        ),
      ),
    ),
  );
  return el("section", {}, el("h3", {}, "Nearest endpoints"), el("ul.plain.near", {}, rows));
}

/** The basis of the answer, and the line of the document or of whatever else says so. */
function why(room, entry, vendor) {
  if (!entry.basis || !vendor) return null;
  const place = el("div", {}, el("p.note", {}, "Looking it up …"));
  ledger(room, entry, vendor).then(
    (rows) => place.replaceChildren(...rows),
    (error) => place.replaceChildren(el("p.note", {}, error.message)),
  );
  const link = el("a", { href: room.to({ view: "fidelity", rest: vendor.name }) }, "The whole ledger");
  const parts = (entry.basis.parts || []).map((part) => el("li", {}, badge(part.basis, part.basis), ` ${part.kind} `, el("code", {}, part.name), ` · ${place_of(part.source)}`));
  return el(
    "section",
    {},
    el("h3", {}, "Why this answer ", badge(entry.basis.basis, entry.basis.basis)),
    el("p", {}, "Rule ", el("code", {}, entry.basis.rule), " · ", link),
    el("ul.plain.parts", { "aria-label": "What the answer rests on" }, ...parts),
    place,
  );
}

/** Where a part is from, in words. */
const place_of = (source) => (source === "none" ? "no source" : place(source));

async function ledger(room, entry, vendor) {
  const { rows } = await room.ask("GET", `fidelity/${vendor.name}`);
  const { rule } = entry.basis;
  const fits = (row) => (row.kind === "error" ? row.name === rule : rule === `${entry.operation}.200` && row.kind === "response" && row.name === "200");
  const found = rows.filter(fits);
  if (!found.length) return [el("p.note", {}, "The ledger has no line for this rule.")];
  return found.map((row) =>
    el(
      "blockquote",
      {},
      el("p", {}, sentence(row.about || row.name)),
      el("footer", {}, badge(row.basis, row.basis), ` ${place(row.source)} · `, el("a", { href: vendor.document, rel: "noreferrer" }, "the vendor's page")),
    ),
  );
}

/** A place as the ledger names it, in words: `000:26-29,31` is a document and its lines. */
export function place(source) {
  if (source === "none") return "nowhere";
  return source.replace(/(\d{3}):([\d,-]+)/g, (_, document, lines) => {
    const many = /[,-]/.test(lines) ? "lines" : "line";
    return `document ${document}, ${many} ${lines.replaceAll("-", "–").replaceAll(",", ", ")}`;
  });
}

function headers(all, label) {
  const rows = Object.entries(all).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)));
  return el("details", { open: false }, el("summary", {}, `${label} (${rows.length})`), el("dl.headers", {}, rows));
}

function body(text, label) {
  return text ? json(text, label) : el("p.note", {}, "No body.");
}
