import { isMap, isSeq, LineCounter, parseDocument, type YAMLParseError } from "yaml";
import { type Checked, kindOf } from "./checked.ts";

/** What cloud-init's own parser refuses wherever it stands (YAML 1.1, "Character Set"). */
const UNPRINTABLE = /(?![\t\n\r\u0085])\p{Cc}|[\ufffe\uffff]/u;

/** What the parser's words quote of the text, which may be a secret, in words that quote nothing. */
const WORDS: Readonly<Record<string, string>> = {
  BAD_ALIAS: "Malformed alias or anchor",
  BAD_DQ_ESCAPE: "Invalid escape sequence",
  BAD_SCALAR_START: "Plain value cannot start with a reserved character such as @, `, % or a quote",
  MULTIPLE_DOCS: "More than one document",
  TAG_RESOLVE_FAILED: "Unresolved tag",
};

/**
 * Reads a document of cloud-init: YAML 1.1, as its own parser reads it. The reason holds the parser's words with line and
 * column, and nothing of the text.
 *
 * @param expected - what the document must be; one that is empty is fine
 * @returns its value; null for an empty one
 */
export function readYaml(text: string, expected: "a mapping" | "a list"): Checked {
  const unprintable = UNPRINTABLE.exec(text);
  const lines = new LineCounter();
  const document = parseDocument(text, { version: "1.1", prettyErrors: false, lineCounter: lines, logLevel: "error" });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `at line ${line}, column ${col}`;
  };
  if (unprintable !== null) {
    return {
      reason: `is no YAML: a control character ${at(unprintable.index)}; leave it out, or write it as an escape`,
    };
  }
  // A tag that is not YAML's own is a warning here, and an error for cloud-init.
  const [error] = [...document.errors, ...document.warnings.filter(({ code }) => code === "TAG_RESOLVE_FAILED")];
  if (error !== undefined) return { reason: `is no YAML: ${wordsOf(error)} ${at(error.pos[0])}` };
  const { contents } = document;
  const isExpected = expected === "a mapping" ? isMap(contents) : isSeq(contents);
  try {
    const value: unknown = document.toJS();
    if (value === null || value === undefined) return { value: null };
    if (isExpected) return { value };
    return { reason: `is ${Array.isArray(value) ? "a list" : kindOf(value)}, and must be ${expected}` };
  } catch {
    // The parser finds this out so late that it does not say where, and would quote the name.
    return { reason: "is no YAML: an alias (*name) without its anchor (&name) before it, or too many aliases" };
  }
}

/** The parser's words, without what they quote. */
function wordsOf({ code, message }: Pick<YAMLParseError, "code" | "message">): string {
  return WORDS[code] ?? message.replace(/:\s.*$/s, "");
}
