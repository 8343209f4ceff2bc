import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import {
  decodeSeed,
  encodeSeed,
  SEED_MAX_BYTES,
  SEED_UNPACKED_MAX_BYTES,
  type Seed,
  seedDigest,
} from "../../../contract/seed.ts";

const SEED: Seed = {
  userData: '#cloud-config\nhostname: "ümlaut"\n$ENV(HOME) \0 \u{1f600}',
  metaData: { "public-keys": ["ssh-ed25519 AAAA me"], nested: { b: [1, null, true], a: "x" } },
  networkConfig: "version: 2\n",
};

/** A travelling form made of any text. */
function travelling(text: string): string {
  return gzipSync(text, { level: 9 }).toString("base64");
}

/** JSON whose unpacked size is a given number of bytes. */
function jsonOf(bytes: number): string {
  const empty = '{"userData":""}';
  return `{"userData":"${"a".repeat(bytes - empty.length)}"}`;
}

describe("a seed as it travels", () => {
  test("reads back as what was said", () => {
    expect(decodeSeed(encodeSeed(SEED))).toEqual(SEED);
    expect(decodeSeed(encodeSeed({ metaData: {} }))).toEqual({ metaData: {} });
  });

  test("holds nothing that a submit description or a ClassAd could expand or break at", () => {
    expect(encodeSeed(SEED)).toMatch(/^[A-Za-z0-9+/]+={0,2}$/);
  });

  test("may be as large as a node unpacks, and no larger", () => {
    expect(decodeSeed(travelling(jsonOf(SEED_UNPACKED_MAX_BYTES)))?.userData).toHaveLength(
      SEED_UNPACKED_MAX_BYTES - 15,
    );
    expect(decodeSeed(travelling(jsonOf(SEED_UNPACKED_MAX_BYTES + 1)))).toBeUndefined();
  });

  test.each([
    ["nothing", ""],
    ["the word for none", "-"],
    ["text that is no base64", "not base64!"],
    ["base64 of no gzip", Buffer.from("{}").toString("base64")],
    ["gzip of no JSON", travelling("{")],
    ["gzip of half a file", encodeSeed(SEED).slice(0, 40)],
    ["a list", travelling("[]")],
    ["a field that we do not know", travelling('{"vendorData":"x"}')],
    ["user data that is no text", travelling('{"userData":{}}')],
    ["user data that a path stands for", travelling('{"userData":["/etc/shadow"]}')],
    ["metadata that is a text", travelling('{"metaData":"x"}')],
    ["a bomb of a gigabyte", gzipSync(Buffer.alloc(16 * 1024 ** 2), { level: 9 }).toString("base64")],
    ["brackets without end", travelling(`{"metaData":{"a":${"[".repeat(400_000)}${"]".repeat(400_000)}}}`)],
    ["more than a job holds", "A".repeat(SEED_MAX_BYTES + 4)],
    ["a megabyte after which a quote follows", `${"A".repeat(1024 ** 2)}"`],
  ])("is none where it is %s", (_what, text) => {
    expect(decodeSeed(text)).toBeUndefined();
  });
});

describe("a seed's digest", () => {
  test("is of what is said: not of how it was compressed, nor of the order of names", () => {
    const reordered: Seed = {
      networkConfig: SEED.networkConfig,
      metaData: { nested: { a: "x", b: [1, null, true] }, "public-keys": ["ssh-ed25519 AAAA me"] },
      userData: SEED.userData,
    };
    expect(seedDigest(reordered)).toBe(seedDigest(SEED));
    const weakly = gzipSync(JSON.stringify(reordered), { level: 1 }).toString("base64");
    expect(seedDigest(decodeSeed(weakly) ?? { metaData: {} })).toBe(seedDigest(SEED));
  });

  test.each<[string, Partial<Seed>]>([
    ["user data", { userData: "#cloud-config\n" }],
    ["no user data", { userData: undefined }],
    ["empty user data", { userData: "" }],
    ["another network configuration", { networkConfig: "version: 1\n" }],
    ["metadata in another order of its lists", { metaData: { "public-keys": ["b", "a"] } }],
    ["a list for a mapping of the same", { metaData: { nested: [["a", "x"]] } }],
    ["a number for a text", { metaData: { nested: 1 } }],
  ])("is another with %s", (_what, change) => {
    const other = { ...SEED, ...change };
    expect(seedDigest(other)).not.toBe(seedDigest(SEED));
    expect(seedDigest(other)).toMatch(/^[0-9a-f]{64}$/);
  });

  test("tells user data from network configuration", () => {
    expect(seedDigest({ userData: "x", metaData: {} })).not.toBe(seedDigest({ networkConfig: "x", metaData: {} }));
    expect(seedDigest({ metaData: { nested: { a: "x" } } })).not.toBe(
      seedDigest({ metaData: { nested: [["a", "x"]] } }),
    );
  });
});
