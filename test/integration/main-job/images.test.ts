import { join } from "node:path";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { inspectFile } from "../../../provider/store/inspect.ts";
import { machinePid } from "../../../sandbox/machine.ts";
import { loadSandbox } from "../../../sandbox/sandbox.ts";
import { onNode } from "./pool.ts";

let folder: string;

/** Makes an image with the execute node's own qemu-img and gives its path on this machine. */
async function qemuImage(name: string, ...parameters: string[]): Promise<string> {
  const options = parameters.slice(0, -1);
  await onNode("qemu-img", "create", "-q", ...options, `/tmp/${name}`, ...parameters.slice(-1));
  return join(folder, name);
}

beforeAll(async () => {
  const node = (await loadSandbox(inject("sandbox")))?.executeNodes[0];
  folder = `/proc/${node && (await machinePid(node))}/root/tmp`;
});

describe("what QEMU itself makes", () => {
  test("is understood: format and virtual size", async () => {
    const plain = await qemuImage("plain.qcow2", "-f", "qcow2", "3G");
    expect(await inspectFile(plain)).toMatchObject({ format: "qcow2", virtualSizeBytes: 3 * 1024 ** 3 });
  });

  test("is refused when it leads to a host file", async () => {
    const overlay = await qemuImage("overlay.qcow2", "-f", "qcow2", "-b", "/etc/shadow", "-F", "raw", "1M");
    await expect(inspectFile(overlay)).rejects.toThrow(/overlay of another file/);
    const split = await qemuImage("split.qcow2", "-f", "qcow2", "-o", "data_file=/tmp/split.data", "1M");
    await expect(inspectFile(split)).rejects.toThrow(/second file/);
  });
});
