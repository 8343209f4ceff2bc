import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { reserveOnLan } from "../pool/dhcp.ts";
import { theSandbox } from "../pool/nodes.ts";
import { queue } from "../pool/queue.ts";
import type { MachineArguments } from "../pool/stack.ts";
import { eventually } from "../pool/wait.ts";
import { type GuestStack, makeGuestStack } from "./stack.ts";
import { watchMacs } from "./watch-macs.ts";

const COMMAND_LINE = fileURLToPath(new URL("../../../cli/main.ts", import.meta.url));

const MACS = ["00:1a:4a:22:20:01", "00:1a:4a:22:20:02", "00:1a:4a:22:20:03"];

/** The pool's addresses, on the network lan. */
let addresses: string[];
let folder: string;
let shop: GuestStack;
let lab: GuestStack;
/** Each test has stacks of its own, so that what one leaves behind is none of the next one's. */
let tests = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "condor-cloud-addresses-"));
  const { lan } = await theSandbox();
  addresses = MACS.map((_, index) => `${lan}.${151 + index}`);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  tests++;
  shop = await makeGuestStack(`addresses-shop-${tests}`);
  lab = await makeGuestStack(`addresses-lab-${tests}`);
});
afterEach(async () => {
  for (const world of [shop, lab]) await world.dispose();
  await reserveOnLan({});
});

/** A stack's pool: so many of the pairs, upper-case as the original's files have them. */
async function givePool(count: number, ...worlds: GuestStack[]): Promise<void> {
  const pairs = MACS.slice(0, count).map((mac, index) => ({ mac: mac.toUpperCase(), ip: addresses[index] }));
  for (const { stack } of worlds) await stack.setConfig("condor:addresses", { value: JSON.stringify(pairs) });
}

/** A small machine with a fixed address on the network lan. */
function machine(address: string, change: MachineArguments = {}) {
  const profile = { memoryMiB: 128, vcpus: 1 };
  return { image: inject("smallImage"), profile, network: "lan", address, waitFor: "running" as const, ...change };
}

/** The jobs in the queue that hold a fixed address, by their machine's name. */
async function held(): Promise<Record<string, unknown>> {
  const jobs = (await queue()).filter(({ CloudAddress }) => CloudAddress !== "-" && CloudAddress !== undefined);
  return Object.fromEntries(jobs.map(({ CloudName, CloudAddress }) => [CloudName, CloudAddress]));
}

describe("two stacks that share one pool of addresses", () => {
  test("and come up at once with a pair too few never run two machines on one: one fails, and says who holds them", async () => {
    await givePool(3, shop, lab);
    await shop.declare({ "shop-a": machine("auto"), "shop-b": machine("auto") });
    await lab.declare({ "lab-a": machine("auto"), "lab-b": machine("auto") });
    const watch = watchMacs();
    const results = await Promise.allSettled([shop.stack.up(), lab.stack.up()]);
    const failures = results.flatMap((result) => (result.status === "rejected" ? [String(result.reason)] : []));
    expect(failures).toHaveLength(1);
    expect(failures[0]).toContain("All 3 pairs of the address pool for the network lan are held");
    for (const address of addresses)
      expect(failures[0]).toMatch(new RegExp(`${address}: job \\d+\\.\\d+ \\((?:shop|lab)-[ab]\\)`));
    expect(Object.values(await held()).sort()).toEqual(addresses);
    expect(await watch.end()).toEqual([]);
  });

  test("and want the same address: the second waits, says who holds it, and starts when that machine is gone", async () => {
    await givePool(1, shop, lab);
    const [address = ""] = addresses;
    await shop.declare({ first: machine(address) });
    await lab.declare({ second: machine(address) });
    await shop.stack.up();
    const watch = watchMacs();
    const said: string[] = [];
    const waiting = lab.stack.up({ onOutput: (text) => said.push(text) });
    // Its failure is this test's own; it must not be one before anybody waits for it.
    waiting.catch(() => {});
    const both = (jobs: Record<string, unknown>) => jobs.first === address && jobs.second === address;
    await eventually("both jobs in the queue", held, both);
    expect(said.join("")).toMatch(new RegExp(`${address} is held by job \\d+\\.\\d+ \\(first\\) of `));
    await shop.stack.destroy();
    await waiting;
    expect(await lab.machine("second")).toMatchObject({ state: "running", macAddress: MACS[0] });
    expect(await watch.end()).toEqual([]);
  });
});

describe("a machine with a fixed address", () => {
  test("has the address that the exported entries make a site's DHCP server give, and keeps it when it is replaced", async () => {
    const file = join(folder, "addresses.xml");
    const entries = MACS.map((mac, index) => `<address mac="${mac.toUpperCase()}">${addresses[index]}</address>`);
    await writeFile(file, `<addresses>${entries.join("")}</addresses>`);
    const env = { ...inject("environment"), CONDOR_CLOUD_ADDRESSES: file };
    const run = (...words: string[]) => execa(process.execPath, [COMMAND_LINE, "addresses", ...words], { env });
    const { stdout } = await run("export", "--format", "dnsmasq", "--network", "lan");
    await reserveOnLan(Object.fromEntries(stdout.split("\n").map((line) => line.split(",") as [string, string])));

    await shop.stack.setConfig("condor:addresses", { value: file });
    await shop.declare({ web: machine("auto", { waitFor: "address" }) });
    await shop.stack.up();
    const first = await shop.machine("web");
    expect(addresses).toContain(first.ipAddress);
    expect(MACS.indexOf(first.macAddress)).toBe(addresses.indexOf(first.ipAddress));
    const listed = JSON.parse((await run("list", "--json")).stdout);
    expect(listed.filter((pair: { holder?: unknown }) => pair.holder)).toMatchObject([
      {
        address: first.ipAddress,
        macAddress: first.macAddress,
        holder: { id: first.id, name: "web", host: first.host },
      },
    ]);

    const profile = { memoryMiB: 130, vcpus: 1 };
    await shop.declare({ web: machine("auto", { waitFor: "address", profile }) });
    await shop.stack.up();
    const second = await shop.machine("web");
    expect(second.id).not.toBe(first.id);
    expect(second).toMatchObject({ ipAddress: first.ipAddress, macAddress: first.macAddress });
  });

  test("is refused in the preview where the pool has no such address, and warned of where all are held", async () => {
    await givePool(1, shop, lab);
    await shop.declare({ web: machine("auto") });
    await lab.declare({ web: machine("10.1.2.3") });
    await expect(lab.stack.preview()).rejects.toThrow(`"10.1.2.3": is not in the address pool; it has ${addresses[0]}`);
    await shop.stack.up();
    await lab.declare({ web: machine("auto") });
    const { stdout, stderr } = await lab.stack.preview();
    expect(stdout + stderr).toMatch(
      /The one pair of the address pool for the network lan is held[\s\S]*job \d+\.\d+ \(web\)/,
    );
  });
});
