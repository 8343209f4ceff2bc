import { access } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, describe, expect, test } from "vitest";
import { down } from "../../../sandbox/cluster.ts";
import { loadSandbox } from "../../../sandbox/sandbox.ts";
import { traces } from "../sandbox/world.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const name = `test-${process.pid}-demo`;
afterAll(() => down(name));

/** Runs the demo as a user does, and gives all that it prints. */
async function demo(...parameters: string[]): Promise<string> {
  const command = ["run", "--silent", "demo", "--", "--name", name, ...parameters];
  const { all, exitCode } = await execa("npm", command, { cwd: root, all: true, reject: false });
  expect(exitCode, all).toBe(0);
  return all;
}

describe("npm run demo", () => {
  test("ends with a table of running machines and the next commands to type", async () => {
    const shown = await demo();
    expect(shown).toMatch(/NAME +PROFILE +STATE +EXECUTE NODE +IP ADDRESS +VNC/);
    expect(shown).toMatch(/worker-0 +medium +running +exec1\.\S+ +10\.\d+\.1\.\d+ +\S+:59\d\d/);
    expect(shown.match(/worker-[12] +small +running/g)).toHaveLength(2);
    expect(shown).toContain(`npm run demo -- --destroy --name ${name}`);
  });

  test("a second run changes nothing", async () => {
    expect(await demo()).toMatch(/3 unchanged/);
  });

  test("`--destroy` leaves nothing behind", async () => {
    const octet = (await loadSandbox(name))?.octet;
    await demo("--destroy");
    expect(await traces(name, octet ?? -1)).toEqual([]);
    await expect(access(join(root, `Pulumi.demo-${name}.yaml`))).rejects.toThrow(/ENOENT/);
  });
});
