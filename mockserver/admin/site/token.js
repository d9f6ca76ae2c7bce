// Asking the control API, with its token where it wants one. The token is kept for this tab only.

const KEPT = "mockserver.admin-token";

/** The address of this server, whatever stands before it, in the sandbox that this page's URL names if it does. */
export const HERE = new URL("../../", import.meta.url).href;

/** The address of the server itself. */
export const ROOT = HERE.replace(/__sandbox\/[^/]+\/$/, "");

/** What leads into the sandbox that this page's URL names; nothing if it names none. */
export const sandbox = HERE === ROOT ? "" : `/${HERE.slice(ROOT.length, -1)}`;

/** The token that was given in this tab; null before. */
export const token = () => sessionStorage.getItem(KEPT);

/** What this server is: its version, its vendors, and whether control wants a token. No secret is in it. */
export async function server() {
  const reply = await fetch(HERE, { headers: { Accept: "application/json" } });
  if (!reply.ok) throw new Error(`The server answered ${reply.status}.`);
  return reply.json();
}

/** What the control API says of a path. Throws its own words; of what is not allowed an error with `locked`. */
export async function ask(path) {
  const headers = token() === null ? {} : { "X-Mock-Control-Token": token() };
  const reply = await fetch(`${HERE}__admin${path}`, { headers });
  const said = await reply.json();
  if (!reply.ok) throw Object.assign(new Error(said.detail ?? said.title), { locked: reply.status === 401 });
  return said;
}

/**
 * Runs `use` when control may be asked: now, or once the form has been given the right token.
 * The form holds an input named `token` and an element with the role `alert`; it is shown while it is needed.
 */
export async function allowed(form, tokenWanted, use) {
  const told = form.querySelector("[role=alert]");
  const open = async () => {
    try {
      await use();
      form.hidden = true;
    } catch (error) {
      if (!error.locked) throw error;
      const wrong = token() !== null;
      sessionStorage.removeItem(KEPT);
      told.textContent = wrong ? "That is not the token of this server." : error.message;
      form.hidden = false;
    }
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = new FormData(form).get("token").trim();
    told.textContent = "";
    if (/^[\x21-\x7e]+$/.test(given)) {
      sessionStorage.setItem(KEPT, given);
      await open();
    } else {
      told.textContent = "A token is one word of plain letters, digits and signs.";
    }
  });
  form.hidden = !tokenWanted || token() !== null;
  if (form.hidden) await open();
}
