import { describe, expect, test } from "vitest";
import { checkSshKeys } from "../../../provider/instance/ssh-keys.ts";

// Made by ssh-keygen for these tests; nobody has the private halves.
const ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGXyvYxLz1h6QuFwcjKBXkUQeSIqnB2iZa+LQ6f9hIpE";
const ECDSA =
  "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBI+9B6CqhTTukjmXgHG4nQtgJ/ETJ3x3RB16dREYEqCEpoT87NU4z/TBSAAqojWeUMjkRF9Qi9fq2T90+PesghU=";
const RSA = key("ssh-rsa", Buffer.from([1, 0, 1]), Buffer.alloc(257, 7));

/** A key of the form that RFC 4253 describes. */
function key(type: string, ...parts: Buffer[]): string {
  const blob = [Buffer.from(type), ...parts].flatMap((part) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    return [length, part];
  });
  return `${type} ${Buffer.concat(blob).toString("base64")}`;
}

/** Why the keys are refused; undefined where they are fine. */
function reason(given: unknown): string | undefined {
  const checked = checkSshKeys(given);
  return "reason" in checked ? checked.reason : undefined;
}

describe("a public key is taken", () => {
  const bytes = Buffer.alloc(32, 1);
  const application = Buffer.from("ssh:");
  test.each([
    ...[ED25519, ECDSA, RSA, `${ED25519} ann@desk`, `${ED25519} Ann's key: "desk" ü`],
    key("sk-ssh-ed25519@openssh.com", bytes, application),
    key("sk-ecdsa-sha2-nistp256@openssh.com", Buffer.from("nistp256"), Buffer.alloc(65, 4), application),
    key("ecdsa-sha2-nistp521", Buffer.from("nistp521"), Buffer.alloc(133, 4)),
  ])("%s", (given) => {
    expect(checkSshKeys([given])).toEqual({ value: [given] });
  });

  test("as the content of its file, without the line's end", () => {
    expect(checkSshKeys([`${ED25519} ann@desk\n`, ` ${ECDSA}\r\n`])).toEqual({ value: [`${ED25519} ann@desk`, ECDSA] });
  });

  test("and none is needed", () => {
    expect(checkSshKeys(undefined)).toEqual({ value: undefined });
    expect(checkSshKeys([])).toEqual({ value: [] });
  });
});

describe("what is no public key is refused", () => {
  const blob = ED25519.split(" ")[1] ?? "";
  test.each<[string, string, RegExp]>([
    ["a word", "ann", /0 a text of 3 characters: must be an OpenSSH public key.*ssh-ed25519, ssh-rsa/],
    ["nothing", "", /must be an OpenSSH public key/],
    ["a file's name", "~/.ssh/id_ed25519.pub", /must be an OpenSSH public key/],
    ["a type alone", "ssh-ed25519", /cut off/],
    ["a key that is cut off", ED25519.slice(0, -8), /what follows ssh-ed25519.*cut off/],
    ["a key with more behind it", key("ssh-ed25519", Buffer.alloc(32), Buffer.alloc(1)), /no such key/],
    ["a key of an empty part", key("ssh-ed25519", Buffer.alloc(0)), /no such key/],
    ["a blob of another type", `ssh-rsa ${blob}`, /what follows ssh-rsa is no such key/],
    ["a blob that is no base64", `ssh-ed25519 ${blob.slice(0, -1)}*`, /no such key/],
    ["a blob whose length lies", `ssh-ed25519 ${Buffer.from("ffffffff00", "hex").toString("base64")}`, /no such key/],
    ["a type that sshd no longer takes", key("ssh-dss", Buffer.alloc(9)), /of one of the types/],
    ["a certificate", key("ssh-ed25519-cert-v01@openssh.com", Buffer.alloc(9)), /of one of the types/],
    ["a type of JavaScript's", `toString ${blob}`, /of one of the types/],
    ["a key behind options", `restrict,command="x y" ${ED25519}`, /without options.*userData/],
    ["several keys", `${ED25519}\n${ECDSA}`, /must be one key; make each line an entry/],
    ["a key with a command in its comment's second line", `${ED25519} a\rb`, /must be one key/],
    ["a key with a control character", `${ED25519} a\u0000b`, /control characters/],
    ["a key with a control character of eight bits", `${ED25519} a\u009b31mb`, /control characters/],
    ["a key of RFC 4716", `---- BEGIN SSH2 PUBLIC KEY ----\n${blob}\n---- END SSH2 PUBLIC KEY ----`, /ssh-keygen -i/],
    ["a key of PKCS#8", `-----BEGIN PUBLIC KEY-----\n${blob}\n-----END PUBLIC KEY-----`, /-m PKCS8/],
    [
      "a private key",
      `-----BEGIN OPENSSH PRIVATE KEY-----\n${blob}\n-----END OPENSSH PRIVATE KEY-----\n`,
      /private key.*new pair/,
    ],
    ["a private key of PuTTY", `PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\n${blob}`, /private key/],
    ["an encrypted private key", `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${blob}`, /private key/],
  ])("%s", (_name, given, expected) => {
    expect(reason([given])).toMatch(expected);
    expect(reason([given])).not.toContain(blob.slice(0, 20));
  });

  test("each by its place in the list", () => {
    expect(reason([ED25519, "x", ECDSA, "y"])).toMatch(/^1 a text of 1 characters: .*; 3 a text of 1 characters: /);
  });

  test.each<[unknown, RegExp]>([
    [ED25519, /a text of 80 characters: .*array/],
    [[7], /0 a number: .*string/],
    [{ ann: ED25519 }, /an object/],
  ])("and so is what is no list of texts: %j", (given, expected) => {
    expect(reason(given)).toMatch(expected);
    expect(reason(given)).not.toContain("AAAA");
  });
});
