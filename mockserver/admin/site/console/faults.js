// Faults: what spoils replies in this sandbox, put in place by a click: scenarios, faults, delays, quotas, readings, time.

import { line } from "./api.js";
import { clock } from "./clock.js";
import { badge, button, card, el, empty, failed, redraw, select, sentence, statusBadge, sure, tell, vendorTabs } from "./parts.js";

export const title = "Faults";

const NETWORK = {
  reset: "The connection is reset",
  empty: "It is closed without a byte",
  truncate: "The body ends too early",
  malformed: "The body is no JSON",
  drip: "It comes drop by drop",
};
const HITS = [
  ["1", "the next call"],
  ["3", "the next 3 calls"],
  ["", "every call"],
];
const LONGEST = 10_000; // ms on the slider; the API takes up to a minute

export async function show(room) {
  const vendors = await room.ask("GET", "vendors");
  const name = vendors.some((vendor) => vendor.name === room.rest) ? room.rest : vendors[0].name;
  const vendor = await room.ask("GET", `vendors/${name}`);
  const tabs = () => vendorTabs(vendors, name, (other) => room.to({ rest: other }));
  const broad = [scenarios, tabs, faults, readings];
  const slim = [(room) => clock(room, () => draw()), standing, delay, quotas, reset];
  const columns = el("div.faults", {});
  let drawn = 0;

  /** Everything anew: one click may change many things (a scenario does). Of several at once the last is shown. */
  async function draw() {
    const turn = ++drawn;
    try {
      const [settings, rules, known] = await Promise.all([room.ask("GET", "settings"), room.ask("GET", "faults"), room.ask("GET", "scenarios")]);
      const now = { settings, rules: rules.faults, known, vendor, vendors, draw, change };
      const [left, right] = await Promise.all([broad, slim].map((parts) => Promise.all(parts.map((part) => part(room, now)))));
      if (turn === drawn) redraw(columns, el("div.stack", {}, left), el("div.stack", {}, right));
    } catch (error) {
      if (turn === drawn && !room.signal.aborted) columns.replaceChildren(failed(error, draw));
    }
  }

  async function change(settings, said) {
    const told = await room.ask("PATCH", "settings", settings).then(() => said, (error) => error);
    await draw();
    tell(told);
  }

  line.addEventListener("back", draw, { signal: room.signal });
  await draw();
  return [columns];
}

function scenarios(room, { known, draw }) {
  const made = known.scenarios.map((scenario) =>
    button(
      [el("b", {}, scenario.name), el("small", {}, scenario.description)],
      async () => {
        await room.ask("PUT", "scenarios/active", { name: scenario.name });
        await draw();
        tell(`The scenario ${scenario.name} is in place.`);
      },
      { kind: "scenario", "aria-pressed": String(scenario.name === known.active), "data-key": `scenario ${scenario.name}` },
    ),
  );
  return card("Scenario", "A named bundle of data, faults, quotas, time and readings. It takes the place of what was set.", el("div.scenarios", {}, made));
}

function faults(room, { vendor, draw }) {
  const hits = select(HITS, "1", { "aria-label": "Which calls are hit", "data-key": "hits", "data-draft": true });
  const held = el("input", { type: "number", min: 0, max: 60000, step: 100, value: 0, "aria-label": "Delay of the fault in milliseconds", class: "few", "data-key": "held", "data-draft": true });

  async function add(outcome, said) {
    const rule = { vendor: vendor.name, ...outcome };
    if (hits.value) rule.times = Number(hits.value);
    if (Number(held.value)) rule.delay = Number(held.value);
    await room.ask("POST", "faults", rule);
    await draw();
    tell(`${vendor.title}: ${said}, ${hits.selectedOptions[0].textContent}.`);
  }

  const errors = vendor.errors.map((row) =>
    button(
      [statusBadge(row.status), el("span.text", {}, row.text), el("small", {}, row.code ? `${row.code} · ${row.basis}` : `${row.rule} · ${row.basis}`)],
      () => add({ error: row.rule }, `${row.status} ${row.text}`),
      { kind: "tile", title: `${row.status} ${row.text}\n${row.rule}, ${row.basis}`, "data-key": row.rule },
    ),
  );
  const network = Object.entries(NETWORK).map(([kind, about]) =>
    button([badge("net", "fault"), el("span.text", {}, kind), el("small", {}, about)], () => add({ network: kind }, about), { kind: "tile", "data-key": kind }),
  );
  return card(
    `Faults of ${vendor.title}`,
    "Each in the vendor's own words, as its error table has them. A click puts a rule in place.",
    el("div.row", {}, el("label.check", {}, "Hit", hits), el("label.check", {}, "after", held, "ms")),
    el("div.tiles", {}, errors),
    el("h3", {}, "On the network"),
    el("div.tiles", {}, network),
  );
}

function standing(room, { rules, vendors, draw }) {
  const title = (name) => vendors.find((vendor) => vendor.name === name)?.title ?? "every vendor";
  const lines = rules.map((rule) =>
    el(
      "div.line",
      { "data-rule": rule.id },
      el("span", {}, el("b", {}, String(rule.error ?? rule.status ?? rule.network ?? "delay")), ` · ${title(rule.vendor)}`),
      button("Remove", async () => (await room.ask("DELETE", `faults/${rule.id}`), draw()), { kind: "quiet", "aria-label": `Remove ${rule.id}` }),
      el("p.note", {}, `${rule.id}: ${limits(rule)}`),
    ),
  );
  const clear = button("Remove all", async () => (await room.ask("DELETE", "faults"), await draw(), tell("No fault is left.")));
  return card(
    "Active faults",
    lines.length ? "The first that meets a call decides. One that has hit as often as it may stays, and does nothing." : "",
    lines.length ? el("div.lines", {}, lines) : empty("No faults", el("p", {}, "Every call gets its answer.")),
    lines.length > 1 && el("div.actions", {}, clear),
  );
}

function limits({ times, after, probability, delay, operation, match }) {
  return [
    times ? `${times} ${times === 1 ? "call" : "calls"}` : "every call",
    after && `after ${after}`,
    probability !== undefined && `with probability ${probability}`,
    delay !== undefined && (typeof delay === "number" ? `${delay} ms late` : `${delay.type} delay`),
    operation,
    match && "that match",
  ]
    .filter(Boolean)
    .join(", ");
}

function delay(room, { settings, change }) {
  const drawn = settings.delay !== null && typeof settings.delay === "object";
  const now = drawn ? 0 : (settings.delay ?? 0);
  const said = el("output", {}, drawn ? settings.delay.type : `${now} ms`);
  const slider = el("input", {
    type: "range",
    min: 0,
    max: LONGEST,
    step: 50,
    value: now,
    "aria-label": "Delay of every reply",
    "aria-valuetext": `${now} milliseconds`,
    "data-key": "delay",
    oninput: () => {
      said.textContent = `${slider.value} ms`;
      slider.setAttribute("aria-valuetext", `${slider.value} milliseconds`);
    },
    onchange: () => {
      const wanted = Number(slider.value);
      change({ delay: wanted || null }, wanted ? `Every reply takes ${wanted} ms longer.` : "Replies come at once.");
    },
  });
  return card("Delay", "Holds back every reply of every vendor.", el("div.slider", {}, slider, said));
}

function quotas(room, { settings, vendors, change }) {
  const lines = vendors.map(({ name, title }) => {
    const input = el("input", { value: settings.quotas[name] ?? "", placeholder: "none", "aria-label": `Quota of ${title}`, "data-key": `quota ${name}`, "data-draft": true, spellcheck: "false" });
    input.addEventListener("change", () => {
      delete input.dataset.draft;
      const wanted = input.value.trim() || null;
      change({ quotas: { [name]: wanted } }, wanted ? `${title}: ${wanted} for each account.` : `${title}: as many calls as it likes.`);
    });
    return el("div.line", {}, el("span", {}, title), input);
  });
  return card("Quotas", "Calls an account may make, like 3/minute (second, minute, hour, day). What is over gets the vendor's 429.", el("div.lines", {}, lines));
}

function readings(room, { settings, vendor, change }) {
  const lines = vendor.readings.map((reading) => {
    const key = `${vendor.name}.${reading.name}`;
    const choices = reading.choices.map((choice) => [choice, choice === reading.default ? `${choice} (default)` : choice]);
    const picker = select(choices, settings.readings[key] ?? reading.default, { "aria-label": `Reading ${reading.name}`, "data-key": key });
    picker.addEventListener("change", () => change({ readings: { [key]: picker.value === reading.default ? null : picker.value } }, `${reading.name} is read as ${picker.value}.`));
    return el("div.line", {}, el("code", {}, reading.name), picker, el("p.note", {}, sentence(reading.about)));
  });
  return card(`Readings of ${vendor.title}`, "Where the document can be read in more than one way.", el("div.lines", {}, lines));
}

function reset(room, { draw }) {
  return card(
    "Start over",
    `Puts the sandbox ${room.sandbox} back as on first use: data, clock, quotas, faults, readings, settings, calls.`,
    el(
      "div.actions",
      {},
      button(
        "Reset this sandbox",
        async () => {
          if (!(await sure(`Reset ${room.sandbox}?`, "Its data, clock, faults, settings and calls are as on first use then.", "Reset it"))) return;
          await room.ask("POST", "reset");
          await draw();
          tell(`The sandbox ${room.sandbox} is as on first use.`);
        },
        { kind: "danger" },
      ),
    ),
  );
}
