import { expect, test } from "vitest";
import { classAdAssignment } from "../../../contract/classad.ts";
import type { InstanceSpec } from "../../../contract/instance-spec.ts";
import { jobAttributes } from "../../../contract/job-ad.ts";
import { parseDomainRequest, parsePrepare } from "../../../execute-node/agent/requests.ts";
import { hookFailure } from "../../../execute-node/hooks/prepare.ts";
import { relevantLines } from "../../../execute-node/relevant-lines.ts";

const SPEC: InstanceSpec = {
  name: "web",
  image: `small@sha256:${"a".repeat(64)}`,
  profile: "small",
  size: { memoryMiB: 512, vcpus: 1 },
  network: "default",
  macAddress: "02:00:00:00:00:01",
  labels: { note: 'quotes " and\nnewlines' },
  gracefulStop: false,
};

const NEEDS = { architecture: "x86_64", firmware: "bios", cacheMiB: 300 } as const;

function ad(changes: Record<string, string | number | boolean> = {}): string {
  const attributes = {
    ...jobAttributes({ key: "p/s/t/web", spec: SPEC, imageNeeds: NEEDS, acknowledged: false, deadline: 1764000600 }),
    GlobalJobId: "ap.pool.test#7.0#1764000000",
    ClusterId: 7,
    ProcId: 0,
    User: "cloud@pool.test",
    JobVMMemory: 512,
    JobVM_VCPUS: 1,
    JobVM_MACADDR: SPEC.macAddress,
    Environment: "secret=1",
    ...changes,
  };
  return Object.entries(attributes)
    .map(([name, value]) => classAdAssignment(name, value))
    .join("\n");
}

test("a job ad of ours becomes a request to prepare its machine", () => {
  const request = parsePrepare(relevantLines(ad()));
  expect(request).toEqual({ globalJobId: "ap.pool.test#7.0#1764000000", user: "cloud@pool.test", spec: SPEC });
});

test("what the agent does not read stays out of a request", () => {
  expect(relevantLines(ad())).not.toContain("secret");
});

test.each([
  ["another machine's identity", { GlobalJobId: "ap.pool.test#8.0#1764000000" }, "names job 8.0, but it is job 7.0"],
  ["an edited memory size", { JobVMMemory: 4096 }, "changed after it was submitted"],
  ["another network than its digest says", { CloudNetwork: "dmz" }, "changed after it was submitted"],
  ["a path as image", { CloudImage: "../../etc/shadow" }, "image: must be name@sha256"],
  ["a path as network", { CloudNetwork: "../lan" }, "network: must be lower-case"],
  ["a domain of its own", { VM_XML: "<domain/>" }, "VM_XML"],
  ["another version", { CloudSchema: 2 }, "cloudschema: must be 1"],
  ["a word for a number", { CloudDeadline: "soon" }, "clouddeadline"],
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
