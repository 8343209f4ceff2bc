import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const COMMAND_LINE = fileURLToPath(new URL("../../../cli/main.ts", import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "condor-cloud-guest-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function guest(...parameters: string[]) {
  return execa(process.execPath, [COMMAND_LINE, "sandbox", "guest", ...parameters], { reject: false });
}

describe("condor-cloud sandbox guest", () => {
  it("prints the path of a bootable disk, the same each time", async () => {
    const first = await guest("small");
    expect(first.exitCode, first.stderr).toBe(0);
    const bytes = await readFile(first.stdout);
    expect(bytes.subarray(0, 4).toString("latin1")).toBe("QFI\xfb"); // qcow2's magic number
    const again = await guest("small");
    expect(again.stdout).toBe(first.stdout);
    expect(again.stderr).toBe("");
  });

  it("copies it where it is told to, and leaves a file alone that is there", async () => {
    const out = join(folder, "guest.qcow2");
    const copied = await guest("small", "--out", out);
    expect(copied.stdout).toBe(out);
    const { mtimeMs } = await stat(out);
    const refused = await guest("small", "--out", out);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/could not be copied to .*\n {2}EEXIST.*\n {2}Give another --out/);
    expect((await stat(out)).mtimeMs).toBe(mtimeMs);
  });

  it("names the guests that there are to whoever asks for another", async () => {
    const refused = await guest("suse");
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain("Allowed choices are debian, small, uefi.");
  });
});
