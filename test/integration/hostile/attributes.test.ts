/**
 * Jobs that a user of the pool submits with condor_submit alone, all of them at once. Each test looks at one's fate.
 */
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeSeed } from "../../../contract/seed.ts";
import { runIn } from "../../../sandbox/machine.ts";
import { theSandbox } from "../pool/nodes.ts";
import { eventually } from "../pool/wait.ts";
import { ATTACKER, condorAs, type Job, jobs, remove, submitAs, told } from "./condor.ts";
import { honestJob, tampered } from "./jobs.ts";
import { expectUnharmed, theVictim, type Victim } from "./victim.ts";

/** What becomes of a bad job: it is held with such a reason, or no node ever takes it. */
type Fate = { readonly held: RegExp } | "never starts";

interface Attack {
  readonly tried: string;
  readonly fate: Fate;
  readonly lines?: (digest: string) => readonly string[];
  readonly without?: readonly string[];
}

const HOST_DISK =
  "<domain type='qemu'><name>x</name><memory>65536</memory><os><type>hvm</type></os><devices><disk type='file'>" +
  "<source file='/etc/shadow'/><target dev='vda'/></disk></devices></domain>";
const MEGABYTE = "A".repeat(1024 * 1024);
const CARD = { network: "default", macAddress: "02:00:00:00:0a:01" };
const CONTRACT = /contract/;
const EXPRESSION = /no plain value/;
const BIG = /are the most/;

function interfacesLine(interfaces: unknown): string {
  return `+CloudInterfaces = "${Buffer.from(JSON.stringify(interfaces)).toString("base64")}"`;
}

const ATTACKS: readonly Attack[] = [
  {
    tried: "VM_XML with a file of the host as its disk",
    fate: { held: /VM_XML/ },
    lines: () => [`+VM_XML = "${HOST_DISK}"`],
  },
  {
    tried: "VM_XML that only an expression tells",
    fate: { held: /VM_XML/ },
    lines: () => [`+VM_XML = strcat("${HOST_DISK}", "")`],
  },
  {
    tried: "a path as image name",
    fate: { held: CONTRACT },
    lines: (digest) => [`+CloudImage = "/etc/shadow@sha256:${digest}"`],
  },
  {
    tried: "../ in the image's name",
    fate: { held: CONTRACT },
    lines: (digest) => [`+CloudImage = "../../../etc/shadow@sha256:${digest}"`],
  },
  {
    tried: "../ in the image's digest",
    fate: { held: CONTRACT },
    lines: () => ['+CloudImage = "guest@sha256:../../../../../../../etc/shadow"'],
  },
  {
    tried: "../ in the network's name",
    fate: { held: CONTRACT },
    lines: () => ['+CloudNetwork = "../../default"'],
  },
  {
    tried: "../ in the machine's name",
    fate: { held: CONTRACT },
    lines: () => ['+CloudName = "../../instances"'],
  },
  {
    tried: "XML in the MAC address",
    fate: { held: CONTRACT },
    lines: () => [`+JobVM_MACADDR = "02:00:00:00:00:01'/><source file='/etc/shadow"`],
  },
  {
    tried: "XML in the network of a second interface",
    fate: { held: CONTRACT },
    lines: () => [interfacesLine({ a: { ...CARD, network: "default'/><source file='/etc/shadow" } })],
  },
  {
    tried: "../ in the name of an interface",
    fate: { held: CONTRACT },
    lines: () => [interfacesLine({ "../../etc": CARD })],
  },
  {
    tried: "a hundred interfaces",
    fate: { held: CONTRACT },
    lines: () => [interfacesLine(Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`a${index}`, CARD])))],
  },
  {
    tried: "an interface of 1 MB",
    fate: { held: BIG },
    lines: () => [interfacesLine({ a: { ...CARD, network: MEGABYTE } })],
  },
  {
    tried: "XML in the fixed address",
    fate: { held: CONTRACT },
    lines: () => [`+CloudAddress = "10.0.0.1'/><host ip='10.0.0.2"`],
  },
  {
    tried: "a fixed address that was not asked for",
    fate: { held: /CloudSpec/ },
    lines: () => ['+CloudAddress = "10.0.0.1"'],
  },
  {
    tried: "a second interface that was not asked for",
    fate: { held: /CloudSpec/ },
    lines: () => [interfacesLine({ a: CARD })],
  },
  {
    tried: "a seed that unpacks to 64 MB",
    fate: { held: /seed/ },
    lines: () => [`+CloudSeed = "${gzipSync(Buffer.alloc(64 * 1024 ** 2), { level: 9 }).toString("base64")}"`],
  },
  {
    tried: "a seed that nobody named",
    fate: { held: /does not name it/ },
    lines: () => [`+CloudSeed = "${encodeSeed({ userData: "#cloud-config\n", metaData: {} })}"`],
  },
  {
    tried: "a digest for a seed that is not there",
    fate: { held: /CloudSpec/ },
    lines: (digest) => [`+CloudSeedDigest = "${digest}"`],
  },
  {
    tried: "a seed of 1 MB",
    fate: { held: BIG },
    lines: () => [`+CloudSeed = "${MEGABYTE}"`],
  },
  {
    tried: "attributes that do not match their digest",
    fate: { held: /CloudSpec/ },
    lines: () => ["+JobVMMemory = 64"],
  },
  {
    tried: "an expression in place of the image",
    fate: { held: EXPRESSION },
    lines: (digest) => [`+CloudImage = strcat("guest@sha256:", "${digest}")`],
  },
  {
    tried: "a network that differs from node to node by an expression",
    fate: { held: EXPRESSION },
    lines: () => ['+CloudNetwork = ifThenElse(TARGET.CloudNodeSchema =?= 1, "default", "../../etc")'],
  },
  {
    tried: "1 MB of labels",
    fate: { held: BIG },
    lines: () => [`+CloudLabels = "${MEGABYTE}"`],
  },
  {
    tried: "a key of 1 MB",
    fate: { held: BIG },
    lines: () => [`+CloudKey = "${MEGABYTE}"`],
  },
  {
    tried: "1 MB under a name of ours that does not exist",
    fate: { held: BIG },
    lines: () => [`+CloudJunk = "${MEGABYTE}"`],
  },
  {
    tried: "an attribute of ours that does not exist",
    fate: { held: /CloudBackdoor/i },
    lines: () => ['+CloudBackdoor = "yes"'],
  },
  {
    tried: "a version of the attributes that is still to come",
    fate: { held: /[Ss]chema|version/ },
    lines: () => ["+CloudSchema = 99"],
  },
  {
    tried: "a version of the attributes that is text",
    fate: { held: /[Ss]chema|version/ },
    lines: () => ['+CloudSchema = "1"'],
  },
  {
    tried: "a disk of negative size",
    fate: { held: CONTRACT },
    lines: () => ["+CloudDiskGiB = -1"],
  },
  {
    tried: "a hook keyword that only the match sees",
    fate: { held: /./ },
    lines: () => ['+HookKeyword = ifThenElse(TARGET.CloudNodeSchema =?= 1, "CLOUD", "NONE")'],
  },
  {
    tried: "a host file as vm_disk that only the node sees",
    fate: { held: /vm_disk, which is no plain value/i },
    lines: () => [
      '+VMPARAM_vm_Disk = ifThenElse(TARGET.CloudNodeSchema =?= 1, "/dev/null:null:null", "/etc/shadow:vda:r")',
    ],
  },
  { tried: "no hook keyword", fate: "never starts", without: ["+HookKeyword"] },
  { tried: "another hook keyword", fate: "never starts", lines: () => ['+HookKeyword = "NONE"'] },
  { tried: "our hook keyword in lower case", fate: "never starts", lines: () => ['+HookKeyword = "cloud"'] },
  {
    tried: "a host file as vm_disk",
    fate: "never starts",
    lines: () => ["vm_disk = /etc/shadow:vda:r:raw"],
  },
  {
    tried: "a host file as vm_disk, and no hook keyword",
    fate: "never starts",
    lines: () => ["vm_disk = /etc/shadow:vda:r:raw"],
    without: ["+HookKeyword"],
  },
  {
    tried: "words of the slot's own in the job, and no hook keyword",
    fate: "never starts",
    lines: () => ['+CloudAdmission = ""', "+CloudHeartbeat = 9999999999", "+HasVM = true", "+START = true"],
    without: ["+HookKeyword"],
  },
  { tried: "less disk than the image's own", fate: { held: /request_disk = \d+/ }, lines: () => ["request_disk = 1"] },
  { tried: "more processors than were asked for", fate: "never starts", lines: () => ["vm_vcpus = 8"] },
  { tried: "more memory than was asked for", fate: "never starts", lines: () => ["request_memory = 32"] },
  { tried: "a larger disk than was asked for", fate: "never starts", lines: () => ["+CloudDiskGiB = 60000"] },
];

/** The jobs that look odd and do no harm: each runs like any other, and nothing of them reaches the node. */
const HARMLESS: readonly Attack[] = [
  {
    tried: "an environment and input files made to be taken for the hook's",
    fate: "never starts",
    lines: () => [
      'environment = "NODE_OPTIONS=--require=./evil.js PATH=.:/bin LD_PRELOAD=./evil.so"',
      "transfer_input_files = /tmp/hostile/evil.js, /tmp/hostile/prepare, /tmp/hostile/machine.json",
    ],
  },
  {
    tried: "1 MB under a name of nobody's",
    fate: "never starts",
    lines: () => [`+Junk = "${MEGABYTE}"`],
  },
  {
    tried: "a lease of zero, a removal that is an expression, and staying in the queue for ever",
    fate: "never starts",
    lines: () => [
      "job_lease_duration = 0",
      "+WantGracefulRemoval = ifThenElse(TARGET.CloudNodeSchema =?= 1, true, false)",
      "leave_in_queue = true",
    ],
  },
];

interface Submitted {
  readonly id: string;
  readonly sinceMs: number;
}

let victim: Victim;
const submitted = new Map<string, Submitted>();

async function submit(attack: Attack, index: number): Promise<void> {
  const digest = victim.image.split(":")[1] ?? "";
  const description = tampered(honestJob(`bad-${index}`, victim.image), attack.lines?.(digest) ?? [], attack.without);
  const sinceMs = Date.now();
  submitted.set(attack.tried, { id: await submitAs(ATTACKER, description), sinceMs });
}

function submissionOf(tried: string): Submitted {
  const submission = submitted.get(tried);
  if (submission === undefined) throw new Error(`No job was submitted for: ${tried}`);
  return submission;
}

async function jobWhen(tried: string, what: string, wanted: (job: Job) => boolean): Promise<Job> {
  const { id } = submissionOf(tried);
  const found = await eventually(
    `the job with ${tried} to be ${what}`,
    async () => (await jobs()).get(id),
    (job) => job !== undefined && wanted(job),
    60,
  );
  if (found === undefined) throw new Error(`Job ${id} left the queue.`);
  return found;
}

beforeAll(async () => {
  victim = await theVictim();
  const files =
    'mkdir -p /tmp/hostile && cd /tmp/hostile && for f in evil.js prepare machine.json; do echo "$1" > $f; done';
  const { manager } = await theSandbox();
  const evil = 'require("fs").writeFileSync("/tmp/taken-over", "1")';
  await runIn(manager, ["sh", "-c", `${files}; chmod -R a+rX /tmp/hostile`, "sh", evil]);
  for (const [index, attack] of [...ATTACKS, ...HARMLESS].entries()) await submit(attack, index);
  const honest: Attack = { tried: "an honest machine after all of these", fate: "never starts" };
  await submit(honest, ATTACKS.length + HARMLESS.length);
});

afterAll(async () => {
  await condorAs("root", "condor_rm", ATTACKER);
  await eventually(
    "the attacker's jobs to leave the nodes",
    async () => [...(await jobs()).values()].filter(({ machine }) => machine !== undefined).map(({ id }) => id),
    (ids) => ids.every((id) => id === victim.jobId),
    120,
  );
});

describe("jobs that carry what they should not", () => {
  test("do not keep an honest machine from starting", async () => {
    const tried = "an honest machine after all of these";
    // The queue says that a job runs an instant before it counts the start.
    const { starts } = await jobWhen(tried, "running", (job) => job.status === "running" && job.starts > 0);
    expect(starts).toBe(1);
  });

  test.each(ATTACKS.filter(({ fate }) => fate !== "never starts"))("$tried: held with the reason", async (attack) => {
    const { tried, fate } = attack;
    const job = await jobWhen(tried, "held", ({ status }) => status === "held");
    if (fate !== "never starts") expect(job.holdReason).toMatch(fate.held);
    const { sinceMs } = submissionOf(tried);
    await expectUnharmed(victim, { tried, happened: `held: ${told(job)}`, sinceMs, seconds: job.statusAfterSeconds });
  });

  test.each(ATTACKS.filter(({ fate }) => fate === "never starts"))("$tried: no node takes it", async ({ tried }) => {
    const job = await jobWhen(tried, "idle", ({ status }) => status === "idle");
    expect(job.starts).toBe(0);
    const { sinceMs } = submissionOf(tried);
    await expectUnharmed(victim, { tried, happened: "no node takes it", sinceMs });
  });

  test.each(HARMLESS)("$tried: does no harm", async ({ tried }) => {
    await jobWhen(tried, "running", ({ status }) => status === "running");
    const { sinceMs } = submissionOf(tried);
    await expectUnharmed(victim, { tried, happened: "an ordinary machine", sinceMs });
    for (const node of (await theSandbox()).executeNodes) {
      expect(await runIn(node, ["find", "/tmp", "-name", "taken-over"])).toBe("");
    }
  });

  test("that were removed and stay in the queue for ever leave no machine on a node", async () => {
    const tried = "a lease of zero, a removal that is an expression, and staying in the queue for ever";
    const { id } = submissionOf(tried);
    const sinceMs = Date.now();
    await remove(id);
    await jobWhen(tried, "removed", ({ status, machine }) => status === "removed" && machine === undefined);
    await expectUnharmed(victim, {
      tried: "a removed job that never leaves the queue",
      happened: "its machine is gone",
      sinceMs,
    });
  });
});
