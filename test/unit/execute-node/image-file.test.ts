import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inspectImage } from "../../../execute-node/agent/image-file.ts";
import { Refusal } from "../../../execute-node/agent/refusal.ts";
import { qcow2, temporaryFolder } from "../store/images.ts";

/** What the agent says of a file that claims to be a qcow2 image. */
async function inspect(content: Buffer): Promise<unknown> {
  const path = join(await temporaryFolder(), "image");
  await writeFile(path, content);
  return inspectImage(path, "qcow2", "guest").catch((error: unknown) => error);
}

const DATA_FILE = { type: 0x44415441, data: "/etc/shadow" };
const FEATURE_TABLE = { type: 0x6803f857, data: "names" };

test.each([
  ["a backing file", qcow2({ backingFile: "/etc/shadow" }), /overlay of another file/],
  ["encryption", qcow2({ encryption: 2 }), /encrypted/],
  ["an external data file, by its feature bit", qcow2({ features: 4n }), /second file/],
  ["an external data file, by its name", qcow2({ extensions: [DATA_FILE] }), /second file/],
  ["an external data file behind another extension", qcow2({ extensions: [FEATURE_TABLE, DATA_FILE] }), /second file/],
  ["an unknown version", qcow2({ version: 9 }), /version 9/],
  ["no bytes", Buffer.alloc(0), /says qcow2 and its bytes do not/],
  ["no header", Buffer.alloc(65536), /says qcow2 and its bytes do not/],
  ["no more than the first word", Buffer.from("QFI\xfb", "latin1"), /truncated/],
])("an image with %s is refused before QEMU sees it", async (_what, content, reason) => {
  const refusal = await inspect(content);
  expect(refusal).toBeInstanceOf(Refusal);
  expect(String(refusal)).toMatch(reason);
});

test("an extension that claims to be endless is refused", async () => {
  const content = qcow2({ extensions: [{ type: 1, data: "x" }] });
  content.writeUInt32BE(0xffffffff, 108);
  expect(String(await inspect(content))).toMatch(/extensions are damaged/);
});

test("a raw image is its bytes, in whole sectors, whatever they look like", async () => {
  const path = join(await temporaryFolder(), "image");
  await writeFile(path, qcow2({ backingFile: "/etc/shadow" }).subarray(0, 1000));
  expect(await inspectImage(path, "raw", "guest")).toEqual({ format: "raw", virtualSizeBytes: 1024 });
});
