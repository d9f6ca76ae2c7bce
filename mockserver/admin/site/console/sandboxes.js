// Sandboxes: the isolated worlds of this server: made, looked at, put back, deleted, written down as fixtures.

import { ask, line, send } from "./api.js";
import { badge, button, card, download, el, failed, field, select, sure, table, tell } from "./parts.js";

export const title = "Sandboxes";

export async function show(room) {
  const vendors = await room.ask("GET", "vendors");
  const { datasets } = await room.ask("GET", `vendors/${vendors[0].name}`);
  const list = el("div", {});
  const about = el("div", {});
  const origin = el("select", {});
  let names = [];
  let drawn = 0;

  async function draw() {
    const turn = ++drawn;
    try {
      const [{ sandboxes }, mine] = await Promise.all([room.ask("GET", "sandboxes"), room.ask("GET", `sandboxes/${room.sandbox}`)]);
      if (turn !== drawn) return;
      const heads = [["Sandbox"], ["Unused for", "number wide"], ["What to do", "number"]];
      list.replaceChildren(table("Sandboxes", heads, sandboxes.map(row)));
      names = sandboxes.map((one) => one.name);
      origins();
      about.replaceChildren(described(mine));
      room.refresh();
    } catch (error) {
      if (turn === drawn && !room.signal.aborted) list.replaceChildren(failed(error, draw));
    }
  }

  function row({ name, idleSeconds }) {
    const own = name === room.sandbox;
    return el(
      "tr",
      { "data-sandbox": name },
      el("th", { scope: "row" }, el("code", {}, name), " ", own && badge("shown", "good")),
      el("td.number.wide", {}, lasting(idleSeconds)),
      el(
        "td.number",
        {},
        el(
          "div.actions.right",
          {},
          !own && button("Open", () => room.go({ sandbox: name }), { "aria-label": `Open ${name}` }),
          button("Export", () => exported(name), { kind: "quiet", "aria-label": `Export ${name} as fixtures` }),
          button("Reset", () => reset(name), { kind: "quiet", "aria-label": `Reset ${name}` }),
          button("Delete", () => gone(name), { kind: "quiet", "aria-label": `Delete ${name}` }),
        ),
      ),
    );
  }

  /** What a new sandbox may begin as; what was chosen stays, as long as it is there. */
  function origins() {
    const chosen = names.includes(origin.value) ? origin.value : "base";
    const choices = [["base", "what the server was started with"], ...names.map((one) => [one, `a copy of ${one}`])];
    origin.replaceChildren(...choices.map(([value, text]) => el("option", { value }, text)));
    origin.value = chosen;
  }

  function maker() {
    const name = el("input", { required: true, pattern: "[A-Za-z0-9._\\-]{1,64}", placeholder: "checkout", autocomplete: "off", spellcheck: "false" });
    const dataset = select([["", "as it begins"], ...datasets.map((one) => [one, one])], "");
    const strict = el("input", { type: "checkbox" });

    async function make(event) {
      event.preventDefault();
      const wanted = { from: origin.value };
      if (dataset.value) wanted.dataset = dataset.value;
      if (strict.checked) wanted.strict = true;
      try {
        if (names.includes(name.value) && !(await sure(`Make ${name.value} anew?`, "There is a sandbox of this name; the new one takes its place.", "Make it anew"))) return;
        await room.ask("PUT", `sandboxes/${encodeURIComponent(name.value)}`, wanted);
        tell(`The sandbox ${name.value} is made.`);
        room.go({ sandbox: name.value });
      } catch (error) {
        tell(error);
      }
    }

    return card(
      "A new sandbox",
      "Data, clock, quotas, faults, readings and calls of its own.",
      el(
        "form.maker",
        { onsubmit: make },
        field("Name", name, "1 to 64 letters, digits, '.', '_' or '-'"),
        field("Begins as", origin),
        field("Dataset", dataset),
        el("label.check", {}, strict, "Strict: a warned call fails its test"),
        el("div.actions", {}, el("button.primary", { type: "submit" }, "Make it")),
      ),
    );
  }

  function described(mine) {
    const { settings } = mine;
    const facts = [
      ["URL", el("code", {}, mine.url)],
      ["Header", el("code", {}, `X-Mock-Sandbox: ${mine.name}`)],
      ["Dataset", settings.dataset],
      ["Scenario", mine.scenario ?? "none"],
      ["Clock", `${mine.clock.now.slice(0, 19).replace("T", " ")} UTC, ${mine.clock.mode}`],
    ];
    const switches = el(
      "div.actions",
      {},
      toggle("Strict: a warned call fails its test", settings.strict, (strict) => ({ strict })),
      toggle("Any credential is good", settings.acceptAnyCredential, (acceptAnyCredential) => ({ acceptAnyCredential })),
    );
    return card(
      `Shown: ${mine.name}`,
      "How a client gets into it: by one of these, or by ~" + mine.name + " behind its credential.",
      el("dl.headers", {}, facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
      switches,
    );
  }

  function toggle(text, on, change) {
    const box = el("input", { type: "checkbox", checked: on });
    box.addEventListener("change", () => room.ask("PATCH", "settings", change(box.checked)).catch(tell).then(draw));
    return el("label.check", {}, box, text);
  }

  async function reset(name) {
    if (!(await sure(`Reset ${name}?`, "Its data, clock, faults, settings and calls are as on first use then.", "Reset it"))) return;
    await ask("POST", "reset", { sandbox: name });
    tell(`The sandbox ${name} is as on first use.`);
    await draw();
  }

  async function gone(name) {
    if (!(await sure(`Delete ${name}?`, "All that it holds is gone; its next use makes it anew.", "Delete it"))) return;
    await room.ask("DELETE", `sandboxes/${encodeURIComponent(name)}`);
    tell(`The sandbox ${name} is gone.`);
    if (name === room.sandbox && name !== "default") room.go({ sandbox: "default" });
    else await draw();
  }

  async function exported(name) {
    const { files } = await ask("GET", "export", { sandbox: name });
    for (const { vendor, path } of files) download(path.replace("/", "-"), await send("GET", `export/${vendor}`, { sandbox: name }));
    tell(`${files.length} fixture files of ${name} are saved.`);
  }

  line.addEventListener("back", draw, { signal: room.signal });
  await draw();
  return [el("div.beside", {}, el("div.stack", {}, list, about), maker())];
}

function lasting(seconds) {
  if (seconds < 90) return `${seconds} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
