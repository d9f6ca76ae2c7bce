// Who is here, and how to call them. What is secret is asked of control, which tells it to those who may know.

import { HERE, ROOT, allowed, ask, server } from "../token.js";

const list = document.querySelector("#vendors");
const template = document.querySelector("#vendor");
const failed = document.querySelector("#failed");

try {
  const { vendors, tokenWanted } = await server();
  list.replaceChildren(...vendors.map(card));
  list.removeAttribute("aria-busy");
  await allowed(document.querySelector("#token"), tokenWanted, async () => {
    for (const vendor of await ask("/vendors")) {
      const { accounts } = await ask(`/accounts/${vendor.name}`);
      tell(document.getElementById(vendor.name), vendor, accounts);
    }
  });
} catch (error) {
  failed.textContent = `${error.message} Reload this page to try again.`;
}

/** A vendor as everybody may see it. */
function card({ name, title, document: page, addresses }) {
  const made = template.content.cloneNode(true).firstElementChild;
  made.id = name;
  made.querySelector("h3").textContent = title;
  made.querySelector(".tried").href = `${HERE}__docs/?api=${name}`;
  made.querySelector(".document").href = page;
  show(made, addresses, HERE);
  return made;
}

/** Adds what control tells: all addresses, a call that works, the demo accounts. */
function tell(made, { title, addresses, example }, accounts) {
  show(made, addresses, ROOT);
  const command = curl(example);
  const button = made.querySelector(".copy");
  made.querySelector("pre").textContent = command;
  button.textContent = "Copy";
  button.ariaLabel = `Copy the call of ${title}`;
  button.addEventListener("click", () => copy(command, button, made.querySelector("pre")));
  made.querySelector("summary").textContent = accounts.length === 1 ? "1 demo account" : `${accounts.length} demo accounts`;
  made.querySelector(".scroll").ariaLabel = `Demo accounts of ${title}`;
  const keys = [...new Set(["name", ...accounts.flatMap(Object.keys)])].filter((key) => accounts.some((one) => key in one));
  made.querySelector("thead").replaceChildren(row("th", keys));
  made.querySelector("tbody").replaceChildren(...accounts.map((account) => row("td", keys.map((key) => account[key]))));
  made.querySelector(".secret").hidden = false;
}

/** Shows addresses; paths are below a base, the others are whole. */
function show(made, addresses, base) {
  const items = addresses.map((address) => {
    const item = document.createElement("li");
    const code = document.createElement("code");
    code.textContent = address.startsWith("/") ? base + address.slice(1) : address;
    item.append(code);
    return item;
  });
  made.querySelector(".addresses").replaceChildren(...items);
}

function row(kind, values) {
  const made = document.createElement("tr");
  for (const value of values) {
    const cell = document.createElement(kind);
    if (kind === "th") cell.scope = "col";
    cell.textContent = value ?? "";
    made.append(cell);
  }
  return made;
}

/** The example as a shell command. */
function curl({ path, headers, query }) {
  const asked = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
  const sent = Object.entries(headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`);
  return ["curl -g", ...sent, quoted(ROOT + path.slice(1) + (asked && `?${asked}`))].join(" \\\n  ");
}

function quoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Copies a text, or selects it where a browser keeps its clipboard to itself (a page without TLS of another machine). */
async function copy(text, button, shown) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(shown);
    button.textContent = "Selected";
  }
}
