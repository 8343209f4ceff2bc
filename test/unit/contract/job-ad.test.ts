import { describe, expect, test } from "vitest";
import { macAddressOf, specDigest } from "../../../contract/instance-spec.ts";
import { type CloudJob, jobAttributes, parseJobAd } from "../../../contract/job-ad.ts";

const DIGEST = "a".repeat(64);
const job: CloudJob = {
  key: 'project/stack/type/ümlaut " name',
  spec: {
    name: "web",
    image: `debian@sha256:${DIGEST}`,
    profile: "medium",
    size: { memoryMiB: 1024, vcpus: 2, diskGiB: 10 },
    network: "default",
    macAddress: "02:00:00:00:00:01",
    labels: { role: 'a "quoted" \n $(value)' },
    watchdog: "reset",
    gracefulStop: true,
  },
  imageNeeds: { architecture: "i686", firmware: "uefi", cacheMiB: 300, diskMiB: 500 },
  acknowledged: false,
  deadline: 1_764_000_000,
};
const ad = {
  ...jobAttributes(job),
  GlobalJobId: "ap.pool.test#12.0#1764000000",
  JobVMMemory: 1024,
  JobVM_VCPUS: 2,
  JobVM_MACADDR: "02:00:00:00:00:01",
  WantGracefulRemoval: true,
};

describe("a job's attributes", () => {
  test("read back as the job they were made from", () => {
    expect(parseJobAd(ad)).toEqual({ globalJobId: ad.GlobalJobId, job, specDigest: specDigest(job.spec) });
  });

  test("are read without regard to the case of their names", () => {
    const shouting = Object.fromEntries(Object.entries(ad).map(([name, value]) => [name.toUpperCase(), value]));
    expect(parseJobAd(shouting).job).toEqual(job);
  });

  test("of a job from before watchdog, firmware and image size were written still read", () => {
    const later = [
      "CloudWatchdog",
      "CloudArchitecture",
      "CloudFirmware",
      "CloudImageMiB",
      "CloudImageDiskMiB",
      "WantGracefulRemoval",
    ];
    const older = Object.fromEntries(Object.entries(ad).filter(([name]) => !later.includes(name)));
    const { watchdog, ...spec } = job.spec;
    const imageNeeds = { architecture: "x86_64", firmware: "bios", cacheMiB: 0, diskMiB: 0 };
    expect(parseJobAd(older).job).toEqual({ ...job, spec: { ...spec, gracefulStop: false }, imageNeeds });
  });

  test("hold nothing that a submit description could expand or break at", () => {
    for (const value of Object.values(jobAttributes(job))) expect(String(value)).toMatch(/^[A-Za-z0-9@:+/=._-]+$/);
  });

  test.each([
    ["CloudSchema", 2],
    ["CloudName", "../../etc"],
    ["CloudName", "a".repeat(64)],
    ["CloudImage", `../../etc/passwd@sha256:${DIGEST}`],
    ["CloudImage", `debian@sha256:${DIGEST}/../x`],
    ["CloudImage", "debian"],
    ["CloudNetwork", "default'/><disk"],
    ["CloudLabels", "not base64"],
    ["CloudLabels", Buffer.from("[1]").toString("base64")],
    ["CloudKey", "x".repeat(10_000)],
    ["CloudDiskGiB", -1],
    ["CloudDiskGiB", "10"],
    ["CloudSpec", "x"],
    ["CloudArchitecture", "sparc"],
    ["CloudFirmware", "bios,uefi"],
    ["CloudImageMiB", -1],
    ["CloudImageMiB", 1e12],
    ["CloudWatchdog", "explode"],
    ["WantGracefulRemoval", "true"],
    ["JobVMMemory", 1e12],
    ["JobVM_VCPUS", 0],
    ["JobVM_MACADDR", "02:00:00:00:00:01'/>"],
    ["JobVM_MACADDR", "01:00:00:00:00:01"],
    ["GlobalJobId", "../12.0"],
    ["GlobalJobId", undefined],
  ])("are refused when %s is %j", (name, value) => {
    expect(() => parseJobAd({ ...ad, [name]: value })).toThrow();
  });
});

describe("what a machine is named by", () => {
  test("its digest changes with what cannot change in place, and with nothing else", () => {
    const digest = specDigest(job.spec);
    expect(specDigest({ ...job.spec, labels: {}, profile: "other", gracefulStop: false })).toBe(digest);
    expect(specDigest({ ...job.spec, watchdog: "pause" })).not.toBe(digest);
    expect(specDigest({ ...job.spec, size: { ...job.spec.size, vcpus: 3 } })).not.toBe(digest);
    expect(specDigest({ ...job.spec, size: { memoryMiB: 1024, vcpus: 2 } })).not.toBe(digest);
  });

  test("its MAC address is local, unicast and the same for the same key", () => {
    expect(macAddressOf("a")).toMatch(/^02(:[0-9a-f]{2}){5}$/);
    expect(macAddressOf("a")).toBe(macAddressOf("a"));
    expect(macAddressOf("a")).not.toBe(macAddressOf("b"));
  });
});
