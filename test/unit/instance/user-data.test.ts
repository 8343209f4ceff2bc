import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { checkUserData } from "../../../provider/instance/user-data.ts";

/** Why user data is refused; undefined where it is fine. */
function reason(given: unknown): string | undefined {
  const checked = checkUserData(given);
  return "reason" in checked ? checked.reason : undefined;
}

const MIME = 'Content-Type: multipart/mixed; boundary="b"\nMIME-Version: 1.0\n\n--b\n';
const gzipped = gzipSync("#!/bin/sh\ntrue\n");

describe("user data is taken as it is", () => {
  test.each<[string, unknown]>([
    ["none", undefined],
    ["a mapping", "#cloud-config\npackages: [curl]\n"],
    ["a mapping behind comments", "#cloud-config\n# mine\n---\npackages: [curl]\n"],
    ["a mapping that is all commented out", "#cloud-config\n# packages: [curl]\n"],
    ["one with Windows' line ends", "#cloud-config\r\npackages:\r\n  - curl\r\n"],
    ["one with anchors", "#cloud-config\nx: &a [1]\ny: *a\n"],
    ["one with a merge, as YAML 1.1 has it", "#cloud-config\nx: &a { b: 1 }\ny: { <<: *a }\n"],
    ["one with a tag of YAML's own", "#cloud-config\nwrite_files: [{ content: !!binary aGk= }]\n"],
    ["one with a document's end", "#cloud-config\na: 1\n...\n"],
    ["an archive", "#cloud-config-archive\n- type: text/cloud-config\n  content: x\n"],
    ["a patch", '#cloud-config-jsonp\n[{ "op": "add" }]\n'],
    ["a script", "#!/bin/sh\necho : [ {\n"],
    ["a list of addresses", "#include\nhttps://example.org/x\n"],
    ["an address in the same line", "#include https://example.org/x\n"],
    ["a list that is read once", "#include-once\nhttps://example.org/x\n"],
    ["a boot hook", "#cloud-boothook\n#!/bin/sh\n"],
    ["a handler", "#part-handler\ndef list_types(): return []\n"],
    ["a template, whatever is in it", "## template: jinja\n#cloud-config\n{% if true %}\nx: {{ v1.a }\n{% endif %}\n"],
    ["a message", MIME],
    [
      "a message whose headers stand otherwise",
      MIME.split("\n").toSpliced(0, 2, "MIME-Version: 1.0", "content-type: MULTIPART/mixed").join("\n"),
    ],
    ["a message with Windows' line ends", MIME.replaceAll("\n", "\r\n")],
    ["an object", { packages: ["curl"], runcmd: [["true"]], nothing: null }],
  ])("%s", (_name, given) => {
    expect(checkUserData(given)).toEqual({ value: given });
  });
});

describe("user data is refused", () => {
  test.each<[string, unknown, RegExp]>([
    ["of no format", "hostname: web", /a text of 13 characters is of no format.*begin with one of #cloud-config, .*#!/],
    ["with a heading that goes on", "#cloud-configuration\na: 1", /begin with one of/],
    ["with a heading in capitals", "#Cloud-Config\na: 1", /begin with one of/],
    ["with a space in its heading", "# cloud-config\na: 1", /begin with one of/],
    ["that is empty", "", /empty; leave the argument out/],
    ["behind an empty line", "\n#cloud-config\na: 1", /white space.*trimStart/],
    ["behind blanks", "  #!/bin/sh\n", /white space/],
    ["behind a byte order mark", "\ufeff#cloud-config\na: 1", /byte order mark/],
    ["in base64", Buffer.from("#cloud-config\na: 1\n").toString("base64"), /base64; hand over plain text/],
    ["in base64 in lines", `${gzipped.toString("base64").replace(/(.{20})/g, "$1\n")}\n`, /base64; hand over plain/],
    ["compressed", gzipped.toString("latin1"), /compressed; hand over plain text/],
    ["compressed and misread", gzipped.toString("utf8"), /compressed; hand over plain text/],
    ["with a message of one part", "Content-Type: text/plain\nMIME-Version: 1.0\n\nx", /multipart/],
    ["with a message that is none", "Content-Type: multipart/mixed\n\nMIME-Version: 1.0\n", /MIME-Version: 1.0/],
    ["that is a list", "#cloud-config\n- a\n", /begins with #cloud-config is a list, and must be a mapping/],
    ["that is a word", "#cloud-config\nhello\n", /is a text of 5 characters, and must be a mapping/],
    ["that is a mapping where a list is due", "#cloud-config-archive\na: 1\n", /an object, and must be a list/],
    ["that does not close", "#cloud-config\na: [1\n", /is no YAML: Flow sequence.* at line 3, column 1/],
    [
      "that is indented by tabs",
      "#cloud-config\na:\n\t- b\n",
      /Tabs are not allowed as indentation at line 3, column 1/,
    ],
    [
      "that says a thing twice",
      "#cloud-config\nruncmd: [a]\nruncmd: [b]\n",
      /Map keys must be unique at line 3, column 1/,
    ],
    ["of two documents", "#cloud-config\na: 1\n---\nb: 2\n", /More than one document at line 3/],
    ["with an alias of nothing", "#cloud-config\na: *b\n", /alias .*without its anchor/],
    ["with a tag of nobody's", "#cloud-config\na: !!python/object:os.system x\n", /Unresolved tag at line 2, column 4/],
    ["with a control character", "#cloud-config\na: \u0007\n", /control character at line 2, column 4/],
    ["that is a number", 7, /a number: must be text or an object/],
    ["that is a list of a program", ["#cloud-config"], /a list of 1: must be text or an object/],
    ["that is true", true, /a boolean/],
  ])("%s", (_name, given, expected) => {
    expect(reason(given)).toMatch(expected);
    expect(reason(given)?.length).toBeLessThan(400);
  });

  test("however often its aliases multiply", () => {
    const levels = Array.from(
      { length: 9 },
      (_, level) => `l${level + 1}: &l${level + 1} [${Array(9).fill(`*l${level}`)}]`,
    );
    expect(reason(`#cloud-config\nl0: &l0 [x]\n${levels.join("\n")}\n`)).toMatch(/too many aliases/);
  });
});

test("a reason never holds anything of what was given, wherever it stands", () => {
  const secret = "hunter2";
  const places = [
    ...[
      `${secret}`,
      `*${secret}`,
      `&${secret} [`,
      `!${secret} x`,
      `!!${secret} x`,
      `!<${secret} x`,
      `[${secret}`,
      `"${secret}`,
    ],
    ...[
      `'${secret}`,
      `| ${secret}\n`,
      `>${secret}`,
      `@${secret}`,
      `\`${secret}`,
      `%${secret}`,
      `"\\${secret}"`,
      `{${secret}: 1, ${secret}: 2}`,
    ],
    ...[
      `${secret}: ${secret}: ${secret}`,
      `\t${secret}\n\t- ${secret}`,
      `- ${secret}\n${secret}`,
      `!!int ${secret}`,
      `&a*${secret} :`,
    ],
    ...[
      `!${secret}! x`,
      `? ${secret}\n: - a\n b`,
      `"a" ${secret}`,
      `[a] ${secret}`,
      `{a: b} ${secret}: c`,
      `${secret} #\n- ${secret}`,
    ],
  ];
  const documents = places.flatMap((place) => [
    ...[
      place,
      `a: ${place}`,
      `- ${place}`,
      `%${place}\n---\na: 1`,
      `--- ${place}`,
      `a: 1\n${place}`,
      `a: 1\n--- ${place}\n`,
    ],
  ]);
  const given: unknown[] = documents.flatMap((text) => [
    text,
    `#cloud-config\n${text}`,
    `#cloud-config-archive\n${text}`,
  ]);
  given.push([secret], [[secret]], { a: () => secret }, Symbol(secret), `Content-Type: ${secret}`, ` ${secret}`);
  given.push(Buffer.from(`#!${secret}`).toString("base64"));
  const reasons = given.map(reason).filter((text) => text !== undefined);
  expect(reasons.length).toBeGreaterThan(300);
  expect(reasons.filter((text) => text.includes(secret))).toEqual([]);
});
