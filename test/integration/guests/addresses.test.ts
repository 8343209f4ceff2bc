import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { reserveOnLan } from "../pool/dhcp.ts";
import { theSandbox } from "../pool/nodes.ts";
import { queue } from "../pool/queue.ts";
import type { MachineArguments } from "../pool/stack.ts";
import { eventually } from "../pool/wait.ts";
import { type GuestStack, makeGuestStack } from "./stack.ts";
import { watchMacs } from "./watch-macs.ts";

const COMMAND_LINE = fileURLToPath(new URL("../../../cli/main.ts", import.meta.url));

/** The pairs of one test, on the network lan, and two stacks: tests run beside each other and share neither. */
interface World {
  readonly macs: readonly string[];
  readonly addresses: readonly string[];
  readonly shop: GuestStack;
  readonly lab: GuestStack;
}

const PAIRS = 3;
const worlds: World[] = [];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "condor-cloud-addresses-"));
});
afterAll(async () => {
  for (const { shop, lab } of worlds) for (const stack of [shop, lab]) await stack.dispose();
  await reserveOnLan({});
  await rm(folder, { recursive: true, force: true });
});

/** @param number - the test's own, which no other has */
async function makeWorld(number: number): Promise<World> {
  const { lan } = await theSandbox();
  const numbers = Array.from({ length: PAIRS }, (_, index) => number * PAIRS + index);
  const world = {
    macs: numbers.map((each) => `00:1a:4a:22:20:${String(each).padStart(2, "0")}`),
    addresses: numbers.map((each) => `${lan}.${151 + each}`),
    shop: await makeGuestStack(`addresses-shop-${number}`),
    lab: await makeGuestStack(`addresses-lab-${number}`),
  };
  worlds.push(world);
  return world;
}

/** Gives both stacks a pool: so many of the test's pairs, upper-case as the original's files have them. */
async function givePool(count: number, { macs, addresses, shop, lab }: World): Promise<void> {
  const pairs = macs.slice(0, count).map((mac, index) => ({ mac: mac.toUpperCase(), ip: addresses[index] }));
  for (const { stack } of [shop, lab]) await stack.setConfig("condor:addresses", { value: JSON.stringify(pairs) });
}

/** A small machine with a fixed address on the network lan. */
function machine(address: string, change: MachineArguments = {}) {
  const profile = { memoryMiB: 128, vcpus: 1 };
  return { image: inject("smallImage"), profile, network: "lan", address, waitFor: "running" as const, ...change };
}

/** The jobs in the queue that hold one of the test's addresses, by their machine's name. */
async function held({ addresses }: World): Promise<Record<string, unknown>> {
  const jobs = (await queue()).filter(({ CloudAddress }) => addresses.includes(String(CloudAddress)));
  return Object.fromEntries(jobs.map(({ CloudName, CloudAddress }) => [CloudName, CloudAddress]));
}

describe.concurrent("two stacks that share one pool of addresses", () => {
  test("and come up at once with a pair too few never run two machines on one: one fails, and says who holds them", async () => {
    const world = await makeWorld(0);
    const { shop, lab, addresses } = world;
    await givePool(PAIRS, world);
    await shop.declare({ "shop-a": machine("auto"), "shop-b": machine("auto") });
    await lab.declare({ "lab-a": machine("auto"), "lab-b": machine("auto") });
    const watch = watchMacs();
    const results = await Promise.allSettled([shop.stack.up(), lab.stack.up()]);
    const failures = results.flatMap((result) => (result.status === "rejected" ? [String(result.reason)] : []));
    expect(failures).toHaveLength(1);
    expect(failures[0]).toContain("All 3 pairs of the address pool for the network lan are held");
    // One of the same program may not be in the queue yet.
    for (const address of addresses)
      expect(failures[0]).toMatch(
        new RegExp(`${address}: (?:job \\d+\\.\\d+|another machine of this program) \\((?:shop|lab)-[ab]\\)`),
      );
    expect(Object.values(await held(world)).sort()).toEqual(addresses);
    expect(await watch.end()).toEqual([]);
  });

  test("and want the same address: the second waits, says who holds it, and starts when that machine is gone", async () => {
    const world = await makeWorld(1);
    const { shop, lab, macs, addresses } = world;
    await givePool(1, world);
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
    await eventually("both jobs in the queue", () => held(world), both);
    expect(said.join("")).toMatch(new RegExp(`${address} is held by job \\d+\\.\\d+ \\(first\\) of `));
    await shop.stack.destroy();
    await waiting;
    expect(await lab.machine("second")).toMatchObject({ state: "running", macAddress: macs[0] });
    expect(await watch.end()).toEqual([]);
  });
});

describe.concurrent("a machine with a fixed address", () => {
  test("has the address that the exported entries make a site's DHCP server give, and keeps it when it is replaced", async () => {
    const { shop, macs, addresses } = await makeWorld(2);
    const file = join(folder, "addresses.xml");
    const entries = macs.map((mac, index) => `<address mac="${mac.toUpperCase()}">${addresses[index]}</address>`);
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
    expect(macs.indexOf(first.macAddress)).toBe(addresses.indexOf(first.ipAddress));
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
    const world = await makeWorld(3);
    const { shop, lab, addresses } = world;
    await givePool(1, world);
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
