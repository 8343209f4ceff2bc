import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, test } from "vitest";
import { FleetInputs } from "../../../provider/fleet/inputs.ts";
import { CondorFleet, CondorImage, CondorInstance } from "../../../sdk/index.ts";

const registered = new Map<string, { type: string; inputs: Record<string, unknown> }>();

beforeAll(async () => {
  await pulumi.runtime.setMocks(
    {
      call: () => ({}),
      newResource({ name, type, inputs }) {
        registered.set(name, { type, inputs });
        return { id: `${name}-id`, state: { ...inputs, reference: "debian@sha256:00", ipAddress: "192.0.2.7" } };
      },
    },
    "shop",
    "dev",
  );
});

function settled<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((done) => void output.apply(done));
}

describe("a resource in a program", () => {
  test("carries one constant line of code, who it is, and how long its operations may take", async () => {
    const opts = { customTimeouts: { create: "5m" } };
    const image = new CondorImage("debian", { source: "./disk.qcow2", labels: { a: pulumi.output("1") } }, opts);
    expect(await settled(image.reference)).toBe("debian@sha256:00");
    expect(registered.get("debian")).toEqual({
      type: "pulumi-nodejs:dynamic/condor:Image",
      inputs: {
        source: resolve("disk.qcow2"),
        labels: { a: "1" },
        resourceUrn: "urn:pulumi:dev::shop::pulumi-nodejs:dynamic/condor:Image::debian",
        timeouts: { createSeconds: 300 },
        __provider: 'exports.handler = () => require("pulumi-condor/dynamic").image;',
      },
    });
  });

  test("takes its source as an asset, too", async () => {
    const image = new CondorImage("asset", { source: new pulumi.asset.FileAsset("disk.qcow2") });
    expect(await settled(image.source)).toBe(resolve("disk.qcow2"));
  });

  test.each(["", new pulumi.asset.FileAsset("")])("leaves it to the check that no source is none", async (source) => {
    const image = new CondorImage("empty", { source });
    expect(await settled(image.source)).toBe("");
  });

  test("of a component carries its parents' types", async () => {
    const parent = new pulumi.ComponentResource("shop:index:Tier", "front");
    const web = new CondorInstance("web", { image: "debian", profile: { memoryMiB: 256, vcpus: 1 } }, { parent });
    expect(await settled(web.ipAddress)).toBe("192.0.2.7");
    expect(registered.get("web")?.inputs).toMatchObject({
      image: "debian",
      profile: { memoryMiB: 256, vcpus: 1 },
      resourceUrn: "urn:pulumi:dev::shop::shop:index:Tier$pulumi-nodejs:dynamic/condor:Instance::web",
      __provider: 'exports.handler = () => require("pulumi-condor/dynamic").instance;',
    });
  });

  test("is a fleet by the arguments of one machine and its own, those a secret that may hold one", async () => {
    const overrides = { "farm-0": { profile: pulumi.output("large"), macAddress: "52:54:00:00:00:01" } };
    const farm = new CondorFleet("farm", { image: "debian", count: 24, minReady: 20, overrides });
    await settled(farm.urn);
    expect(registered.get("farm")).toMatchObject({
      type: "pulumi-nodejs:dynamic/condor:Fleet",
      inputs: {
        ...{ image: "debian", count: 24, minReady: 20 },
        overrides: { value: { "farm-0": { profile: "large", macAddress: "52:54:00:00:00:01" } } },
        resourceUrn: "urn:pulumi:dev::shop::pulumi-nodejs:dynamic/condor:Fleet::farm",
        __provider: 'exports.handler = () => require("pulumi-condor/dynamic").fleet;',
      },
    });
  });

  test("declares every output, so that a program can see it", () => {
    const image = new CondorImage("outputs", { source: "x" });
    const made = ["reference", "digest", "format", "virtualSizeGiB", "sizeBytes", "createdAt"];
    const asked = ["source", "name", "architecture", "firmware", "machineType", "description", "labels"];
    for (const output of [...made, ...asked]) expect(image).toHaveProperty(output);
    const instance = new CondorInstance("outputs2", { image: "x" });
    const seen = ["jobId", "state", "host", "ipAddress", "macAddress", "vncAddress", "startedAt"];
    const given = ["image", "name", "profile", "labels", "watchdog", "gracefulStop", "timeoutSeconds"];
    for (const output of [...seen, ...given]) {
      expect(instance).toHaveProperty(output);
    }
    const fleet = new CondorFleet("outputs3", { image: "x", count: 1 });
    const known = Object.keys(FleetInputs.shape).filter((name) => !["resourceUrn", "timeouts"].includes(name));
    for (const output of [...known, "members", "running", "ready", "vncPasswords"]) {
      expect(fleet).toHaveProperty(output);
    }
  });

  test("refuses a timeout that is none where it is written", () => {
    const opts = { customTimeouts: { create: "soon" } };
    expect(() => new CondorImage("timeout", { source: "x" }, opts)).toThrow(/"soon" is no positive duration/);
  });
});
