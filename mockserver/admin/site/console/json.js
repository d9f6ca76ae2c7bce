// JSON that keeps its digits: 50.00 stays 50.00, on the screen and on the way back. JSON.parse would make it 50.

const TOKEN = /"(?:[^"\\]|\\.)*"?|[{}[\],:]|[^\s{}[\],:"]+/gs;

/** A number as it was written. */
export class Digits {
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }
}

/** The value of a JSON text: objects as Maps, which keep the order of their keys, numbers as Digits. */
export function read(text) {
  JSON.parse(text); // throws for what is no JSON
  const tokens = text.match(TOKEN);
  let at = 0;

  function members(end, one) {
    while (tokens[at] !== end) {
      one();
      if (tokens[at] === ",") at += 1;
    }
    at += 1;
  }

  function value() {
    const token = tokens[at++];
    if (token === "{") {
      const found = new Map();
      members("}", () => {
        const key = JSON.parse(tokens[at]);
        at += 2;
        found.set(key, value());
      });
      return found;
    }
    if (token === "[") {
      const found = [];
      members("]", () => found.push(value()));
      return found;
    }
    return /^[-\d]/.test(token) ? new Digits(token) : JSON.parse(token);
  }

  return value();
}

/** A value of `read` as compact JSON. */
export function write(value) {
  if (value instanceof Digits) return value.text;
  if (value instanceof Map) return `{${[...value].map(([key, inner]) => `${JSON.stringify(key)}:${write(inner)}`)}}`;
  if (Array.isArray(value)) return `[${value.map(write)}]`;
  return JSON.stringify(value);
}

/** A JSON text laid out over lines, piece by piece: [kind, text], kind being key, string, number, word, mark or space.
    It may have been cut off. What was no JSON at all comes back as it is, as one `word`. */
export function* laid(text) {
  if (!/^\s*[{[]/.test(text)) {
    yield ["word", text];
    return;
  }
  const tokens = text.match(TOKEN);
  let depth = 0;
  for (const [at, token] of tokens.entries()) {
    const next = tokens[at + 1];
    if (token === "{" || token === "[") {
      yield ["mark", token];
      if (next === "}" || next === "]") continue;
      depth += 1;
      yield ["space", `\n${"  ".repeat(depth)}`];
    } else if (token === "}" || token === "]") {
      if (tokens[at - 1] !== "{" && tokens[at - 1] !== "[") {
        depth = Math.max(0, depth - 1);
        yield ["space", `\n${"  ".repeat(depth)}`];
      }
      yield ["mark", token];
    } else if (token === ",") {
      yield ["mark", ","];
      yield ["space", `\n${"  ".repeat(depth)}`];
    } else if (token === ":") {
      yield ["mark", ": "];
    } else if (token[0] === '"') {
      yield [next === ":" ? "key" : "string", token];
    } else {
      yield [/^[-\d]/.test(token) ? "number" : "word", token];
    }
  }
}

/** The same as one text. */
export function pretty(text) {
  return [...laid(text)].map(([, piece]) => piece).join("");
}

/** What stands at a dotted path of a value of `read`; undefined where nothing does. */
export function at(value, path) {
  return path.split(".").reduce((found, name) => (found instanceof Map ? found.get(name) : undefined), value);
}
