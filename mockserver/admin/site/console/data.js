// Data: the records of a vendor in this sandbox, found, sorted, paged, edited; and what they amount to.

import { Problem, line, send } from "./api.js";
import { lying, upright } from "./chart.js";
import { at, read, write, Digits } from "./json.js";
import { button, el, empty, failed, select, table, tell, vendorTabs } from "./parts.js";
import { add, edit } from "./record.js";

export const title = "Data";

const PAGE = 25;
const WIDEST = 8; // columns of a table; a record opened shows all
const MONTHS = 18; // bars of the chart, the newest

export async function show(room) {
  const vendors = await room.ask("GET", "vendors");
  const name = vendors.some((vendor) => vendor.name === room.rest) ? room.rest : vendors[0].name;
  const vendor = await room.ask("GET", `vendors/${name}`);
  const { id, chart, recipe } = vendor.records;
  let offset = 0;
  let sort = "";
  let currency = null;
  let wait;
  let asked = 0;

  const filter = el("input", {
    type: "search",
    placeholder: "Any value of a record …",
    "aria-label": "Filter records",
    oninput: () => {
      clearTimeout(wait);
      wait = setTimeout(() => ((offset = 0), again()), 200);
    },
  });
  const count = el("p.count", { role: "status" });
  const charts = el("div.charts", {});
  const list = el("div.records", {});
  const more = el("input", { type: "number", min: 1, max: 2000, value: 10, "aria-label": "How many records to generate", class: "few" });

  /** What was asked for last is shown, also where an answer to a question before it comes later. */
  async function load() {
    const turn = ++asked;
    const query = new URLSearchParams({ offset, limit: PAGE });
    if (sort) query.set("sort", sort);
    if (filter.value.trim()) query.set("contains", filter.value.trim());
    const told = read(await send("GET", `records/${name}?${query}`, { sandbox: room.sandbox, signal: room.signal }));
    if (turn === asked) draw(told.get("records"), Number(told.get("meta").get("found")), Number(told.get("meta").get("total")));
  }

  async function again() {
    try {
      await load();
    } catch (error) {
      if (!room.signal.aborted) list.replaceChildren(failed(error, again));
    }
  }

  /** All of it anew, after the data changed. */
  async function changed() {
    await Promise.all([again(), add_up()]);
  }

  function draw(records, found, total) {
    count.textContent = found === total ? `${total} records` : `${found} of ${total} records`;
    if (!total) return list.replaceChildren(empty("No records", el("p", {}, "This dataset has none of this vendor: every list of it is empty."), button("Add a record", () => add(room, vendor, changed))));
    if (!records.length) return list.replaceChildren(empty("No record has that in it", button("Show all", unfilter)));
    const focused = document.activeElement?.dataset?.sort;
    const columns = chosen(vendor, records);
    const shown = table(`Records of ${vendor.title}`, [], records.map((record) => row(record, columns)));
    shown.querySelector("thead tr").append(...columns.map(head));
    list.replaceChildren(shown, pager(records.length, found));
    if (focused) list.querySelector(`[data-sort="${CSS.escape(focused)}"]`)?.focus();
  }

  function head(column) {
    const order = { [column]: "ascending", [`-${column}`]: "descending" }[sort];
    const turn = () => {
      sort = sort === column ? `-${column}` : sort === `-${column}` ? "" : column;
      offset = 0;
      again();
    };
    return el("th", { scope: "col", "aria-sort": order, class: styled(column) }, el("button.sort", { type: "button", "data-sort": column, onclick: turn }, column));
  }

  function row(record, columns) {
    const own = String(at(record, id));
    const open = () => edit(room, vendor, own, write(record), changed);
    const cells = columns.map((column) => {
      const value = at(record, column);
      const text = value instanceof Map || Array.isArray(value) ? write(value) : value === null || value === undefined ? "–" : String(value);
      const key = column === id && el("a", { href: "#", onclick: (event) => (event.preventDefault(), event.stopPropagation(), open()) }, text);
      return el("td", { class: styled(column), title: text.length > 24 ? text : null }, key || text);
    });
    return el("tr", { "data-id": own, onclick: open }, cells);
  }

  function styled(column) {
    const numbers = column === chart?.amount ? "number" : "";
    return `${numbers} ${first.has(column) ? "" : "wide"}`.trim() || null;
  }
  const first = new Set([id, chart?.amount, chart?.status].filter(Boolean)); // what a phone shows

  function pager(shown, found) {
    if (found <= PAGE) return "";
    const step = (by) => ((offset += by), again());
    const before = button("Previous", () => step(-PAGE), { "data-page": "previous" });
    const next = button("Next", () => step(PAGE), { "data-page": "next" });
    before.disabled = offset === 0;
    next.disabled = offset + shown >= found;
    return el("nav.pager", { "aria-label": "Pages" }, `${offset + 1} to ${offset + shown} of ${found}`, before, next);
  }

  function unfilter() {
    filter.value = "";
    offset = 0;
    again();
  }

  async function add_up() {
    if (!chart) return;
    try {
      const told = read(await send("GET", `totals/${name}`, { sandbox: room.sandbox, signal: room.signal }));
      plot(told.get("totals").map((entry) => Object.fromEntries(entry)));
    } catch (error) {
      if (!room.signal.aborted) charts.replaceChildren(error instanceof Problem ? "" : failed(error, add_up));
    }
  }

  function plot(totals) {
    charts.hidden = !totals.length;
    if (!totals.length) return;
    const one = totals.find((entry) => entry.currency === currency) ?? totals[0];
    const months = one.months.map((sum) => named(sum, "month")).slice(-MONTHS);
    const statuses = one.statuses.map((sum) => named(sum, "status"));
    const choices = totals.map((entry) => [entry.currency, entry.currency]);
    const picker = select(choices, one.currency, { "aria-label": "Currency", onchange: (event) => ((currency = event.target.value), plot(totals)) });
    const head = (text, beside) => el("div.title", {}, el("h2", {}, text), beside);
    charts.replaceChildren(
      el("section.card", {}, head("Amounts by month", totals.length > 1 && picker), upright("Amounts by month", months, one.currency)),
      el("section.card", {}, head("Amounts by status"), statuses.length ? lying("Amounts by status", statuses, one.currency) : el("p.about", {}, `Records of ${vendor.title} have no status.`)),
    );
    if (document.activeElement === document.body && currency !== null) picker.focus();
  }

  async function generate() {
    const made = await room.ask("POST", `records/${name}/generate`, { records: Number(more.value) });
    tell(`${made.records} records made; there are ${made.meta.total} now.`);
    await changed();
  }

  line.addEventListener("back", changed, { signal: room.signal });
  await Promise.all([load(), add_up()]);
  return [
    vendorTabs(vendors, name, (other) => room.to({ rest: other })),
    charts,
    el(
      "div.tools",
      {},
      filter,
      count,
      recipe && el("span.generate", {}, more, button("Generate", generate)),
      button("Add a record", () => add(room, vendor, changed), { kind: "primary" }),
    ),
    list,
  ];
}

/** The columns of the table: the id and what is looked at first, then the record's own plain fields as far as they fit. */
function chosen(vendor, records) {
  const { id, fields, chart } = vendor.records;
  const leading = [id, chart?.date, chart?.status, chart?.amount, chart?.currency].filter(Boolean);
  const plain = fields.filter((name) => {
    const value = records.map((record) => record.get(name)).find((one) => one !== null && one !== undefined);
    return typeof value === "string" || value instanceof Digits;
  });
  return [...new Set([...leading, ...plain.filter((name) => name !== "_owner").slice(0, WIDEST), "_owner"])]
    .filter((name) => name !== "_owner" || fields.includes(name))
    .slice(0, WIDEST);
}

function named(sum, key) {
  return { name: String(sum.get(key)), records: sum.get("records"), amount: sum.get("amount") };
}
