/**
 * What a node makes of a seed, of further interfaces and of fixed addresses: jobs go past the provider, which would submit
 * no wrong ones.
 */
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { macAddressOf } from "../../../contract/instance-spec.ts";
import type { CloudJob } from "../../../contract/job-ad.ts";
import { encodeSeed, SEED_MAX_BYTES, type Seed, seedDigest } from "../../../contract/seed.ts";
import {
  type DhcpHost,
  hostXml,
  parseDhcpNetwork,
  RESERVATION_MARK,
} from "../../../execute-node/agent/dhcp-network.ts";
import { runIn } from "../../../sandbox/machine.ts";
import type { Machine } from "../../../sandbox/sandbox.ts";
import { agentOf } from "../execute-node/node.ts";
import { guestAnswer } from "../pool/guest-answer.ts";
import { look, running, started, type TestMachine, TestMachines } from "../pool/machines.ts";
import { domainsOn, executeNode } from "../pool/nodes.ts";
import { killOn } from "../pool/processes.ts";
import { eventually } from "../pool/wait.ts";

const VIRSH = ["virsh", "-q", "-c", "qemu:///system"];

const SEED: Seed = {
  userData: "#cloud-config\npassword: $(reboot) 's3cret'\n",
  metaData: { "local-hostname": "named-by-its-seed", "public-keys": ["ssh-ed25519 AAAA me"] },
  networkConfig: "version: 2\n",
};

/** A seed that takes all the room that a job has: random digits compress badly. */
function largestSeed(): Seed {
  const digits = Array.from({ length: 8000 }, (_, index) => macAddressOf(`seed/${index}`).replaceAll(":", "")).join("");
  for (let length = digits.length; ; length -= 200) {
    const seed = { userData: `#cloud-config\n# ${digits.slice(0, length)}\n`, metaData: {} };
    if (encodeSeed(seed).length <= SEED_MAX_BYTES) return seed;
  }
}

const machines = new TestMachines();
let node: Machine;
/** The first three numbers of the addresses in the node's network `default`. */
let net: string;

function withSeed(job: CloudJob, seed: Seed): CloudJob {
  return { ...job, spec: { ...job.spec, seed: seedDigest(seed) }, seed: encodeSeed(seed) };
}

function withAddress(job: CloudJob, address: string): CloudJob {
  return { ...job, spec: { ...job.spec, address } };
}

/** Submits a machine for the node of these tests. */
async function submit(change: (job: CloudJob) => CloudJob): Promise<TestMachine> {
  const image = { reference: inject("smallImage"), digest: "seed-test", sizeMiB: 32 };
  return machines.submitOne(image, { only: node, change });
}

async function held(machine: TestMachine): Promise<string> {
  const seen = await eventually(
    `machine ${machine.jobId} to be held`,
    () => look(machine),
    (answer) => answer !== "gone" && answer.state === "held",
    120,
  );
  return seen === "gone" ? seen : seen.message;
}

async function reservations(): Promise<readonly DhcpHost[]> {
  return parseDhcpNetwork(await runIn(node, [...VIRSH, "net-dumpxml", "default"])).hosts;
}

async function updateNetwork(change: "add" | "delete", host: string): Promise<void> {
  await runIn(node, [...VIRSH, "net-update", "default", change, "ip-dhcp-host", host, "--live"]);
}

/** A reservation that somebody else made. */
function administratorsHost(last: number): string {
  return `<host mac='02:00:00:00:ad:${last}' name='printer-${last}' ip='${net}.${last}'/>`;
}

/** The XML of a machine's domain, as libvirt has it. */
async function domainOf({ jobId }: TestMachine): Promise<string> {
  const name = (await domainsOn(node)).find((each) => each.endsWith(`_${jobId}`));
  if (name === undefined) throw new Error(`Job ${jobId} has no domain on ${node.name}.`);
  return runIn(node, [...VIRSH, "dumpxml", name]);
}

/** Kills the node's agent, and waits for the next one to have taken over. */
async function restartAgent(): Promise<void> {
  const before = await agentOf(node);
  await killOn(node, [before]);
  await eventually(
    "another agent to answer",
    async () => {
      const status = await runIn(node, ["condor-cloud-node", "status", "--json"]).catch(String);
      return /"pid": ?(\d+)/.exec(status)?.[1] ?? status;
    },
    (pid) => /^\d+$/.test(pid) && Number(pid) !== before.pid,
  );
}

beforeAll(async () => {
  node = await executeNode(1);
  const { subnet } = parseDhcpNetwork(await runIn(node, [...VIRSH, "net-dumpxml", "default"]));
  net = subnet?.address.replace(/\.\d+$/, "") ?? "";
  await updateNetwork("add", administratorsHost(60));
});

afterAll(async () => {
  await machines.endAll();
  await updateNetwork("delete", administratorsHost(60));
});

describe("a machine's seed", () => {
  test("reaches its guest with the whole of what it says, and its file is nobody else's", async () => {
    const machine = await submit((job) => withSeed(job, SEED));
    const { ipAddress } = await running(machine);
    expect(await guestAnswer(ipAddress, "/id")).toBe(`${ipAddress} named-by-its-seed\n`);
    const disk = /<source file='([^']+seed\.iso)'/.exec(await domainOf(machine))?.[1] ?? "";
    expect(await runIn(node, ["stat", "-c", "%a", disk])).toBe("600");
    const read = (file: string) => runIn(node, ["isoinfo", "-J", "-x", `/${file}`, "-i", disk]);
    expect(await read("user-data")).toBe(SEED.userData?.trimEnd());
    expect(await read("network-config")).toBe(SEED.networkConfig?.trimEnd());
    expect(await read("meta-data")).toMatch(
      /^local-hostname: named-by-its-seed\npublic-keys: \["ssh-ed25519 AAAA me"\]\ninstance-id: i-\d+\.\d+-[0-9a-f]{16}$/,
    );
    const record = await runIn(node, ["cat", disk.replace("seed.iso", "machine.json")]);
    expect(record).not.toContain("s3cret");
  });

  test("says the machine's name where nothing else was said", async () => {
    const machine = await submit((job) => ({ ...job, spec: { ...job.spec, name: "plain" } }));
    const { ipAddress } = await running(machine);
    expect(await guestAnswer(ipAddress, "/id")).toBe(`${ipAddress} plain\n`);
  });

  test("may take all the room that a job has for it", async () => {
    const seed = largestSeed();
    expect(encodeSeed(seed).length).toBeGreaterThan(SEED_MAX_BYTES - 300);
    await started(await submit((job) => withSeed(job, seed)));
  });

  test("holds the job where it is another than the one that was asked for", async () => {
    const other = encodeSeed({ ...SEED, userData: "#cloud-config\nruncmd: [evil]\n" });
    const machine = await submit((job) => ({ ...withSeed(job, SEED), seed: other }));
    expect(await held(machine)).toContain("carries another seed than it names");
  });

  test("holds the job where there is none although one was asked for", async () => {
    const machine = await submit((job) => ({ ...withSeed(job, SEED), seed: undefined }));
    expect(await held(machine)).toContain("names a seed and carries none");
  });
});

describe("a machine's interfaces", () => {
  test("are on their networks, and on its PCI bus in the order of their names behind the main one", async () => {
    const card = (name: string, network: string) => ({ network, macAddress: macAddressOf(`seed-test/${name}`) });
    const machine = await submit((job) => ({
      ...job,
      spec: { ...job.spec, interfaces: { storage: card("storage", "lan"), backup: card("backup", "default") } },
    }));
    await started(machine);
    const cards = (await domainOf(machine)).match(/<interface [\s\S]*?<\/interface>/g) ?? [];
    const [main, backup, storage] = cards;
    expect(cards).toHaveLength(3);
    expect(main).toContain("network='default'");
    expect(backup).toContain(card("backup", "default").macAddress);
    expect(storage).toContain(card("storage", "lan").macAddress);
    expect(storage).toMatch(/<source bridge='br0'/);
    const buses = cards.map((xml) => Number(/<address type='pci'[^>]* bus='(0x[0-9a-f]+)'/.exec(xml)?.[1]));
    expect(buses).toEqual([...buses].sort((one, other) => one - other));
    expect(new Set(buses).size).toBe(3);
  });
});

describe("a fixed address on a network of libvirt's", () => {
  test("is its machine's while that lives, whoever restarts, and nobody's afterwards", async () => {
    const address = `${net}.70`;
    const own = new TestMachines();
    const image = { reference: inject("smallImage"), digest: "seed-test-fixed", sizeMiB: 32 };
    const machine = await own.submitOne(image, { only: node, change: (job) => withAddress(job, address) });
    const { ipAddress, macAddresses } = await running(machine);
    expect(ipAddress).toBe(address);
    const ours = { macAddress: Object.values(macAddresses)[0], address, isOurs: true };
    expect(await reservations()).toContainEqual(ours);

    // What an agent left that died between a reservation and its machine.
    await updateNetwork("add", hostXml({ macAddress: "02:00:00:00:00:71", address: `${net}.71` }));
    await restartAgent();
    await eventually("the next agent to take back what no machine has", reservations, (hosts) =>
      hosts.every((host) => host.address !== `${net}.71`),
    );
    expect(await reservations()).toContainEqual(ours);
    expect(await guestAnswer(address, "/id")).toContain(address);

    await own.endAll();
    await eventually("the reservation to go with its machine", reservations, (hosts) =>
      hosts.every((host) => host.address !== address),
    );
    const administrators = { macAddress: "02:00:00:00:ad:60", address: `${net}.60`, isOurs: false };
    expect(await reservations()).toContainEqual(administrators);
  });

  test("is refused in libvirt's words where the administrator keeps it for another", async () => {
    const machine = await submit((job) => withAddress(job, `${net}.60`));
    expect(await held(machine)).toMatch(/cannot keep the address .*existing dhcp host entry in network 'default'/);
  });

  test("may be one that the administrator keeps for the machine already, and stays the administrator's", async () => {
    const macAddress = "02:00:00:00:ad:61";
    await updateNetwork("add", administratorsHost(61));
    try {
      const own = new TestMachines();
      const image = { reference: inject("smallImage"), digest: "seed-test-kept", sizeMiB: 32 };
      const change = (job: CloudJob) => withAddress({ ...job, spec: { ...job.spec, macAddress } }, `${net}.61`);
      const { ipAddress } = await running(await own.submitOne(image, { only: node, change }));
      expect(ipAddress).toBe(`${net}.61`);
      await own.endAll();
      expect(await reservations()).toContainEqual({ macAddress, address: ipAddress, isOurs: false });
    } finally {
      await updateNetwork("delete", administratorsHost(61));
    }
  });

  test.each([
    ["another network", () => "192.0.2.7"],
    ["the node itself", () => `${net}.1`],
    ["the whole network", () => `${net}.255`],
  ])("is refused with the network's range where it is of %s", async (_what, addressOf) => {
    const machine = await submit((job) => withAddress(job, addressOf()));
    expect(await held(machine)).toContain(`its network default is ${net}.0/24`);
    const marked = (await runIn(node, [...VIRSH, "net-dumpxml", "default"])).split("\n");
    expect(marked.filter((line) => line.includes(RESERVATION_MARK) && line.includes(addressOf()))).toEqual([]);
  });
});
