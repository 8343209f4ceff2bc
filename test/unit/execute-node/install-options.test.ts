import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import {
  CONFIGURATION_FILE,
  NodeConfigurationSchema,
  parseNodeConfiguration,
} from "../../../execute-node/configuration.ts";
import {
  configurationText,
  existingConfiguration,
  givenFields,
  newConfiguration,
  UsageError,
} from "../../../execute-node/install/options.ts";

describe("the administrator's guide", () => {
  it("names every field of node.json, and none that is not there", async () => {
    const guide = await readFile(new URL("../../../docs/execute-node.md", import.meta.url), "utf8");
    const table = guide.slice(guide.indexOf("\n## node.json"), guide.indexOf("\n## The image store"));
    const named = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, field]) => field);
    expect(named.sort()).toEqual(Object.keys(NodeConfigurationSchema.shape).sort());
  });
});

describe("options of an install", () => {
  it("become the fields of node.json, and nothing else does", () => {
    const given = givenFields({
      store: "/srv/store",
      network: ["default=libvirt:default", "lan=bridge:br0"],
      cacheLimitGib: "20.5",
      vncListen: "10.0.0.7",
    });
    expect(given).toEqual({
      store: "/srv/store",
      networks: { default: { libvirt: "default" }, lan: { bridge: "br0" } },
      cacheLimitGiB: 20.5,
      vncListen: "10.0.0.7",
    });
    expect(parseNodeConfiguration(configurationText(newConfiguration(given)))).toMatchObject(given);
  });

  it.each([
    [{ network: ["lan"] }, "NAME=libvirt:NETWORK"],
    [{ network: ["lan=vlan:7"] }, "NAME=libvirt:NETWORK"],
    [{ network: ["a=bridge:br0", "a=bridge:br1"] }, "twice"],
    [{ cacheLimitGib: "-1" }, "--cache-limit-gib"],
    [{ maxMachines: "0x10" }, "--max-machines"],
    [{ memoryOvercommit: "1e9" }, "--memory-overcommit"],
  ])("that are malformed are refused by name: %j", (options, words) => {
    expect(() => givenFields(options)).toThrow(UsageError);
    expect(() => givenFields(options)).toThrow(words);
  });

  it.each([
    [{ store: "/a b" }, "store"],
    [{ store: "/a", network: ["lan=bridge:br0'/>"] }, "networks"],
    [{ store: "/a", network: ["__proto__=bridge:br0"] }, ""],
    [{ store: "/a", jobAccount: "root; rm -rf /" }, "jobAccount"],
    [{ store: "/a", maxMachines: "1.5" }, "maxMachines"],
    [{ store: "/a", node: "/usr/bin/node\nSTART = True" }, "node"],
  ])("that could break out of a file are refused: %j", (options, words) => {
    expect(() => newConfiguration(givenFields(options))).toThrow(words);
  });

  it("must name the store where there is no node.json yet", () => {
    expect(() => newConfiguration({})).toThrow("--store FOLDER");
  });

  it("change nothing in a node.json that is there: they agree with it, or are refused", () => {
    const text = configurationText({ store: "/srv/store", maxMachines: 8 });
    expect(existingConfiguration(text, {}).maxMachines).toBe(8);
    expect(existingConfiguration(text, { store: "/srv/store", vncListen: "127.0.0.1" }).maxMachines).toBe(8);
    expect(() => existingConfiguration(text, { maxMachines: 9 })).toThrow(
      `${CONFIGURATION_FILE} exists and says otherwise:\n  maxMachines is 8, not 9\n`,
    );
  });
});
