import { expect, test } from "vitest";
import { parse } from "yaml";
import { metaDataText } from "../../../execute-node/agent/meta-data.ts";

/** How the small guest reads its name: `sed -n 's/^local-hostname: */ /p'`. */;
function nameBySed(text: string): string[] {
  return text.split("\n").flatMap((line) => /^local-hostname: *(.*)$/.exec(line)?.[1] ?? []);
}

/** Parses as cloud-init does, which reads YAML 1.1. */
function read(text: string): unknown {
  return parse(text, { version: "1.1" });
}

test("a machine without a seed is told its name and its instance's id", () => {
  expect(metaDataText("i-7.0-0123456789abcdef", "web", {})).toBe(
    "local-hostname: web\ninstance-id: i-7.0-0123456789abcdef\n",
  );
});

test("a seed may name the guest otherwise, but not its instance", () => {
  const text = metaDataText("i-7.0-a", "web", { "local-hostname": "web.example.org", "instance-id": "i-forged" });
  expect(nameBySed(text)).toEqual(["web.example.org"]);
  expect(read(text)).toEqual({ "local-hostname": "web.example.org", "instance-id": "i-7.0-a" });
});

const WORDS = [
  ...["", "123", "yes", "No", "on", "y", "N", "true", "null", "~", "0x1f", "1e3", "1_000", "0b1", ".inf", "=", "<<"],
  ...["12:30:45", "2026-11-25", "!!python/object:os.system x", "&a", "*a", "---", "...", "%YAML", "a # b", "a: b"],
  ...[
    "a\nlocal-hostname: evil\nb",
    "\ttab ",
    " blank",
    'it\'s "so"',
    "a\\b",
    "a\r\nb",
    "- a",
    "? a",
    "[",
    "{",
    "`",
    "@",
  ],
  ...["\0\u0007\u007f\u0085\u00a0\u2028\ufeff\ufffe", "\u00fcmlaut \u{1f600} \u{10ffff}", "x".repeat(900)],
];

test.each(WORDS)("the text %j stays what it is, as a value, in a list and as a name", (word) => {
  const metaData = { value: word, list: [word, { [`${word}.`]: word }], [`key ${word}`]: 1 };
  const text = metaDataText("i-1.0-a", "web", metaData);
  expect(read(text)).toEqual({ "local-hostname": "web", "instance-id": "i-1.0-a", ...metaData });
  expect(nameBySed(text)).toEqual(["web"]);
  expect(text).toMatch(/^[\n\x20-\x7e]*$/);
});

test("what JSON has beside text stays what it is", () => {
  const metaData = {
    "public-keys": ["ssh-ed25519 AAAA me"],
    numbers: [0, -1, 1.5, 1e21, -2e-7, 1.5e300, 12345678901234],
    others: [true, false, null, {}, [], { "": { "7": [[]] } }],
  };
  expect(read(metaDataText("i-1.0-a", "web", metaData))).toMatchObject(metaData);
});

test("a name that YAML would take for something else is quoted", () => {
  for (const name of ["123", "1e3", "on", "0-1"]) {
    expect(read(metaDataText("i-1.0-a", name, {}))).toMatchObject({ "local-hostname": name });
  }
});

test("half of a character becomes the sign for one that cannot be read", () => {
  expect(read(metaDataText("i-1.0-a", "web", { half: "a\ud800b" }))).toMatchObject({ half: "a\ufffdb" });
});
