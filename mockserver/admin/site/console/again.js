// A call of the journal, to be sent again: as a curl command, or from here. The journal keeps no credential, so the
// vendor's example credential stands in for it.

import { ROOT } from "./api.js";

const HIDDEN = /\[redacted\]|%5Bredacted%5D/gi;
const OURS = /^(host|content-length|connection|accept-encoding)$/; // whoever sends it anew writes these anew
const BROWSERS = /^(user-agent|origin|referer|cookie|date|dnt|te|expect|via|upgrade|keep-alive|trailer|transfer-encoding|access-control-.*|proxy-.*|sec-.*)$/;

/** What to send: method, url, headers (pairs), body; `filled`: whether an example credential stands in for another. */
export function again(entry, vendors) {
  const example = vendors.find((vendor) => vendor.name === entry.vendor)?.example.headers ?? {};
  const known = Object.fromEntries(Object.entries(example).map(([name, value]) => [name.toLowerCase(), value]));
  const secret = Object.values(known).at(-1)?.split(" ").at(-1) ?? "";
  let filled = false;
  const restored = (text, whole) =>
    text.replace(HIDDEN, (hidden) => {
      filled = true;
      return whole ?? (hidden[0] === "%" ? encodeURIComponent(secret) : secret);
    });
  const headers = Object.entries(entry.request.headers)
    .filter(([name]) => !OURS.test(name))
    .map(([name, value]) => {
      if (value.match(HIDDEN) && name in known) {
        filled = true;
        return [name, known[name]];
      }
      return [name, restored(value)];
    });
  const prefix = entry.sandbox === "default" ? "" : `__sandbox/${entry.sandbox}/`;
  const url = ROOT + prefix + restored(entry.request.url).slice(1);
  return { method: entry.request.method, url, headers, body: restored(entry.request.body), filled };
}

/** The call as a shell command. */
export function curl({ method, url, headers, body }) {
  const parts = ["curl -g -i", method === "GET" ? "" : method === "HEAD" ? "-I" : `-X ${quoted(method)}`];
  parts.push(...headers.map(([name, value]) => `-H ${quoted(value ? `${name}: ${value}` : `${name};`)}`));
  if (body) parts.push(`--data-binary ${quoted(body)}`);
  return [...parts.filter(Boolean), quoted(url)].join(" ");
}

/** Sends the call again; the reply, or what broke on the way. */
export async function replay({ method, url, headers, body }) {
  const sent = headers.filter(([name]) => !BROWSERS.test(name));
  const began = performance.now();
  try {
    const bodiless = method === "GET" || method === "HEAD" || !body;
    const reply = await fetch(url, { method, headers: sent, body: bodiless ? undefined : body, cache: "no-store", redirect: "manual" });
    const text = await reply.text();
    return { status: reply.status, headers: [...reply.headers], body: text, ms: performance.now() - began, call: reply.headers.get("X-Mock-Call") };
  } catch (error) {
    return { broke: error.message, ms: performance.now() - began };
  }
}

/** A word of a shell command. */
function quoted(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
