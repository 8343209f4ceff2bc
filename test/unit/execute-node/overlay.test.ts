import { expect, test } from "vitest";
import { diskSizeBytes, requireReserved } from "../../../execute-node/agent/overlay.ts";

const GIB = 1024 ** 3;

test("a disk is as large as asked for, and never smaller than its image", () => {
  const spec = {
    name: "web",
    image: `small@sha256:${"a".repeat(64)}`,
    profile: "small",
    network: "default",
    macAddress: "02:00:00:00:00:01",
    labels: {},
    gracefulStop: false,
  };
  const size = { memoryMiB: 512, vcpus: 1 };
  const image = { virtualSizeBytes: 2.5 * GIB };
  expect(diskSizeBytes({ ...spec, size }, image)).toBe(2.5 * GIB);
  expect(diskSizeBytes({ ...spec, size: { ...size, diskGiB: 20 } }, image)).toBe(20 * GIB);
  expect(() => diskSizeBytes({ ...spec, size: { ...size, diskGiB: 2 } }, image)).toThrow(
    "A disk of 2 GiB is smaller than its image small. Ask for at least 3 GiB.",
  );
});

test("a disk that could grow beyond what its job reserves is refused with what to reserve", () => {
  requireReserved(2.5 * GIB, 2.5 * 1024 ** 2);
  expect(() => requireReserved(2.5 * GIB, 1024 ** 2)).toThrow("Submit it with request_disk = 2621440.");
});
