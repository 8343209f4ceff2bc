import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { SEED_MAX_BYTES } from "../../../contract/seed.ts";
import { InstanceInputs } from "../../../provider/instance/inputs.ts";
import { seedOf } from "../../../provider/instance/seed.ts";
import { checkSeedSize } from "../../../provider/instance/seed-size.ts";
import { wantedOf } from "../../../provider/instance/spec.ts";
import { INPUTS } from "./samples.ts";

const none = new Set<string>();
const one = new Map([["main", "02:00:00:00:00:01"]]);

describe("what a guest is told", () => {
  test("is nothing where nobody says anything", () => {
    expect(seedOf({ name: "web" }, one)).toBeUndefined();
    expect(
      seedOf({ name: "web", userData: {}, sshAuthorizedKeys: [], metaData: {}, hostname: "web" }, one),
    ).toBeUndefined();
  });

  test("holds texts as they are", () => {
    const texts = { userData: "#!/bin/sh\n", networkConfig: "version: 2\n" };
    expect(seedOf({ name: "web", ...texts }, one)).toEqual({ ...texts, metaData: {} });
  });

  test("holds host name and keys in the meta-data", () => {
    expect(
      seedOf({ name: "web", hostname: "web.example.org", sshAuthorizedKeys: ["k"], metaData: { a: 1 } }, one),
    ).toEqual({
      metaData: { "local-hostname": "web.example.org", "public-keys": ["k"], a: 1 },
    });
  });

  test("makes of an object what YAML 1.1 reads as the same object, whatever its texts look like", () => {
    const userData = {
      words: [
        "yes",
        "no",
        "on",
        "~",
        "null",
        "12:30:45",
        "2026-01-01",
        "0644",
        "0x1f",
        "1_000",
        ".5",
        "=",
        "<<",
        "- x",
        "#c",
      ],
      signs: [
        "a\tb",
        "multi\nline\n",
        "\u0001\u007f\u0085\u2028\u2029\ufeff\ufffe",
        "😀",
        '"',
        "\\u0041",
        "{{ v1 }}",
        " x ",
      ],
      n: [true, null, 7, 1.5, {}, []],
    };
    const text = seedOf({ name: "web", userData }, one)?.userData ?? "";
    expect(text).toMatch(/^#cloud-config\n\{/);
    expect(parse(text, { version: "1.1" })).toEqual(userData);
    expect(text).not.toMatch(/[\u007f\u0085\u2028\ufeff]/);
  });

  test("asks for DHCP on each of several interfaces, routed by the main one", () => {
    const macs = new Map([...one, ["back", "02:00:00:00:00:02"]]);
    const { version, ethernets } = parse(seedOf({ name: "web" }, macs)?.networkConfig ?? "");
    expect(version).toBe(2);
    expect(ethernets.main).toEqual({ match: { macaddress: "02:00:00:00:00:01" }, dhcp4: true });
    expect(ethernets.back["dhcp4-overrides"]).toEqual({ "use-routes": false, "use-dns": false });
  });
});

describe("the size of what a guest is told", () => {
  const noise = (bytes: number) => `#!${randomBytes(bytes).toString("base64")}`;
  const check = (change: Record<string, unknown>, unknown: ReadonlySet<string> = none) =>
    checkSeedSize({ ...INPUTS, ...change }, unknown);

  test("may be what a job carries", () => {
    expect(check({})).toEqual([]);
    expect(check({ userData: noise(40_000) })).toEqual([]);
    expect(check({ userData: `#!${"x".repeat(500_000)}` })).toEqual([]);
  });

  test("may not be more, and the reason says how much, of what, and what to do", () => {
    const [failure] = check({ userData: noise(60_000), metaData: { a: "b" } });
    expect(failure?.property).toBe("userData");
    expect(failure?.reason).toMatch(
      new RegExp(`takes 8\\d{4} bytes, compressed and in base64, and may take ${SEED_MAX_BYTES}`),
    );
    expect(failure?.reason).toMatch(/#include/);
    expect(failure?.reason.length).toBeLessThan(400);
  });

  test("is that of all together, and the largest is to blame", () => {
    const parts = { userData: noise(20_000), metaData: { large: noise(30_000) } };
    expect(check(parts).map(({ property }) => property)).toEqual(["metaData"]);
  });

  test("may not be more than a node unpacks either", () => {
    const [failure] = check({ userData: `#!${"x".repeat(1024 * 1024)}` });
    expect(failure?.reason).toMatch(/takes 10\d{5} bytes, as JSON, and may take 1048576/);
  });

  test("counts what a preview knows", () => {
    const unknown = new Set(["image", "metaData"]);
    expect(check({ image: "?", metaData: "?", userData: noise(60_000) }, unknown)).toHaveLength(1);
    expect(check({ image: "?", metaData: "?", userData: noise(100) }, unknown)).toEqual([]);
    expect(check({ userData: "?" }, new Set(["userData"]))).toEqual([]);
  });
});

test("a machine's specification says what its guest is told, so that no other is taken for it", () => {
  const specs = [{}, { userData: "#!a" }, { userData: "#!b" }, { hostname: "other" }].map(
    (change) => wantedOf(InstanceInputs.parse({ ...INPUTS, ...change })).spec.seed,
  );
  expect(specs[0]).toBeUndefined();
  expect(new Set(specs).size).toBe(4);
});
