/**
 * The literals of HTCondor's ClassAd language, in the "old" syntax of job ads on a hook's standard input: one
 * `Attribute = literal` a line (HTCondor manual, "ClassAd Syntax"). Provider and node both write and read them.
 */

/** A value that a ClassAd literal can hold. */
export type ClassAdValue = string | number | boolean;

/** An attribute's name, as we write it. */
const ATTRIBUTE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Quotes a value as a ClassAd literal. Refuses control characters and anything beyond ASCII: what people write freely
 * travels as base64, so such a character here is a defect and must not reach a command.
 */
export function classAdLiteral(value: ClassAdValue): string {
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`No ClassAd literal for the number ${value}`);
    return String(value);
  }
  if (/[^\x20-\x7e]/.test(value)) {
    throw new TypeError(`No ClassAd literal for text with control or non-ASCII characters: ${JSON.stringify(value)}`);
  }
  return `"${value.replace(/\\/g, "\\\\").replace(/"/g, '\\"')}"`;
}

/** Renders `Attribute = literal`. */
export function classAdAssignment(attribute: string, value: ClassAdValue): string {
  if (!ATTRIBUTE.test(attribute)) throw new TypeError(`Not a ClassAd attribute name: ${JSON.stringify(attribute)}`);
  return `${attribute} = ${classAdLiteral(value)}`;
}

/**
 * Reads an ad of one assignment a line. Literals become values; any other expression is left out, because whoever
 * trusts no job evaluates none of its expressions. Names are lower-cased: ClassAd attributes know no case.
 */
export function parseClassAdLines(text: string): Record<string, ClassAdValue> {
  const ad: Record<string, ClassAdValue> = Object.create(null);
  for (const line of text.split("\n")) {
    // No pattern for the whole line: one that gives back blanks takes quadratic time on a hostile line of them.
    const equals = line.indexOf("=");
    const name = line.slice(0, Math.max(equals, 0)).trim();
    const value = ATTRIBUTE.test(name) ? parseLiteral(line.slice(equals + 1).trim()) : undefined;
    if (value !== undefined) ad[name.toLowerCase()] = value;
  }
  return ad;
}

function parseLiteral(text: string): ClassAdValue | undefined {
  if (/^true$/i.test(text)) return true;
  if (/^false$/i.test(text)) return false;
  if (/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text)) return Number(text);
  if (!/^"(?:[^"\\]|\\.)*"$/.test(text)) return undefined;
  return text.slice(1, -1).replace(/\\(.)/g, "$1");
}

/** Free text as it travels in an ad. */
export function encodeText(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}

/** The inverse of {@link encodeText}; undefined when the text is no base64 of UTF-8. */
export function decodeText(base64: string): string | undefined {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(base64)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(base64, "base64"));
  } catch {
    return undefined;
  }
}

/**
 * An ad without what is undefined, its names in lower case because ClassAds know no case. Written so that a thousand ads
 * leave little to be collected.
 */
export function inLowerCase(ad: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const lower: Record<string, unknown> = {};
  for (const [given, value] of Object.entries(ad)) {
    const name = given.toLowerCase();
    // No attribute of HTCondor's is called so, and to set it would set something else.
    if (value !== null && name !== "__proto__") lower[name] = value;
  }
  return lower;
}
