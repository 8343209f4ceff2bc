import { describe, expect, test } from "vitest";
import { type Architecture, ImageManifest, type MachineType, machineTypeOf } from "../../../contract/image-manifest.ts";

const manifest = {
  schema: 1,
  name: "debian",
  digest: "a".repeat(64),
  format: "qcow2",
  architecture: "x86_64",
  virtualSizeBytes: 1024 ** 3,
  sizeBytes: 1024,
  createdAt: "2026-11-25T00:00:00.000Z",
};

describe("an image's manifest", () => {
  test("of a version that knew neither firmware nor machine type means BIOS, on what suits the architecture", () => {
    const old = ImageManifest.parse(manifest);
    expect(old.firmware).toBe("bios");
    expect(machineTypeOf(old)).toBe("q35");
  });

  test.each([
    ["firmware", "coreboot"],
    ["machineType", "microvm"],
    ["machineType", "pc' type='x"],
    ["architecture", "sparc"],
  ])("is refused with the %s %j", (property, value) => {
    expect(ImageManifest.safeParse({ ...manifest, [property]: value }).success).toBe(false);
  });

  test.each<[Architecture, MachineType | undefined, MachineType]>([
    ["x86_64", undefined, "q35"],
    ["i686", undefined, "pc"],
    ["x86_64", "pc", "pc"],
    ["i686", "q35", "q35"],
  ])("of %s with the machine type %s boots on %s", (architecture, machineType, expected) => {
    expect(machineTypeOf(machineType === undefined ? { architecture } : { architecture, machineType })).toBe(expected);
  });
});
