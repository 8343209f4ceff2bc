import { describe, expect, test } from "vitest";
import { macAddressOf, specDigest } from "../../../contract/instance-spec.ts";
import { type CloudJob, jobAttributes, parseJobAd } from "../../../contract/job-ad.ts";
import { newSealKeys } from "../../../contract/sealed.ts";
import { encodeSeed, SEED_MAX_BYTES, type Seed, seedDigest } from "../../../contract/seed.ts";

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
const STANDARD = {
  GlobalJobId: "ap.pool.test#12.0#1764000000",
  JobVMMemory: 1024,
  JobVM_VCPUS: 2,
  JobVM_MACADDR: "02:00:00:00:00:01",
  WantGracefulRemoval: true,
};
const ad = { ...jobAttributes(job), ...STANDARD };

const SEED: Seed = { userData: "#cloud-config\n", metaData: { "public-keys": ["ssh-ed25519 AAAA me"] } };

/** A job that has everything a job may have. */
const whole: CloudJob = {
  ...job,
  spec: {
    ...job.spec,
    address: "192.168.122.7",
    interfaces: {
      storage: { network: "lan", macAddress: "02:00:00:00:01:01" },
      backup: { network: "lan", macAddress: "02:00:00:00:01:02", address: "10.0.0.7" },
    },
    seed: seedDigest(SEED),
  },
  lease: { seconds: 3600, until: 1_764_003_600 },
  seed: encodeSeed(SEED),
  sealKey: newSealKeys().publicKey,
  exclusive: true,
};
const wholeAd = { ...jobAttributes(whole), ...STANDARD };

/** A value as it travels in base64 of JSON. */
function travelling(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64");
}

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

  test("of a job with a seed, further interfaces, addresses, a key and a lease read back too", () => {
    expect(parseJobAd(wholeAd)).toEqual({
      globalJobId: ad.GlobalJobId,
      job: whole,
      specDigest: specDigest(whole.spec),
    });
  });

  test("of a job from before seeds and further interfaces still read, and mean the same machine", () => {
    const later = /^Cloud(?:Address|Interfaces|Macs|Exclusive|SeedDigest|Seed|SealKey)$/;
    const older = Object.fromEntries(Object.entries(ad).filter(([name]) => !later.test(name)));
    expect(parseJobAd(older)).toEqual({ globalJobId: ad.GlobalJobId, job, specDigest: specDigest(job.spec) });
  });

  test("name all MAC addresses of a machine, in their order", () => {
    expect(jobAttributes(whole).CloudMacs).toBe("02:00:00:00:00:01/02:00:00:00:01:02/02:00:00:00:01:01");
  });

  test("hold nothing that a submit description could expand or break at", () => {
    for (const value of [job, whole].flatMap((each) => Object.values(jobAttributes(each))))
      expect(String(value)).toMatch(/^[A-Za-z0-9@:+/=._-]+$/);
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
    ["CloudAddress", "192.168.122.7'/>"],
    ["CloudAddress", "::1"],
    ["CloudAddress", 7],
    ["CloudInterfaces", "[]"],
    ["CloudInterfaces", travelling([{ network: "lan", macAddress: "02:00:00:00:01:01" }])],
    ["CloudInterfaces", travelling({ "../etc": { network: "lan", macAddress: "02:00:00:00:01:01" } })],
    ["CloudInterfaces", travelling({ a: { network: "lan'/><disk", macAddress: "02:00:00:00:01:01" } })],
    ["CloudInterfaces", travelling({ a: { network: "lan", macAddress: "02:00:00:00:01:01'/>" } })],
    ["CloudInterfaces", travelling({ main: { network: "lan", macAddress: "02:00:00:00:01:01" } })],
    ["CloudSeedDigest", "../../etc"],
    ["CloudSeed", "not base64"],
    ["CloudSeed", "A".repeat(SEED_MAX_BYTES + 1)],
    ["CloudSealKey", "AAAA"],
    ["CloudExclusive", "true"],
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
    expect(specDigest({ ...job.spec, address: "192.168.122.7" })).not.toBe(digest);
    expect(specDigest({ ...job.spec, seed: "b".repeat(64) })).not.toBe(digest);
    expect(specDigest({ ...job.spec, interfaces: whole.spec.interfaces })).not.toBe(digest);
    expect(specDigest({ ...job.spec, size: { ...job.spec.size, vcpus: 3 } })).not.toBe(digest);
    expect(specDigest({ ...job.spec, size: { memoryMiB: 1024, vcpus: 2 } })).not.toBe(digest);
  });

  test("its digest does not change with the order in which interfaces are written", () => {
    const { storage, backup } = whole.spec.interfaces ?? {};
    if (storage === undefined || backup === undefined) throw new Error("The sample has two interfaces.");
    expect(specDigest({ ...whole.spec, interfaces: { backup, storage } })).toBe(specDigest(whole.spec));
    expect(specDigest({ ...whole.spec, interfaces: { storage } })).not.toBe(specDigest(whole.spec));
  });

  test("its MAC address is local, unicast and the same for the same key", () => {
    expect(macAddressOf("a")).toMatch(/^02(:[0-9a-f]{2}){5}$/);
    expect(macAddressOf("a")).toBe(macAddressOf("a"));
    expect(macAddressOf("a")).not.toBe(macAddressOf("b"));
  });
});
