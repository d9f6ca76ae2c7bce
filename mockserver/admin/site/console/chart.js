// Small charts in SVG: bars, each with its words, and the same numbers as a table for whoever would rather read.

import { el, svg, table } from "./parts.js";

const WIDTH = 560;
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** Upright bars, one a month. `rows`: {name, records, amount}, the amount as text. */
export function upright(title, rows, currency) {
  const height = 190;
  const top = 10;
  const floor = 160;
  const most = round(Math.max(...rows.map((row) => Number(row.amount)), 1));
  const [left, right] = [56, WIDTH - 8];
  const step = (right - left) / rows.length;
  const every = Math.ceil(rows.length / 9);
  const last = rows.length - 1;
  const bars = rows.map((row, at) => {
    const tall = Math.max(1, (Number(row.amount) / most) * (floor - top));
    const wide = Math.min(step * 0.72, 44);
    const middle = left + at * step + step / 2;
    return svg(
      "g",
      {},
      svg("rect", { class: "bar-shape", x: middle - wide / 2, y: floor - tall, width: wide, height: tall, rx: 2.5 }, svg("title", {}, words(row, currency))),
      (last - at) % every === 0 && svg("text", { x: middle, y: floor + 18, "text-anchor": "middle" }, row.name.slice(2)),
    );
  });
  const lines = [1, 0.5].map((part) => {
    const y = floor - part * (floor - top);
    return [
      svg("line", { class: "rule", x1: left, x2: right, y1: y, y2: y }),
      svg("text", { x: left - 8, y: y + 4, "text-anchor": "end" }, compact.format(most * part)),
    ];
  });
  const ground = svg("line", { class: "rule", x1: left, x2: right, y1: floor, y2: floor });
  return framed(title, height, [lines, ground, bars], rows, "Month", currency);
}

/** Lying bars, one a status. */
export function lying(title, rows, currency) {
  const step = 36;
  const most = Math.max(...rows.map((row) => Number(row.amount)), 1);
  const width = 330;
  const bars = rows.map((row, at) => {
    const y = at * step;
    return svg(
      "g",
      {},
      svg("text", { class: "strong", x: 0, y: y + 13 }, row.name),
      svg("text", { x: width, y: y + 13, "text-anchor": "end" }, `${grouped(row.amount)} ${currency} · ${row.records}`),
      svg("rect", { class: "bar-shape", x: 0, y: y + 19, width: Math.max(2, (Number(row.amount) / most) * width), height: 8, rx: 4 }, svg("title", {}, words(row, currency))),
    );
  });
  return framed(title, Math.max(1, rows.length) * step, bars, rows, "Status", currency, width);
}

/** The next number above it that is good to read along an axis, as its half is. */
function round(number) {
  const power = 10 ** Math.floor(Math.log10(number));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((one) => one * power).find((one) => one >= number);
}

function framed(title, height, drawn, rows, first, currency, width = WIDTH) {
  const said = rows.map((row) => words(row, currency)).join("; ");
  const picture = svg("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${title}. ${said}` }, ...drawn);
  const lines = rows.map((row) => el("tr", {}, el("th", { scope: "row" }, row.name), el("td.number", {}, row.records), el("td.number", {}, grouped(row.amount))));
  const heads = [[first], ["Records", "number"], [`Amount ${currency}`, "number"]];
  return [picture, el("details", {}, el("summary", {}, "As a table"), table(title, heads, lines))];
}

function words(row, currency) {
  return `${row.name}: ${grouped(row.amount)} ${currency} in ${row.records} ${String(row.records) === "1" ? "record" : "records"}`;
}

/** Digits in groups of three, none of them changed. */
export function grouped(amount) {
  const [whole, ...rest] = String(amount).split(".");
  return [whole.replace(/\B(?=(\d{3})+$)/g, " "), ...rest].join(".");
}
