// Money without floats: a number keeps the digits that were sent, and sums are whole numbers of the twentieth decimal.

const PLACES = 20;

/** JSON as it was sent: every number is a text with its own digits, `50.00` stays `50.00`. */
export function parse(text) {
  const quoted = text.replace(/("(?:[^"\\]|\\.)*")|-?\d[\d.eE+-]*/g, (found, string) => string ?? `"${found}"`);
  return JSON.parse(quoted);
}

/** An amount as a BigInt. */
export function amount(text) {
  const [, sign, whole, part = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === undefined || part.length > PLACES) throw new Error(`${text} is no amount of up to ${PLACES} decimals`);
  return BigInt(sign + whole + part.padEnd(PLACES, "0"));
}

/** A BigInt as people read amounts: two decimals, or as many as it has. */
export function shown(sum) {
  const digits = String(sum < 0n ? -sum : sum).padStart(PLACES + 1, "0");
  const part = digits.slice(-PLACES).replace(/0+$/, "").padEnd(2, "0");
  const whole = digits.slice(0, -PLACES).replace(/\B(?=(\d{3})+$)/g, ",");
  return `${sum < 0n ? "−" : ""}${whole}.${part}`;
}
