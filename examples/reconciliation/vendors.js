// The five vendors, each read as its own document says. What comes out is the same for all: a customer's invoices as
// { number, month, amount, state }, the amount a text with the digits that were sent.

import { KEYS, PRODUCTS } from "./demo.js";
import { parse } from "./exact.js";

export const VENDORS = [
  { name: "netgroot", title: "NetGroot", invoices: netgroot },
  { name: "jframework", title: "jFramework", invoices: jframework },
  { name: "saaslogic", title: "SaaSLogic", invoices: saaslogic },
  { name: "flolive", title: "floLIVE", invoices: flolive },
  { name: "wisecp", title: "WISECP", invoices: wisecp },
];

/** One list, no paging. An invoice is of the first day after its month. */
async function netgroot(base, who) {
  const said = await get(`${base}/netgroot/api/v1/subscriber/getCustomersInvoices`, {}, bearer(who.netgroot.token));
  return said.data.map((row) => ({
    number: row.invoice_id,
    month: new Date(Date.parse(row.date) - 24 * 60 * 60 * 1000).toISOString().slice(0, 7),
    amount: row.amount,
    state: row.status,
  }));
}

/** Pages from 0, of all customers, until there have been as many as there are. What is for free may have no dates. */
async function jframework(base, who) {
  const rows = [];
  for (let page = 0, total = 1; rows.length < total; page += 1) {
    const asked = { PageNumber: page, PageSize: 100 };
    const { data } = await get(`${base}/jframework/api/v1/invoices`, asked, KEYS.jframework);
    if (!data.items.length) break;
    rows.push(...data.items);
    total = Number(data.totalItems);
  }
  return rows
    .filter((row) => row.userAddressId === who.jframework.address && row.billingPeriodStartDate !== null)
    .map((row) => ({
      number: row.payment.invoiceNo,
      month: row.billingPeriodStartDate.slice(0, 7),
      amount: row.payment.amountGross,
      state: row.status,
    }));
}

/** One product and a range of days per call; all four parameters are required. */
async function saaslogic(base, who) {
  const lists = await Promise.all(
    PRODUCTS.map((product) => {
      const asked = { customerId: who.saaslogic.client, productId: product, startDate: "2000-01-01", endDate: "2099-12-31" };
      return get(`${base}/saaslogic/v1/invoices`, asked, KEYS.saaslogic);
    }),
  );
  return lists.flat().map((row) => ({
    number: row.invoiceNumber,
    month: row.billingCycleStartDate.slice(0, 7),
    amount: row.netAmount, // what is to be paid, taxes and all
    state: row.statusName,
  }));
}

/** One list of the last twelve months. A failure may come with 200 and an error code. */
async function flolive(base, who) {
  const { customer, token } = who.flolive;
  const said = await get(`${base}/flolive/api/v2/customer/${customer}/invoices`, {}, bearer(token));
  if (said.errorCode) throw new Error(`${said.errorCode}: ${said.errorMessage}`);
  return said.content.map((row) => ({
    number: row.invoiceNumber,
    month: row.billingCycleStartDate.slice(0, 7),
    amount: row.totalAmount,
    state: row.dueDate ? `due ${row.dueDate}` : "",
  }));
}

/**
 * Pages from 1, of all customers, of 50 at the most; the last one has no next. Cancelled and refunded ones are not owed.
 * Amounts come with every digit of a double (24.780000000000001136868…), so the shortest text of that double is the amount.
 */
async function wisecp(base, who) {
  const rows = [];
  for (let page = 1; page; ) {
    const said = await get(`${base}/wisecp/api/Billing/GetInvoices`, { page, limit: 50 }, KEYS.wisecp);
    if (said.status === "error") throw new Error(said.message);
    rows.push(...said.data);
    page = Number(said.next_page);
  }
  return rows
    .filter((row) => row.user.id === who.wisecp.user && !["cancelled", "refunded"].includes(row.status))
    .map((row) => ({
      number: row.number,
      month: row.created_at.slice(0, 7),
      amount: String(Number(row.total)),
      state: row.status,
    }));
}

function bearer(token) {
  return { Authorization: `Bearer ${token}` };
}

/** The reply's body; throws the vendor's own words of a failure. */
async function get(url, query, headers) {
  const asked = new URLSearchParams(query).toString();
  const reply = await fetch(asked ? `${url}?${asked}` : url, { headers });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${reply.status} ${words(text)}`);
  return parse(text);
}

/** What a failure says, wherever its vendor writes it. */
function words(text) {
  try {
    const said = parse(text);
    return said.errors?.[0]?.message ?? said.message ?? said.errorMessage ?? "";
  } catch {
    return "";
  }
}
