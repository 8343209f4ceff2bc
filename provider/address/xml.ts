import { XMLParser, XMLValidator } from "fast-xml-parser";
import { z } from "zod";

/** An entry as somebody wrote it, before it is checked. */
export type RawEntry = Readonly<Record<string, unknown>>;

/** Ten thousand of addresses fit; what is larger is no list of addresses. */
const TEXT_MAX = 4 * 1024 * 1024;

/** What the parser makes of a list: whatever else stands in the file is an error, not ignored. */
const Document = z.strictObject({
  "?xml": z.unknown().optional(),
  addresses: z
    .strictObject({ address: z.array(z.unknown()).default([]) })
    .or(z.literal("").transform(() => ({ address: [] }))),
});

/** The parser's names of attributes begin so. */
const ATTRIBUTE_PREFIX = "@";
const TEXT = "#text";

/**
 * Reads the entries of an `addresses.xml`, unchecked: `<addresses><address mac="…">192.168.1.1</address>…</addresses>`.
 * A document type is refused, and with it every entity but XML's own five, so that no file leads to another.
 */
export function parseAddressesXml(text: string): { readonly entries: RawEntry[] } | { readonly problem: string } {
  if (text.length > TEXT_MAX) return { problem: `it has ${text.length} characters; at most ${TEXT_MAX} are read` };
  if (/<!DOCTYPE|<!ENTITY/i.test(text)) return { problem: "it has a document type (<!DOCTYPE …>), which is not read" };
  const valid = XMLValidator.validate(text);
  if (valid !== true) {
    const { line, col, msg } = valid.err;
    return { problem: `it is no XML: line ${line}, column ${col}: ${msg}` };
  }
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: ATTRIBUTE_PREFIX,
    textNodeName: TEXT,
    parseTagValue: false,
    parseAttributeValue: false,
    processEntities: false,
    isArray: (_name, path) => path === "addresses.address",
  });
  const document = Document.safeParse(parser.parse(text));
  if (!document.success) {
    return { problem: "it must be <addresses> with an <address> for each pair in it, and nothing else" };
  }
  return { entries: document.data.addresses.address.map(entryOf) };
}

/** An element by the names that the configuration has for its parts; what has no such name stays, and is complained of. */
function entryOf(element: unknown): RawEntry {
  if (typeof element !== "object" || element === null) return { ip: element };
  return Object.fromEntries(
    Object.entries(element).map(([name, value]) => [
      name === TEXT ? "ip" : name.startsWith(ATTRIBUTE_PREFIX) ? name.slice(ATTRIBUTE_PREFIX.length) : `<${name}>`,
      value,
    ]),
  );
}
