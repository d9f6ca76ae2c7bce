// Fidelity: what of a vendor is documented, public or inferred, line by line, and the readings that are open beside it.

import { place } from "./call.js";
import { badge, card, el, empty, select, sentence, svg, table, vendorTabs } from "./parts.js";

export const title = "Fidelity";

const ABOUT = {
  documented: "The given document says so",
  public: "Another public page says so",
  inferred: "Nobody says; this is the likeliest",
};

export async function show(room) {
  const whole = await room.ask("GET", "fidelity");
  const ledger = whole.vendors.find((vendor) => vendor.vendor === room.rest) ?? whole.vendors[0];
  const [vendor, settings] = await Promise.all([room.ask("GET", `vendors/${ledger.vendor}`), room.ask("GET", "settings")]);
  const filter = el("input", { type: "search", placeholder: "Parameter, field, error …", "aria-label": "Filter the ledger", oninput: () => draw() });
  const bases = [["", "Every basis"], ...Object.keys(ABOUT).map((basis) => [basis, basis])];
  const basis = select(bases, "", { "aria-label": "Basis", onchange: () => draw() });
  const count = el("p.count", { role: "status" });
  const list = el("div.ledger", {});

  function draw() {
    const wanted = filter.value.trim().toLowerCase();
    const fits = ledger.rows.filter(
      (row) => (!basis.value || row.basis === basis.value) && `${row.kind} ${row.name} ${row.where} ${row.source} ${row.about}`.toLowerCase().includes(wanted),
    );
    count.textContent = fits.length === ledger.rows.length ? `${fits.length} lines` : `${fits.length} of ${ledger.rows.length} lines`;
    const heads = [["What"], ["Basis"], ["Where it says so", "wide"], ["What it says", "wide"]];
    list.replaceChildren(fits.length ? table(`Ledger of ${ledger.title}`, heads, fits.map(line)) : empty("No line fits the filter"));
  }

  draw();
  return [
    el("div.totals", {}, bar("All vendors", whole.counts, null, ABOUT)),
    vendorTabs(
      whole.vendors.map((one) => ({ name: one.vendor, title: one.title })),
      ledger.vendor,
      (other) => room.to({ rest: other }),
    ),
    el(
      "div.beside",
      {},
      el(
        "div",
        {},
        el("div.totals", {}, bar(ledger.title, ledger.counts, el("a", { href: ledger.document, rel: "noreferrer" }, "The vendor's page"))),
        el("div.tools", {}, filter, basis, count),
        list,
        el("p.note.below", {}, "Documents 000 to 004 are the given ones; P[…] are public sources, listed in docs/sources.md."),
      ),
      readings(room, vendor, settings),
    ),
  ];
}

/** The share of each basis, as a bar and in words. */
function bar(name, counts, beside, about = {}) {
  const total = Object.values(counts).reduce((sum, one) => sum + one, 0);
  let from = 0;
  const parts = Object.entries(counts).map(([basis, many]) => {
    const width = total ? (many / total) * 100 : 0;
    const part = svg("rect", { class: basis, x: from, y: 0, width, height: 3 }, svg("title", {}, `${many} ${basis}`));
    from += width;
    return part;
  });
  const said = Object.entries(counts).map(([basis, many]) => `${many} ${basis}`);
  return [
    el("div.share-head", {}, el("h2", {}, name), beside),
    svg("svg", { class: "share", viewBox: "0 0 100 3", preserveAspectRatio: "none", role: "img", "aria-label": `${name}: ${said.join(", ")} of ${total}` }, ...parts),
    el(
      "ul.legend",
      {},
      Object.entries(counts).map(([basis, many]) => el("li", { "data-basis": basis }, el("b", {}, many), " ", badge(basis, basis), ` ${total ? Math.round((many / total) * 100) : 0} %`, about[basis] && el("span.wide", {}, ` · ${about[basis]}`))),
    ),
  ];
}

function line(row) {
  const where = row.where && row.where !== row.kind ? `${row.kind}, ${row.where}` : row.kind;
  const readings = row.readings.length ? el("span.what", {}, `open: ${row.readings.join(", ")}`) : null;
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, row.name, el("span.what", {}, where), readings, el("span.narrow", {}, `${place(row.source)}. ${row.about}`)),
    el("td", {}, badge(row.basis, row.basis), row.confidence && el("span.what", {}, `confidence ${row.confidence}`)),
    el("td.place.wide", {}, place(row.source)),
    el("td.wide", {}, sentence(row.about || "–")),
  );
}

function readings(room, vendor, settings) {
  const lines = vendor.readings.map((reading) => {
    const chosen = settings.readings[`${vendor.name}.${reading.name}`] ?? reading.default;
    const choices = reading.choices.map((choice) => badge(choice, choice === chosen ? "good" : ""));
    return el("div.line", {}, el("code", {}, reading.name), el("span.choices", {}, choices), el("p.note", {}, sentence(reading.about)));
  });
  return card(
    "Open readings",
    "Where the document can be read in more than one way; what this sandbox does is marked.",
    el("div.lines", {}, lines.length ? lines : el("p.note", {}, "None.")),
    el("p", {}, el("a", { href: room.to({ view: "faults", rest: vendor.name }) }, "Read it another way")),
  );
}
