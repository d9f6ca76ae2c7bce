// The control API, asked by fetch: its token, its problems, and whether it answers at all.

const KEPT = "mockserver.admin-token"; // in sessionStorage: for this tab, until it is closed
const ADMIN = new URL(".", location.href);

/** The address of the server itself, whichever sandbox's URL this page was opened at. */
export const ROOT = ADMIN.href.replace(/(?:__sandbox\/[^/]+\/)?__admin\/$/, "");

/** The sandbox that this page's own URL names, if it names one. */
export const NAMED = decodeURIComponent(/\/__sandbox\/([^/]+)\/__admin\/$/.exec(ADMIN.pathname)?.[1] ?? "") || null;

/** Tells "lost" when the server stopped answering and "back" when it answers again. */
export const line = new EventTarget();

/** What the server refused, as it said it (problem+json). */
export class Problem extends Error {
  constructor(status, told) {
    super(told.detail ?? `The server answered ${status}.`);
    this.status = status;
    this.title = told.title ?? "Not done";
    this.validation = told.validation ?? [];
  }
}

/** The server did not answer. */
export class Lost extends Error {
  constructor() {
    super("The server does not answer.");
  }
}

let away = false;
let unlock = null; // how a token is asked for: app.js says
let asking = null; // the question that is on the screen

/** How to ask a person for the token: a function of (what the server said, whether one was wrong) to a promise of it. */
export function askTokenWith(question) {
  unlock = question;
}

function heard(answers) {
  if (answers === !away) return;
  away = !answers;
  line.dispatchEvent(new Event(answers ? "back" : "lost"));
}

/** One request below /__admin about a sandbox; the text of the reply. `body` is JSON text, or a value to be made so.
    Throws Problem or Lost. */
export async function send(method, path, { sandbox, body, signal } = {}) {
  for (;;) {
    const token = sessionStorage.getItem(KEPT);
    const headers = new Headers();
    if (token !== null) headers.set("X-Mock-Control-Token", token);
    if (sandbox !== undefined) headers.set("X-Mock-Sandbox", sandbox);
    if (body !== undefined) headers.set("Content-Type", "application/json");
    const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    let reply, said;
    try {
      reply = await fetch(new URL(path, ADMIN), { method, headers, body: text, signal, cache: "no-store" });
      said = await reply.text();
    } catch (error) {
      if (signal?.aborted) throw error;
      heard(false);
      throw new Lost();
    }
    heard(true);
    if (reply.ok) return said;
    const problem = new Problem(reply.status, told(said));
    if (reply.status !== 401) throw problem;
    if (sessionStorage.getItem(KEPT) !== token) continue; // somebody answered while this was on its way
    asking ??= unlock(problem.message, token !== null).finally(() => (asking = null));
    sessionStorage.setItem(KEPT, await asking);
  }
}

/** The same; the value of the reply, or null where there is none. Its numbers are JavaScript's: for counts, not money. */
export async function ask(method, path, more) {
  const text = await send(method, path, more);
  return text ? JSON.parse(text) : null;
}

function told(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

/** Do some work now and every so often until the signal; not while the tab is hidden, and never twice at once. */
export function every(milliseconds, signal, work) {
  let timer, busy;
  async function turn() {
    clearTimeout(timer);
    if (busy || signal.aborted) return;
    busy = true;
    try {
      if (!document.hidden) await work();
    } finally {
      busy = false;
      if (!signal.aborted) timer = setTimeout(turn, milliseconds);
    }
  }
  document.addEventListener("visibilitychange", turn, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  turn();
}
