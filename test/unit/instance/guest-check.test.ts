import { describe, expect, test } from "vitest";
import { openContext } from "../../../provider/context.ts";
import { checkInstance } from "../../../provider/instance/check.ts";
import { SEED_INPUTS } from "../../../provider/instance/guest-inputs.ts";
import { readSettings } from "../../../provider/settings.ts";
import { UNKNOWN, unknownProperties } from "../../../sdk/values.ts";
import { INPUTS } from "./samples.ts";

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGXyvYxLz1h6QuFwcjKBXkUQeSIqnB2iZa+LQ6f9hIpE";

/** Checks a machine that is told so; what holds an unknown value is unknown, as the shell finds out. */
async function check(change: Record<string, unknown>) {
  const inputs = { ...INPUTS, ...change };
  return await checkInstance(inputs, unknownProperties(inputs), {
    ...openContext(readSettings({}, {})),
    store: undefined,
  });
}

describe("what a guest is told is refused by its argument", () => {
  test.each<[string, Record<string, unknown>, RegExp]>([
    ["userData", { userData: "packages: [curl]" }, /no format of cloud-init/],
    ["userData", { userData: "#cloud-config\na: [" }, /line 2, column 5|line 2, column 4/],
    ["sshAuthorizedKeys", { sshAuthorizedKeys: ["x"] }, /OpenSSH public key/],
    ["hostname", { hostname: "Web" }, /"Web": must be a DNS name/],
    ["hostname", { hostname: "a..b" }, /DNS name/],
    ["hostname", { hostname: "web." }, /DNS name/],
    ["hostname", { hostname: "-web" }, /DNS name/],
    ["hostname", { hostname: "web\nroot" }, /DNS name/],
    ["hostname", { hostname: `${"a".repeat(64)}.org` }, /63 each/],
    ["hostname", { hostname: Array(64).fill("abc").join(".") }, /at most 253/],
    ["hostname", { hostname: "10.0.0.1" }, /must be a name, and no address/],
    ["metaData", { metaData: "a: 1" }, /a text of 4 characters: .*record/],
    ["metaData", { metaData: ["a"] }, /a list of 1/],
    ["metaData", { metaData: { "instance-id": "i-1" } }, /instance-id is the machine's own/],
    ["metaData", { hostname: "web", metaData: { "local-hostname": "x" } }, /local-hostname .* argument hostname/],
    ["metaData", { sshAuthorizedKeys: [KEY], metaData: { "public-keys": [] } }, /public-keys .* sshAuthorizedKeys/],
    ["networkConfig", { networkConfig: "ethernets: {}" }, /version: 1.*version: 2/],
    ["networkConfig", { networkConfig: 'version: "2"' }, /a number/],
    ["networkConfig", { networkConfig: "version: 3" }, /version/],
    ["networkConfig", { networkConfig: "" }, /version/],
    ["networkConfig", { networkConfig: "network:\n  ethernets: {}" }, /version/],
    ["networkConfig", { networkConfig: "network: 2\nversion: 2" }, /version/],
    ["networkConfig", { networkConfig: "- version: 2" }, /is a list, and must be a mapping/],
    ["networkConfig", { networkConfig: "version: [2" }, /is no YAML: .* at line 1, column/],
    ["networkConfig", { networkConfig: { ethernets: {} } }, /an object: must be a mapping/],
    ["networkConfig", { networkConfig: 2 }, /a number: must be text or an object/],
    ["onUserDataChange", { onUserDataChange: "never" }, /"never": .*"replace"\|"ignore"/],
    ["userData", { userData: `#!${Array.from({ length: 60_000 }, (_, n) => n * 7919)}` }, /takes \d+ bytes/],
  ])("%s: %j", async (property, change, reason) => {
    const { failures } = await check(change);
    expect(failures.map((failure) => failure.property)).toEqual([property]);
    expect(failures[0]?.reason).toMatch(reason);
    expect(failures[0]?.reason.length).toBeLessThan(600);
  });
});

describe("what a guest is told is taken", () => {
  test.each<Record<string, unknown>>([
    { hostname: "web.example.org" },
    { hostname: "1" },
    { metaData: { "local-hostname": "x", "public-keys": [KEY], nested: { a: [null, true, 1] } } },
    { hostname: null, metaData: { "local-hostname": "x" } },
    { networkConfig: "version: 2\nethernets: {}\n" },
    { networkConfig: "#cloud-config\nnetwork:\n  version: 1\n  config: []\n" },
    { networkConfig: { version: 1, config: [] } },
    { networkConfig: { network: { version: 2 } } },
    { userData: "#!/bin/sh\n", sshAuthorizedKeys: [KEY], hostname: "a.b", networkConfig: "version: 2" },
  ])("%j", async (change) => {
    const { inputs, failures } = await check(change);
    expect(failures).toEqual([]);
    const given = Object.entries(change).filter(([, value]) => value !== null);
    expect(inputs).toMatchObject(Object.fromEntries(given));
  });

  test("and comes out the same when it is checked again", async () => {
    const once = await check({ sshAuthorizedKeys: [`${KEY} me\n`], userData: { a: 1 }, metaData: { b: 2 } });
    expect(await check(once.inputs)).toEqual(once);
  });
});

describe("what a preview does not know yet is taken", () => {
  test.each(SEED_INPUTS)("as %s", async (property) => {
    const { inputs, failures } = await check({ [property]: UNKNOWN });
    expect(failures).toEqual([]);
    expect(inputs[property]).toBe(UNKNOWN);
  });

  test.each<Record<string, unknown>>([
    { userData: { write_files: [{ path: "/x", content: UNKNOWN }] } },
    { sshAuthorizedKeys: ["no key, but who knows", UNKNOWN] },
    { metaData: { "instance-id": UNKNOWN } },
    { networkConfig: { version: UNKNOWN } },
    { hostname: UNKNOWN, metaData: { "local-hostname": "x" } },
  ])("wherever it stands: %j", async (change) => {
    const { inputs, failures } = await check(change);
    expect(failures).toEqual([]);
    expect(inputs).toMatchObject(change);
  });
});
