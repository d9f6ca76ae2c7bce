// The clock of the sandbox: what it shows, stopped, moved on, set, and put back.

import { badge, button, card, el, field, tell } from "./parts.js";

/** The card of the clock; `changed` draws all that goes by it anew. */
export async function clock(room, changed) {
  const told = await room.ask("GET", "clock");
  const read = performance.now();
  const face = el("time", { datetime: told.now }, shown(told.now));
  const picker = el("input", { type: "datetime-local", value: told.now.slice(0, 16), "aria-label": "Date and time in UTC", "data-key": "instant", "data-draft": true });
  const stands = told.mode === "frozen";

  if (!stands) {
    const ticking = setInterval(() => {
      if (!face.isConnected || room.signal.aborted) return clearInterval(ticking);
      face.textContent = shown(new Date(Date.parse(told.now) + performance.now() - read).toISOString());
    }, 1000);
  }

  async function turn(path, body, said) {
    await room.ask("POST", `clock/${path}`, body);
    await changed();
    tell(said);
  }

  const moved = (duration, said) => () => turn("advance", { duration }, said);
  return card(
    "Clock",
    "The time that data, quotas and credentials go by.",
    el("div.clockface", {}, face, badge(stands ? "frozen" : "ticking", stands ? "public" : "good")),
    el(
      "div.actions",
      {},
      button("Freeze", () => turn("freeze", undefined, "The clock stands still."), { "data-key": "freeze" }),
      button("+1 day", moved("1d", "A day has passed."), { "data-key": "day" }),
      button("+1 month", () => month(turn, room), { "data-key": "month" }),
      button("−1 day", moved("-1d", "It is a day earlier."), { "data-key": "back" }),
      button("Reset", () => turn("reset", undefined, "The clock is as on first use."), { kind: "quiet", "data-key": "clock reset" }),
    ),
    el(
      "div.row",
      {},
      field("Set to (UTC)", picker),
      button("Set", () => turn("set", { to: `${picker.value}Z` }, "The clock is set."), { "data-key": "set" }),
    ),
  );
}

/** The same day and time a month later; of a shorter month the last day. */
async function month(turn, room) {
  const { now } = await room.ask("GET", "clock");
  const at = new Date(now);
  const day = at.getUTCDate();
  at.setUTCDate(1);
  at.setUTCMonth(at.getUTCMonth() + 1);
  const last = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate();
  at.setUTCDate(Math.min(day, last));
  await turn("set", { to: at.toISOString() }, "A month has passed.");
}

function shown(instant) {
  return `${instant.slice(0, 10)} ${instant.slice(11, 19)}`;
}
