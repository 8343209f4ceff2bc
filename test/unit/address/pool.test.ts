import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addressPoolOf, parsePool } from "../../../provider/address/pool.ts";
import { InvalidInputError } from "../../../provider/errors.ts";
import { readSettings } from "../../../provider/settings.ts";

let folder: string;
let files = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "condor-cloud-addresses-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The pool of a file with this text. */
async function poolOf(text: string) {
  const path = join(folder, `addresses-${files++}.xml`);
  await writeFile(path, text);
  return await addressPoolOf(readSettings({ addresses: path }, {}));
}

const complaint = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail("it was taken"),
    (error) => {
      expect(error).toBeInstanceOf(InvalidInputError);
      return String(error.message);
    },
  );

describe("an address pool in a file", () => {
  test("is read in the original's format, MAC addresses in lower case", async () => {
    const text = `<addresses>
      <address mac="00:1A:4A:22:20:01">192.168.1.1</address>
      <!-- spare -->
      <address mac="00:1a:4a:22:20:02" network="lan"> 192.168.1.2 </address>
    </addresses>`;
    expect(await poolOf(`<?xml version="1.0" encoding="UTF-8"?>\n${text}`)).toEqual([
      { macAddress: "00:1a:4a:22:20:01", address: "192.168.1.1" },
      { macAddress: "00:1a:4a:22:20:02", address: "192.168.1.2", network: "lan" },
    ]);
  });

  test.each(["<addresses/>", "<addresses></addresses>", "<addresses>\n</addresses>"])(
    "may be empty: %j",
    async (text) => {
      expect(await poolOf(text)).toEqual([]);
    },
  );

  test("names each entry that cannot be used, by its number, with its value and what was expected", async () => {
    const words = await complaint(
      poolOf(`<addresses>
        <address mac="00:1A:4A:22:20:01">192.168.1.1</address>
        <address mac="01:00:5e:00:00:01">192.168.1.2</address>
        <address mac="00:1a:4a:22:20:03">192.168.1</address>
        <address>192.168.1.4</address>
        <address mac="00:1a:4a:22:20:05" net="lan">192.168.1.5</address>
        <address mac="00:1a:4a:22:20:01">192.168.1.6</address>
        <address mac="00:1a:4a:22:20:07">192.168.1.1</address>
        <address mac="00:1a:4a:22:20:08">224.0.0.1</address>
        <address mac="00:1a:4a:22:20:09"><b>192.168.1.9</b></address>
      </addresses>`),
    );
    expect(words).toMatch(/entry 2, .*01:00:5e:00:00:01.*mac must be a unicast MAC address/);
    expect(words).toMatch(/entry 3, .*"192\.168\.1".*ip must be an IPv4 address/);
    expect(words).toMatch(/entry 4, .*mac expected string/);
    expect(words).toMatch(/entry 5, .*Unrecognized key: "net"/);
    expect(words).toContain("entry 6: mac 00:1a:4a:22:20:01 is that of entry 1 already");
    expect(words).toContain("entry 7: ip 192.168.1.1 is that of entry 1 already");
    expect(words).toMatch(/entry 8, .*one machine can have/);
    expect(words).toMatch(/entry 9, /);
  });

  test.each([
    ["is cut off", '<addresses><address mac="00:1a', /no XML: line 1/],
    ["is none", "192.168.1.1", /no XML|must be <addresses>/],
    [
      "has another root",
      '<hosts><address mac="00:1a:4a:22:20:01">192.168.1.1</address></hosts>',
      /must be <addresses>/,
    ],
    [
      "has something else",
      '<addresses><host mac="00:1a:4a:22:20:01">192.168.1.1</host></addresses>',
      /must be <addresses>/,
    ],
    ["leads to another file", '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><addresses/>', /document type/],
    ["blows itself up", '<!doctype a [<!entity e "&f;">]><addresses/>', /document type/],
  ])("that %s is refused", async (_, text, words) => {
    expect(await complaint(poolOf(text))).toMatch(words);
  });

  test("that is not there is an error that names it", async () => {
    const settings = readSettings({}, { CONDOR_CLOUD_ADDRESSES: "/nonexistent/addresses.xml" });
    expect(await complaint(addressPoolOf(settings))).toMatch(
      /\/nonexistent\/addresses\.xml cannot be read[\s\S]*ENOENT/,
    );
  });

  test("must have an absolute path", () => {
    expect(() => readSettings({ addresses: "addresses.xml" }, {})).toThrow(
      'condor:addresses: "addresses.xml" is not an absolute path',
    );
  });
});

describe("an address pool in the configuration", () => {
  test("is a list of pairs", async () => {
    const addresses = [
      { mac: "00:1A:4A:22:20:01", ip: "192.168.1.1", network: "lan" },
      { mac: "00:1a:4a:22:20:02", ip: "192.168.1.2" },
    ];
    expect(await addressPoolOf(readSettings({ addresses }, {}))).toEqual([
      { macAddress: "00:1a:4a:22:20:01", address: "192.168.1.1", network: "lan" },
      { macAddress: "00:1a:4a:22:20:02", address: "192.168.1.2" },
    ]);
  });

  test.each([
    [7, /entry 1, 7: .*object/],
    [null, /entry 1, null/],
    [{ mac: "00:1a:4a:22:20:01", ip: "::1" }, /ip must be an IPv4 address/],
    [{ mac: "00:1a:4a:22:20:01\n", ip: "192.168.1.1" }, /mac must be a unicast/],
    [{ mac: "00:1a:4a:22:20:01", ip: "192.168.1.1,x" }, /ip must be an IPv4 address/],
    [{ mac: "00:1a:4a:22:20:01", ip: "192.168.1.1", network: "$(X)" }, /network must be/],
    [{ mac: "00:1a:4a:22:20:01", ip: "127.0.0.1" }, /one machine can have/],
  ])("refuses %j", (entry, words) => {
    expect(() => parsePool([entry], "condor:addresses")).toThrow(words);
  });

  test("tells of ten bad entries at most, and how many more there are", () => {
    const bad = Array.from({ length: 12 }, (_, index) => index);
    expect(() => parsePool(bad, "condor:addresses")).toThrow(/entry 10, 9[\s\S]*and 2 more/);
  });

  test("that nobody configured is none", async () => {
    expect(await addressPoolOf(readSettings({}, {}))).toBeUndefined();
  });
});
