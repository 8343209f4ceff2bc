import { describe, expect, test } from "vitest";
import { parseClassAdLines } from "../../../contract/classad.ts";
import { type CloudJob, parseJobAd } from "../../../contract/job-ad.ts";
import type { Placement } from "../../../contract/placement.ts";
import { alike, cell, parseSubmitted, submitDescription } from "../../../provider/htcondor/submit-description.ts";
import { DIGEST, sampleJob } from "./samples.ts";

describe("the submission of one machine", () => {
  test("says everything that a machine's job must say", () => {
    expect(
      submitDescription([sampleJob({ size: { memoryMiB: 1024, vcpus: 2, diskGiB: 20 }, labels: { tier: "web" } })]),
    ).toMatchInlineSnapshot(`
      "universe = vm
      vm_type = kvm
      executable = $(cloud_instance)
      initialdir = /
      vm_memory = $(cloud_memory_mib)
      vm_vcpus = $(cloud_cpus)
      request_memory = $(cloud_memory_mib)
      request_cpus = $(cloud_cpus)
      request_disk = $(cloud_disk_kib)
      vm_networking = true
      vm_macaddr = $(cloud_mac)
      vm_disk = /dev/null:null:null
      vm_no_output_vm = true
      transfer_output_files =
      requirements = TARGET.Arch == "X86_64" && TARGET.CloudNodeSchema =?= 1 && stringListSubsetMatch("$(cloud_networks)", TARGET.CloudNetworks, ",:") && TARGET.CloudDiskFreeMiB >= $(cloud_disk_mib) && stringListMember("$(cloud_attribute_cloudarchitecture)", TARGET.CloudArchitectures) && stringListMember("$(cloud_attribute_cloudfirmware)", TARGET.CloudFirmwares) && (stringListMember("$(cloud_digest)", TARGET.CloudImages) || TARGET.CloudCacheAvailableMiB >= $(cloud_attribute_cloudimagemib)) && (VirtualMachineOnEviction =?= "fail" && JobStatus == 1 && JobCurrentStartExecutingDate =!= undefined) =!= true
      rank = 10000.0 + 1000000.0 * (real(VirtualMachineRank) ?: 0.0) + 2.0 * (VirtualMachineSpread ?: 0) * (TARGET.NumDynamicSlots ?: 0) + ifThenElse((stringListMember("$(cloud_digest)", TARGET.CloudImages)) =?= true, 1.0, 0.0) + -0.0001 * (TARGET.Cpus ?: 0)
      +VirtualMachineRank = undefined
      +VirtualMachineSpread = 0
      +VirtualMachineOnEviction = "requeue"
      priority = 0
      job_lease_duration = 300
      want_graceful_removal = $(cloud_graceful)
      leave_in_queue = JobStatus == 4 && time() < CompletionDate + 600
      periodic_remove = (CloudAcknowledged =!= true && time() > CloudDeadline) || (CloudLeaseUntil > 0 && time() > CloudLeaseUntil) || (VirtualMachineOnEviction =?= "fail" && JobStatus == 1 && JobCurrentStartExecutingDate =!= undefined)
      +PeriodicRemoveReason = ifThenElse(VirtualMachineOnEviction =?= "fail" && JobStatus == 1 && JobCurrentStartExecutingDate =!= undefined, "It lost its node.", ifThenElse(CloudLeaseUntil > 0 && time() > CloudLeaseUntil, "Its lease is over.", "Nobody acknowledged it by its deadline."))
      concurrency_limits_expr = ifThenElse(CloudExclusive =?= true, "$(cloud_limits)", undefined)
      +HookKeyword = "CLOUD"
      +CloudSchema = $(cloud_attribute_cloudschema)
      +CloudName = "$(cloud_attribute_cloudname)"
      +CloudKey = "$(cloud_attribute_cloudkey)"
      +CloudFleet = "$(cloud_attribute_cloudfleet)"
      +CloudImage = "$(cloud_attribute_cloudimage)"
      +CloudProfile = "$(cloud_attribute_cloudprofile)"
      +CloudSpec = "$(cloud_attribute_cloudspec)"
      +CloudDiskGiB = $(cloud_attribute_clouddiskgib)
      +CloudWatchdog = "$(cloud_attribute_cloudwatchdog)"
      +CloudArchitecture = "$(cloud_attribute_cloudarchitecture)"
      +CloudFirmware = "$(cloud_attribute_cloudfirmware)"
      +CloudImageMiB = $(cloud_attribute_cloudimagemib)
      +CloudImageDiskMiB = $(cloud_attribute_cloudimagediskmib)
      +CloudNetwork = "$(cloud_attribute_cloudnetwork)"
      +CloudAddress = "$(cloud_attribute_cloudaddress)"
      +CloudInterfaces = "$(cloud_attribute_cloudinterfaces)"
      +CloudMacs = "$(cloud_attribute_cloudmacs)"
      +CloudExclusive = $(cloud_attribute_cloudexclusive)
      +CloudSeedDigest = "$(cloud_attribute_cloudseeddigest)"
      +CloudSeed = "$(cloud_attribute_cloudseed)"
      +CloudSealKey = "$(cloud_attribute_cloudsealkey)"
      +CloudLabels = "$(cloud_attribute_cloudlabels)"
      +CloudPlacement = "$(cloud_attribute_cloudplacement)"
      +CloudAcknowledged = $(cloud_attribute_cloudacknowledged)
      +CloudDeadline = $(cloud_attribute_clouddeadline)
      +CloudLeaseSeconds = $(cloud_attribute_cloudleaseseconds)
      +CloudLeaseUntil = $(cloud_attribute_cloudleaseuntil)
      queue cloud_instance,cloud_memory_mib,cloud_cpus,cloud_disk_mib,cloud_disk_kib,cloud_mac,cloud_networks,cloud_digest,cloud_graceful,cloud_attribute_cloudschema,cloud_attribute_cloudname,cloud_attribute_cloudkey,cloud_attribute_cloudfleet,cloud_attribute_cloudimage,cloud_attribute_cloudprofile,cloud_attribute_cloudspec,cloud_attribute_clouddiskgib,cloud_attribute_cloudwatchdog,cloud_attribute_cloudarchitecture,cloud_attribute_cloudfirmware,cloud_attribute_cloudimagemib,cloud_attribute_cloudimagediskmib,cloud_attribute_cloudnetwork,cloud_attribute_cloudaddress,cloud_attribute_cloudinterfaces,cloud_attribute_cloudmacs,cloud_attribute_cloudexclusive,cloud_attribute_cloudseeddigest,cloud_attribute_cloudseed,cloud_attribute_cloudsealkey,cloud_attribute_cloudlabels,cloud_attribute_cloudplacement,cloud_attribute_cloudacknowledged,cloud_attribute_clouddeadline,cloud_attribute_cloudleaseseconds,cloud_attribute_cloudleaseuntil,cloud_limits from (
      web 1024 2 20480 20971520 02:0e:44:5e:ec:b9 default 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef false 1 web c2hvcC9kZXYvY29uZG9yOkluc3RhbmNlL3dlYg== - debian@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef small fad3cbcb3db4351bef8ffcc6053170ff0a2472ebd881a00f68b6c3ca4dfbdfd3 20 none x86_64 bios 300 500 default - - 02:0e:44:5e:ec:b9 false - - - eyJ0aWVyIjoid2ViIn0= - false 1795563000 0 0 none
      )
      "
    `);
  });

  test("reserves the image's disk where no size was given, or HTCondor's least, and says that none was", () => {
    const job = sampleJob();
    const large = { ...job, imageNeeds: { ...job.imageNeeds, diskMiB: 3000 } };
    const [ad, other] = expand(submitDescription([job, large]));
    expect(ad).toContain("request_disk = 1048576");
    expect(other).toContain("request_disk = 3072000");
    expect(ad).toContain("+CloudDiskGiB = undefined");
  });

  test("only matches a node that boots its image and has it, or room for it", () => {
    const imageNeeds = { architecture: "i686", firmware: "uefi", cacheMiB: 300, diskMiB: 500 } as const;
    const [ad] = expand(submitDescription([{ ...sampleJob(), imageNeeds }]));
    expect(ad).toContain('stringListMember("i686", TARGET.CloudArchitectures)');
    expect(ad).toContain('stringListMember("uefi", TARGET.CloudFirmwares)');
    expect(ad).toContain(`(stringListMember("${DIGEST}", TARGET.CloudImages) || TARGET.CloudCacheAvailableMiB >= 300)`);
  });

  test("says how it stops, and what its watchdog does", () => {
    const [ad] = expand(submitDescription([sampleJob({ gracefulStop: true, watchdog: "pause" })]));
    expect(ad).toContain("want_graceful_removal = true");
    expect(ad).toContain('+CloudWatchdog = "pause"');
    expect(expand(submitDescription([sampleJob()]))[0]).toContain("want_graceful_removal = false");
  });
});

describe("where a machine runs", () => {
  const placed = (placement: Placement) => sampleJob({ placement });

  test("is said once for all of a submission, expressions as attributes of their own", () => {
    const text = submitDescription([
      placed({ requirements: 'Machine == "$(HOME)"', rank: "Memory", accountingGroup: "group_a.b", priority: -2 }),
    ]);
    expect(text).toContain('+VirtualMachineRequirements = Machine == "$(DOLLAR)(HOME)"\n');
    expect(text).toMatch(/^requirements = .* && VirtualMachineRequirements$/m);
    expect(text).toContain("+VirtualMachineRank = Memory\n");
    expect(text).toContain("accounting_group = group_a.b\n");
    expect(text).toContain("priority = -2\n");
    expect(submitDescription([sampleJob()])).not.toContain("VirtualMachineRequirements");
  });

  test("parts machines that differ in it, in their order", () => {
    const jobs = [placed({ rank: "1" }), sampleJob(), placed({ rank: "1" })];
    expect(alike(jobs)).toEqual([[jobs[0], jobs[2]], [jobs[1]]]);
    expect(() => submitDescription(jobs)).toThrow(TypeError);
  });
});

describe("the submission of many machines", () => {
  test("is one table with a row for each", () => {
    const jobs = Array.from({ length: 1000 }, (_, index) => sampleJob({ name: `m${index}`, key: `p/s/t/m${index}` }));
    const text = submitDescription(jobs);
    expect(text.match(/^queue /gm)).toHaveLength(1);
    expect(expand(text).map((ad) => roundTrip(ad).spec.name)).toEqual(jobs.map((job) => job.spec.name));
  });

  test("is refused whole when one of them breaks the contract", () => {
    expect(() => submitDescription([sampleJob(), sampleJob({ name: "no good" })])).toThrow(/DNS label/);
  });
});

const NASTY: [title: string, text: string][] = [
  ["quotes", `quotes " ' \` and \\ backslash \\"`],
  ["lines", "line\nqueue 1000\r\n)\nexecutable = /bin/rm"],
  ["macros", "$(HOME) $ENV(HOME) $$(Memory) $RANDOM_INTEGER(1,9) $F(x)"],
  ["a shell's words", "; rm -rf / # && || , , ,"],
  ["the end of the table", ")\n+CloudAcknowledged = true"],
  ["characters beyond ASCII and control characters", "Zürich 東京 🖥️ \u202e \u0000 \u007f"],
  ["blanks at the ends", " leading, trailing "],
  ["10 kB", "x".repeat(10_240)],
];

describe("what people write", () => {
  test.each(NASTY)("travels intact as a label: %s", (_title, text) => {
    const job = sampleJob({ labels: { note: text } });
    const [ad, ...others] = expand(submitDescription([job]));
    expect(others).toEqual([]);
    expect(roundTrip(ad ?? "")).toEqual(job);
  });

  test.each(NASTY.filter(([, text]) => text.length < 1000))("travels intact in a key: %s", (_title, text) => {
    const job = sampleJob({ key: `p/s/t/${text}` });
    expect(expand(submitDescription([job])).map(roundTrip)).toEqual([job]);
  });

  test.each(NASTY)("is refused as a name: %s", (_title, text) => {
    expect(() => submitDescription([sampleJob({ name: text })])).toThrow();
  });

  test.each(NASTY)("is refused as an image, a profile, a network and a MAC address: %s", (_title, text) => {
    for (const change of [{ image: text }, { profile: text }, { network: text }, { macAddress: text }]) {
      expect(() => submitDescription([sampleJob(change)])).toThrow();
    }
    expect(() => submitDescription([sampleJob({ image: `${text}@sha256:${DIGEST}` })])).toThrow();
  });

  test.each(["", " ", "a b", "a,b", "$(x)", "a\nb", 'a"b', "(", "ü", "a\u0000"])(
    "never becomes the cell %j",
    (text) => {
      expect(() => cell("variable", text)).toThrow(TypeError);
    },
  );
});

describe("condor_submit's answer", () => {
  test("gives the cluster and how many jobs there are", () => {
    expect(parseSubmitted("35.0 - 35.999\n")).toEqual({ clusterId: 35, count: 1000 });
    expect(parseSubmitted("WARNING: old\n7.0 - 7.0\n")).toEqual({ clusterId: 7, count: 1 });
  });

  test.each(["", "35.0 - 36.1\n", "Submitting job(s).\n1 job(s) submitted to cluster 3.\n", "35.1 - 35.2"])(
    "is none when it is %j",
    (output) => {
      expect(parseSubmitted(output)).toBeUndefined();
    },
  );
});

/** Does to a submission what condor_submit does to it: a copy of the commands for each row, its variables put in. */
function expand(text: string): string[] {
  const [commands = "", rest = ""] = text.split(/^queue /m);
  const [head = "", ...rows] = rest.trimEnd().split("\n");
  const variables = head.replace(" from (", "").split(",");
  expect(rows.pop()).toBe(")");
  return rows.map((row) => {
    const cells = row.split(/[, ]/);
    expect(cells).toHaveLength(variables.length);
    return commands.replace(/\$\((\w+)\)/g, (_, variable: string) => {
      const value = cells[variables.indexOf(variable)];
      if (value === undefined) throw new Error(`no variable ${variable}`);
      return value;
    });
  });
}

/** Reads the expanded commands back as the job ad that comes of them. */
function roundTrip(ad: string): CloudJob {
  const own = parseClassAdLines(ad.replaceAll(/^\+/gm, ""));
  const command = (name: string) => new RegExp(`^${name} = (.*)$`, "m").exec(ad)?.[1] ?? "";
  return parseJobAd({
    ...own,
    GlobalJobId: "ap#1.0#1",
    JobVMMemory: Number(command("vm_memory")),
    JobVM_VCPUS: Number(command("vm_vcpus")),
    JobVM_MACADDR: command("vm_macaddr"),
  }).job;
}
