// One record, opened: looked at and edited as JSON text, so that no digit changes on its way; checked by the server.

import { Problem, send } from "./api.js";
import { pretty, read, write } from "./json.js";
import { button, dialog, el, field, sure, tell } from "./parts.js";

/** Opens a record for editing; `done` is called when it was changed or removed. */
export function edit(room, vendor, id, text, done) {
  const path = `records/${vendor.name}/${encodeURIComponent(id)}`;
  const before = read(text);
  form(room, {
    title: `Record ${id}`,
    about: "Checked as fixtures are; the next call sees it. A field that is taken out is left out, if it may be.",
    text: pretty(text),
    save: async (changed) => {
      await send("PATCH", path, { sandbox: room.sandbox, body: withoutTheGone(before, changed) });
      tell(`Record ${id} is changed.`);
      done();
    },
    remove: async () => {
      if (!(await sure(`Remove record ${id}?`, `${vendor.title} will answer as if it had never been there.`, "Remove it"))) return false;
      await send("DELETE", path, { sandbox: room.sandbox });
      tell(`Record ${id} is gone.`);
      done();
      return true;
    },
  });
}

/** Opens a new record. */
export function add(room, vendor, done) {
  const made = vendor.records.recipe ? "What is left out is made up by the recipe, and it belongs to the example account." : "";
  form(room, {
    title: `A new record of ${vendor.title}`,
    about: `In the vendor's own fields. ${made}`,
    text: "{\n}",
    save: async (text) => {
      const added = read(await send("POST", `records/${vendor.name}`, { sandbox: room.sandbox, body: text }));
      tell(`Record ${added.get(vendor.records.id)} is added.`);
      done();
    },
  });
}

/** The JSON to send: fields that were there and are no more are null, which leaves them out. */
function withoutTheGone(before, text) {
  let after;
  try {
    after = read(text);
  } catch {
    return text; // the server says what is wrong with it
  }
  if (!(after instanceof Map)) return text;
  for (const name of before.keys()) if (!after.has(name)) after.set(name, null);
  return write(after);
}

function form(room, { title, about, text, save, remove }) {
  const input = el("textarea", { spellcheck: "false", autofocus: true, "aria-describedby": "record-faults" });
  input.value = text;
  input.setSelectionRange(0, 0);
  const faults = el("div", { id: "record-faults", role: "alert" });

  async function submit(event, close) {
    event.preventDefault();
    try {
      await save(input.value);
      close();
    } catch (error) {
      if (!(error instanceof Problem)) tell(error);
      input.setAttribute("aria-invalid", "true");
      faults.replaceChildren(told(error));
      input.focus();
    }
  }

  dialog(title, (close) =>
    el(
      "form",
      { onsubmit: (event) => submit(event, close) },
      el("p.about", {}, about),
      field("JSON", input),
      faults,
      el(
        "div.actions.end",
        {},
        remove && button("Remove", async () => (await remove()) && close(), { kind: "danger.first" }),
        button("Cancel", close, { kind: "quiet" }),
        el("button.primary", { type: "submit" }, remove ? "Save" : "Add"),
      ),
    ),
  );
}

/** What the server said of it, each problem at its place. */
function told(error) {
  const lines = (error.validation ?? []).map((fault) => el("li", {}, el("code", {}, fault.path || "the record"), `: found ${fault.found}, wanted ${fault.wanted}.`));
  return el("ul.faults", {}, lines.length ? lines : el("li", {}, error.message));
}
