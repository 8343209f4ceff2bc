import { z } from "zod";
import { bySecretly, type Checked, kindOf } from "./checked.ts";
import { readYaml } from "./yaml.ts";

/** The formats that cloud-init tells by how a text begins (cloud-init documentation, "User data formats"). */
const FORMATS: readonly {
  readonly heading: string;
  readonly begins: RegExp;
  readonly yaml?: "a mapping" | "a list";
}[] = [
  { heading: "#cloud-config", begins: /^#cloud-config(?=\s|$)/, yaml: "a mapping" },
  { heading: "#cloud-config-archive", begins: /^#cloud-config-archive(?=\s|$)/, yaml: "a list" },
  { heading: "#cloud-config-jsonp", begins: /^#cloud-config-jsonp(?=\s|$)/ },
  { heading: "#!", begins: /^#!/ },
  { heading: "#include", begins: /^#include(?=\s|$)/ },
  { heading: "#include-once", begins: /^#include-once(?=\s|$)/ },
  { heading: "#cloud-boothook", begins: /^#cloud-boothook(?=\s|$)/ },
  { heading: "#part-handler", begins: /^#part-handler(?=\s|$)/ },
  // What a template becomes is known in the guest alone.
  { heading: "## template: jinja", begins: /^## template: jinja(?=\s|$)/ },
];

/** The headers of a MIME message: up to its first empty line. */
const MIME_HEADERS = /^(?:Content-Type|MIME-Version):.*?(?=\r?\n\r?\n|$)/is;

const FORMAT_NAMES = [...FORMATS.map(({ heading }) => heading), "Content-Type: multipart/…"].join(", ");

/** What text begins with that somebody compressed: gzip's first bytes, as Latin-1 or misread as UTF-8. */
const GZIP = ["\u001f\u008b", "\u001f\ufffd"];

const BASE64 = /^[A-Za-z0-9+/\s]{12,}={0,2}\s*$/;

/** An object that becomes a `#cloud-config`. */
const CloudConfig = z.record(z.string(), z.json(), "must be text or an object");

/** Checks user data. The reason never holds any of it, because it may be a secret. */
export function checkUserData(given: unknown): Checked {
  if (given === undefined) return { value: undefined };
  if (typeof given !== "string") return bySecretly(CloudConfig, given);
  const wrong = whatIsWrong(given);
  return wrong === undefined ? { value: given } : { reason: `${kindOf(given)} ${wrong}` };
}

function whatIsWrong(text: string): string | undefined {
  const format = FORMATS.find(({ begins }) => begins.test(text));
  if (format?.yaml !== undefined) {
    const read = readYaml(text, format.yaml);
    return "reason" in read ? `that begins with ${format.heading} ${read.reason}` : undefined;
  }
  if (format !== undefined) return undefined;
  const headers = MIME_HEADERS.exec(text)?.[0];
  if (headers !== undefined) return whatIsWrongWithMime(headers);
  return `is of no format of cloud-init: ${hint(text)}`;
}

/** cloud-init takes a text for a message only where it says so near its beginning (`convert_string` in user_data.py). */
function whatIsWrongWithMime(headers: string): string | undefined {
  if (/^Content-Type:\s*multipart\//im.test(headers) && /^MIME-Version:/im.test(headers)) return undefined;
  return "that begins as a MIME message must have the headers `Content-Type: multipart/…` and `MIME-Version: 1.0`";
}

/** Why a text is of no format, and what to do. */
function hint(text: string): string {
  if (text === "") return "it is empty; leave the argument out for a guest without user data";
  if (GZIP.some((bytes) => text.startsWith(bytes))) {
    return "it is compressed; hand over plain text, which is compressed on its way to the node";
  }
  if (BASE64.test(text) && startsAsSomething(Buffer.from(text, "base64"))) {
    return "it is base64; hand over plain text, which is encoded on its way to the node";
  }
  if (startsAsText(text.trimStart())) {
    return "white space or a byte order mark stands before its heading; remove it (`.trimStart()`)";
  }
  return `it must begin with one of ${FORMAT_NAMES}`;
}

function startsAsSomething(bytes: Buffer): boolean {
  return (bytes[0] === 0x1f && bytes[1] === 0x8b) || startsAsText(bytes.toString("utf8"));
}

function startsAsText(text: string): boolean {
  return FORMATS.some(({ begins }) => begins.test(text)) || MIME_HEADERS.test(text);
}
