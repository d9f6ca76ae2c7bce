// Reads one customer's invoices of all five vendors, and compares what is owed month by month.

import { CUSTOMERS } from "./demo.js";
import { amount, shown } from "./exact.js";
import { VENDORS } from "./vendors.js";

const form = document.querySelector("form");
const told = document.querySelector("#told");
const compared = document.querySelector("#compared");
const leftOut = document.querySelector("#left-out");

const asked = new URLSearchParams(location.search);
form.base.value = asked.get("base") ?? "http://127.0.0.1:8080";
form.customer.append(...CUSTOMERS.map(({ name }) => new Option(name)));
if (asked.has("customer")) form.customer.value = asked.get("customer");
if (form.customer.selectedIndex < 0) form.customer.selectedIndex = 0;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  compare();
});
form.customer.addEventListener("change", compare);
await compare();

async function compare() {
  const who = CUSTOMERS.find(({ name }) => name === form.customer.value);
  const base = form.base.value.replace(/\/+$/, "");
  history.replaceState(null, "", `?${new URLSearchParams({ customer: who.name, base })}`);
  told.textContent = "Reading all five…";
  compared.setAttribute("aria-busy", "true");
  const columns = await Promise.all(VENDORS.map((vendor) => read(vendor, base, who)));
  if (who.name !== form.customer.value) return; // another one was chosen meanwhile
  show(columns, who);
  compared.removeAttribute("aria-busy");
}

/** A column: a vendor's invoices by month, and what is owed for each; or why there are none. */
async function read({ title, invoices }, base, who) {
  const months = new Map();
  try {
    for (const invoice of await invoices(base, who)) {
      const month = months.get(invoice.month) ?? { sum: 0n, invoices: [] };
      month.sum += amount(invoice.amount);
      month.invoices.push(invoice);
      months.set(invoice.month, month);
    }
    for (const { invoices: listed } of months.values()) listed.sort((one, other) => other.amount - one.amount);
    return { title, months };
  } catch (error) {
    const reason = error instanceof TypeError ? `Nobody answers at ${base}. Is mockserver running there?` : error.message;
    return { title, months, reason };
  }
}

function show(columns, who) {
  leftOut.textContent = "";
  if (columns.every(({ reason }) => reason && reason === columns[0].reason)) {
    told.textContent = columns[0].reason;
    compared.replaceChildren();
    return;
  }
  const { months, first, latest } = span(columns);
  const rows = months.map((month) => ({ month, cells: columns.map((column) => column.months.get(month)) }));
  const equal = rows.filter(({ cells }) => same(cells));
  const total = columns.map((column) => months.reduce((sum, month) => sum + (column.months.get(month)?.sum ?? 0n), 0n));
  compared.replaceChildren(
    make("table", { role: "table" }, [
      make("caption", {}, [`${who.name}, in ${who.currency}`]),
      make("thead", { role: "rowgroup" }, [
        row([head("Month"), ...columns.map(({ title, reason }) => head(title, reason)), head("")]),
      ]),
      make("tbody", { role: "rowgroup" }, rows.map(({ month, cells }) =>
        row([side(month), ...cells.map((cell, at) => owed(cell, columns[at])), verdict(columns, same(cells))]))),
      make("tfoot", { role: "rowgroup" }, [
        row([
          side("Total"),
          ...total.map((sum, at) => box(columns[at], [make("b", {}, [columns[at].reason ? "–" : shown(sum)])])),
          verdict(columns, rows.length > 0 && equal.length === rows.length),
        ]),
      ]),
    ]),
  );
  const answered = columns.filter(({ reason }) => !reason).length;
  told.textContent = `${answered} of ${columns.length} answered. ${equal.length} of ${rows.length} months are equal.`;
  const since = first && columns.some((column) => column.months.size && oldest(column) < first);
  if (since) leftOut.textContent = `Months before ${first} are left out: ${latest} goes back no further.`;
}

/** The months that every vendor goes back to, newest first; one that is missing in between is a difference. */
function span(columns) {
  const telling = columns.filter(({ months }) => months.size);
  const first = telling.map(oldest).sort().at(-1);
  const latest = telling.filter((column) => oldest(column) === first).map(({ title }) => title).join(" and ");
  const all = new Set(telling.flatMap(({ months }) => [...months.keys()]));
  return { first, latest, months: [...all].filter((month) => month >= first).sort().reverse() };
}

function oldest({ months }) {
  return [...months.keys()].sort()[0];
}

function same(cells) {
  return cells.every((cell) => cell && cell.sum === cells[0]?.sum);
}

// What a table is made of -------------------------------------------------------------------------------------------
// On a phone its rows are cards, so the roles are said: a browser forgets them with the layout.

function row(cells) {
  return make("tr", { role: "row" }, cells);
}

function head(title, reason) {
  const failed = reason ? [make("span", { class: "reason" }, [reason])] : [];
  return title ? make("th", { role: "columnheader", scope: "col" }, [title, ...failed]) : make("td", { role: "cell" }, []);
}

function side(title) {
  return make("th", { role: "rowheader", scope: "row" }, [title]);
}

function owed(cell, column) {
  if (!cell) return box(column, [make("b", {}, ["–"])]);
  const lines = cell.invoices.map(({ number, state, amount: sent }) =>
    make("li", {}, [number, state, cell.invoices.length > 1 ? sent : ""].filter(Boolean).join(" · ")));
  return box(column, [make("b", {}, [shown(cell.sum)]), make("ul", {}, lines)]);
}

function box({ title }, content) {
  return make("td", { role: "cell", "data-vendor": title }, content);
}

function verdict(columns, equal) {
  if (columns.some(({ reason }) => reason)) return make("td", { role: "cell", class: "open" }, ["? not known"]);
  return make("td", { role: "cell", class: equal ? "equal" : "differs" }, [equal ? "✓ equal" : "≠ differs"]);
}

function make(name, attributes, content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...content);
  return made;
}
