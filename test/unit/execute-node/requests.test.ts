import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { classAdAssignment } from "../../../contract/classad.ts";
import { type CloudJob, jobAttributes } from "../../../contract/job-ad.ts";
import { LABELS_MAX_BYTES } from "../../../contract/patterns.ts";
import { encodeSeed, SEED_MAX_BYTES, type Seed, seedDigest } from "../../../contract/seed.ts";
import { parseDomainRequest, parsePrepare } from "../../../execute-node/agent/requests.ts";
import { hookFailure } from "../../../execute-node/hooks/prepare.ts";
import { OversizedJobError, relevantLines } from "../../../execute-node/relevant-lines.ts";
import { REQUEST_MAX_BYTES } from "../../../execute-node/request-limit.ts";
import { SPEC as PLAIN_SPEC } from "./samples.ts";

const SPEC = { ...PLAIN_SPEC, labels: { note: 'quotes " and\nnewlines' } };

const NEEDS = { architecture: "x86_64", firmware: "bios", cacheMiB: 300, diskMiB: 500 } as const;

const JOB: CloudJob = { key: "p/s/t/web", spec: SPEC, imageNeeds: NEEDS, acknowledged: false, deadline: 1764000600 };

const SEED: Seed = { userData: "#cloud-config\n", metaData: {} };
const SEEDED: CloudJob = { ...JOB, spec: { ...SPEC, seed: seedDigest(SEED) }, seed: encodeSeed(SEED) };

function ad(changes: Record<string, string | number | boolean> = {}, job = JOB): string {
  const attributes = {
    ...jobAttributes(job),
    GlobalJobId: "ap.pool.test#7.0#1764000000",
    ClusterId: 7,
    ProcId: 0,
    User: "cloud@pool.test",
    JobVMMemory: 512,
    JobVM_VCPUS: 1,
    JobVM_MACADDR: SPEC.macAddress,
    RequestDisk: 1048576,
    Environment: "secret=1",
    ...changes,
  };
  return Object.entries(attributes)
    .map(([name, value]) => classAdAssignment(name, value))
    .join("\n");
}

test("a job ad of ours becomes a request to prepare its machine", () => {
  const request = parsePrepare(relevantLines(ad()));
  expect(request).toEqual({
    globalJobId: "ap.pool.test#7.0#1764000000",
    user: "cloud@pool.test",
    spec: SPEC,
    imageNeeds: NEEDS,
    seed: undefined,
    reservedDiskKiB: 1048576,
  });
});

test("a job's seed is read where it is the one that its specification names", () => {
  expect(parsePrepare(relevantLines(ad({}, SEEDED))).seed).toEqual(SEED);
});

const OTHER = encodeSeed({ ...SEED, userData: "#cloud-config\nruncmd: [evil]\n" });

test.each<[string, Partial<CloudJob>, string]>([
  ["none", { seed: undefined }, "names a seed and carries none. CloudSeed and CloudSeedDigest belong together"],
  ["one that is not named", { spec: SPEC }, "carries a seed and does not name it"],
  ["another than it names", { seed: OTHER }, "carries another seed than it names"],
  ["one that cannot be read", { seed: "AAAA" }, "seed cannot be read"],
  [
    "one that unpacks to sixteen mebibytes",
    { seed: gzipSync(Buffer.alloc(16 * 1024 ** 2, 32)).toString("base64") },
    "seed cannot be read",
  ],
])("a job with %s for its seed is refused with the reason", (_what, change, reason) => {
  expect(() => parsePrepare(relevantLines(ad({}, { ...SEEDED, ...change })))).toThrow(reason);
});

test("a job's seed cannot be exchanged together with its digest", () => {
  const digest = seedDigest({ metaData: {} });
  expect(() => parsePrepare(ad({ CloudSeedDigest: digest, CloudSeed: encodeSeed({ metaData: {} }) }, SEEDED))).toThrow(
    "changed after it was submitted",
  );
});

test("a job with the most of everything fits into a request", () => {
  const cards = Array.from({ length: 7 }, (_, index) => [
    `interface-name${index}`,
    { network: "n".repeat(31), macAddress: `02:00:00:00:00:f${index}`, address: "192.168.122.100" },
  ]);
  const largest: CloudJob = {
    ...JOB,
    key: "\u20ac".repeat(1024),
    spec: {
      ...SPEC,
      name: "n".repeat(63),
      profile: "p".repeat(63),
      network: "n".repeat(31),
      labels: { note: "x".repeat(LABELS_MAX_BYTES - 11) },
      interfaces: Object.fromEntries(cards),
      seed: "a".repeat(64),
    },
    seed: "A".repeat(SEED_MAX_BYTES),
    sealKey: "A".repeat(44),
    exclusive: true,
  };
  const lines = relevantLines(ad({}, largest));
  expect(lines).toContain("CloudSeed ");
  expect(Buffer.byteLength(JSON.stringify({ request: "prepare", ad: lines }))).toBeLessThan(REQUEST_MAX_BYTES * 0.76);
});

test("what the agent does not read stays out of a request", () => {
  expect(relevantLines(ad())).not.toContain("secret");
});

const huge = Buffer.from(
  JSON.stringify({ a: { network: "n".repeat(50_000), macAddress: "02:00:00:00:00:02" } }),
).toString("base64");

test.each([
  ["another machine's identity", { GlobalJobId: "ap.pool.test#8.0#1764000000" }, "names job 8.0, but it is job 7.0"],
  ["an edited memory size", { JobVMMemory: 4096 }, "changed after it was submitted"],
  ["another network than its digest says", { CloudNetwork: "dmz" }, "changed after it was submitted"],
  ["a path as image", { CloudImage: "../../etc/shadow" }, "image: must be name@sha256"],
  ["a path as network", { CloudNetwork: "../lan" }, "network: must be lower-case"],
  ["a word for the disk that it reserves", { RequestDisk: "all" }, "requestdisk"],
  ["a domain of its own", { VM_XML: "<domain/>" }, "VM_XML"],
  ["an attribute that we do not know", { CloudDisk2: "/etc/shadow" }, "The job carries CloudDisk2, which this version"],
  ["an attribute that we do not know, in other case", { cloudX_y: 1, CLOUDZ: 2 }, "carries cloudX_y, CLOUDZ, which"],
  ["another version", { CloudSchema: 2 }, "cloudschema: must be 1"],
  ["a word for a number", { CloudDeadline: "soon" }, "clouddeadline"],
  ["an address that it did not ask for", { CloudAddress: "192.168.122.1" }, "changed after it was submitted"],
  ["interfaces that are no base64", { CloudInterfaces: "{}" }, "cloudinterfaces"],
  ["a huge interface", { CloudInterfaces: huge }, "cloudinterfaces"],
  ["labels that are no base64", { CloudLabels: "{}" }, "cloudlabels"],
])("a job with %s is refused with the reason", (_what, changes, reason) => {
  expect(() => parsePrepare(ad(changes))).toThrow(reason);
});

test("an ad that is no ad is refused", () => {
  for (const text of ["", "\0\0\0", "CloudName", "a".repeat(100_000), "GlobalJobId = GlobalJobId"]) {
    expect(() => parsePrepare(text)).toThrow("does not follow the contract");
  }
});

test("a domain request needs vm-gahp's name for the domain, and takes no other text for one", () => {
  expect(parseDomainRequest(ad({ VMPARAM_VM_NAME: "cloud_pool.test_7.0" })).domainName).toBe("cloud_pool.test_7.0");
  for (const name of ["", "--help", "a b", "a<b", "../x", "a'b"]) {
    expect(() => parseDomainRequest(ad({ VMPARAM_VM_NAME: name }))).toThrow("is no domain name");
  }
  expect(() => parseDomainRequest(ad())).toThrow();
});

test("a hook's failure is two lines of ASCII, whatever the message", () => {
  expect(hookFailure(1, "No image.")).toBe('HookStatusCode = 1\nHookStatusMessage = "No image."\n');
  const output = hookFailure(300, `Größe "x"\nHookStatusCode = 0\r\n\0${"y".repeat(5000)}`);
  expect(output.split("\n")).toHaveLength(3);
  expect(output).toMatch(/^HookStatusCode = 300\nHookStatusMessage = "[ -~]{1,1100}"\n$/);
  expect(output).toContain('\\"x\\" HookStatusCode = 0');
});

test.each([
  ["an expression", 'CloudImage = strcat("a", "b")', "carries CloudImage, which is no plain value"],
  ["a reference to another attribute", "JobVMMemory = RequestMemory", "carries JobVMMemory, which is no plain value"],
  ["a text that does not end", 'CloudName = "web', "carries CloudName, which is no plain value"],
  ["an expression as domain", "VM_XML = MY.Cmd", "VM_XML"],
  [
    "a disk that START may see otherwise",
    'VMPARAM_vm_Disk = strcat("/etc/", "shadow")',
    "carries VMPARAM_vm_Disk, which",
  ],
])("a job with %s for a value is refused by the attribute's name", (_what, line, reason) => {
  const name = line.split(" ")[0] ?? "";
  const text = ad()
    .split("\n")
    .filter((each) => !each.startsWith(`${name} =`));
  expect(() => parsePrepare(relevantLines([...text, line].join("\n")))).toThrow(reason);
});

test("an attribute that is there twice is refused, in whatever case", () => {
  expect(() => parsePrepare(`${ad()}\ncloudNAME = "other"`)).toThrow("carries cloudNAME, twice");
  expect(() => parsePrepare(`${ad()}\nUser = "root@pool.test"`)).toThrow("carries User, twice");
});

test("an optional attribute may be undefined", () => {
  expect(parsePrepare(`${ad()}\nCloudDiskGiB = undefined`).spec.size.diskGiB).toBeUndefined();
});

test("a job with a huge attribute is refused before it is sent, by the attribute's name", () => {
  const huge = (name: string) => () => relevantLines(`${ad()}\n${name} = "${"x".repeat(1024 ** 2)}"`);
  expect(huge("CloudFoo_1")).toThrow(/The largest is CloudFoo_1 with 10485\d\d bytes/);
  expect(huge("Environment2")).not.toThrow();
  const started = performance.now();
  expect(huge("CloudName")).toThrow(OversizedJobError);
  expect(performance.now() - started).toBeLessThan(1000);
});

test("what is kept of an ad fits into a request, whatever is in it", () => {
  for (const character of ["\\", '"', "\u0001", "\u{1f600}", "a"]) {
    for (const count of [10_000, 20_000, 40_000, 80_000, 120_000]) {
      let text = "";
      try {
        text = relevantLines(`CloudName = "${character.repeat(count)}"`);
      } catch (error) {
        expect(error).toBeInstanceOf(OversizedJobError);
      }
      expect(Buffer.byteLength(JSON.stringify({ request: "prepare", ad: text }))).toBeLessThan(REQUEST_MAX_BYTES);
    }
  }
});

test("a line that would keep a careless pattern busy for minutes is refused at once", () => {
  const started = performance.now();
  const blanks = " ".repeat(120_000);
  expect(() => parsePrepare(`${ad()}\nCloudX = "${blanks}x`)).toThrow("CloudX");
  expect(() => parsePrepare(`${ad({ CloudName: `a${blanks}` })}`)).toThrow("name");
  expect(() => parsePrepare(`${ad()}\n${"CloudName = 1\n".repeat(9000)}`)).toThrow("twice");
  expect(performance.now() - started).toBeLessThan(1000);
});
