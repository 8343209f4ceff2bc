import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type DiskFacts, inspectFile } from "../../../provider/store/inspect.ts";
import { qcow2, temporaryFolder } from "./images.ts";

async function inspect(content: Buffer): Promise<DiskFacts> {
  const path = join(await temporaryFolder(), "disk.img");
  await writeFile(path, content);
  return inspectFile(path);
}

function at(offset: number, magic: string): Buffer {
  const content = Buffer.alloc(64 * 1024);
  content.write(magic, offset, "latin1");
  return content;
}

describe("a disk image's header", () => {
  test("tells a qcow2 image's virtual size, which is not its file's", async () => {
    expect(await inspect(qcow2({ virtualSizeBytes: 7n * 1024n ** 3n, l1Entries: 14 }))).toEqual({
      format: "qcow2",
      virtualSizeBytes: 7 * 1024 ** 3,
      sizeBytes: 256 * 1024,
    });
  });

  test("is understood in version 2, too", async () => {
    expect((await inspect(qcow2({ version: 2 }))).format).toBe("qcow2");
  });

  test("may carry extensions that name no file", async () => {
    const extensions = [
      { type: 0x6803f857, data: "a feature table of some length" },
      { type: 0xe2792aca, data: "raw" },
    ];
    expect((await inspect(qcow2({ extensions }))).format).toBe("qcow2");
  });

  test("makes whole sectors of anything else a raw disk", async () => {
    expect(await inspect(at(510, "\x55\xaa"))).toEqual({
      format: "raw",
      virtualSizeBytes: 64 * 1024,
      sizeBytes: 64 * 1024,
    });
  });
});

describe("what would lead out of the image is refused", () => {
  test.each([
    [
      "a backing file, whose name is shown",
      { backingFile: "/etc/shadow" },
      /overlay of another file \("\/etc\/shadow"\)/,
    ],
    ["a data file by its feature bit", { features: 1n << 2n }, /data in a second file/],
    ["a data file by its extension", { extensions: [{ type: 0x44415441, data: "/etc/shadow" }] }, /second file/],
    [
      "a data file behind another extension",
      {
        extensions: [
          { type: 0xe2792aca, data: "raw" },
          { type: 0x44415441, data: "x" },
        ],
      },
      /second file/,
    ],
  ] as const)("%s", async (_what, fields, reason) => {
    await expect(inspect(qcow2(fields))).rejects.toThrow(reason);
  });
});

describe("what no node could boot is refused", () => {
  test.each([
    ["an encrypted image", { encryption: 2 }, /encrypted/],
    ["an image that QEMU marked as corrupt", { features: 2n }, /corrupt/],
    ["features of the future", { features: 1n << 40n }, /not known here \(0x10000000000\)/],
    ["version 1", { version: 1 }, /version 1/],
    ["a virtual size of nothing", { virtualSizeBytes: 0n }, /no sense/],
    ["a virtual size beyond its own table", { virtualSizeBytes: 1024n ** 4n }, /no sense/],
    ["a virtual size beyond all numbers", { virtualSizeBytes: 2n ** 63n }, /no sense/],
    ["clusters of an impossible size", { clusterBits: 40 }, /no sense/],
    ["tables beyond the end of the file", { l1Offset: 2n ** 40n }, /truncated/],
    ["a file that was cut off", { fileBytes: 128 * 1024 }, /truncated/],
    ["a header that ends where it begins", { headerLength: 0 }, /extensions are damaged/],
    ["extensions that run out of the header", { extensions: [{ type: 7, data: "x".repeat(65_500) }] }, /damaged/],
  ] as const)("%s", async (_what, fields, reason) => {
    await expect(inspect(qcow2(fields))).rejects.toThrow(reason);
  });

  test.each([8, 71, 100])("a qcow2 header of %i bytes", async (length) => {
    await expect(inspect(qcow2().subarray(0, length))).rejects.toThrow(/truncated/);
  });

  test.each([
    ["VMDK", at(0, "KDMV"), /VMDK.*\n.*qemu-img convert/],
    ["VDI", at(0x40, "\x7f\x10\xda\xbe"), /VDI.*\n.*qemu-img convert/],
    ["VHDX", at(0, "vhdxfile"), /VHDX/],
    ["gzip", at(0, "\x1f\x8b"), /gunzip/],
    ["xz", at(0, "\xfd7zXZ\0"), /unxz/],
    ["zip", at(0, "PK\x03\x04"), /unzip/],
    ["an OVA", at(257, "ustar"), /tar xf/],
    ["a CD image", at(0x8001, "CD001"), /CD or DVD/],
    ["a pointer of Git LFS", Buffer.from("version https://git-lfs.github.com/spec/v1\n"), /git lfs pull/],
    ["an error page", Buffer.from("<!DOCTYPE html><title>404</title>"), /whole sectors/],
    ["an empty file", Buffer.alloc(0), /0 bytes/],
  ])("%s, with what to do", async (_what, content, reason) => {
    await expect(inspect(content)).rejects.toThrow(reason);
  });

  test("but a hybrid CD image, which has a disk's boot sector, is a disk", async () => {
    const hybrid = at(0x8001, "CD001");
    hybrid.write("\x55\xaa", 510, "latin1");
    expect((await inspect(hybrid)).format).toBe("raw");
  });
});
