import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { createSeedDisk, SEED_DISK_MAKERS, seedFiles } from "../../../execute-node/agent/seed-disk.ts";

/** A seed with what a shell, or a command's arguments, could trip over. */
const SEED = {
  userData: "#cloud-config\npassword: $(touch /tmp/x) 's3cret'\n",
  metaData: {},
  networkConfig: "version: 2\n",
};
const DISK = { instanceId: "i-7.0-0123456789abcdef", name: "web", seed: SEED };

/** A folder with a command that notes its arguments and what it was given, in place of all others on PATH. */
async function newWorld(maker?: string) {
  const folder = await mkdtemp(join(tmpdir(), "seed-test-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [bin, machine] = [join(folder, "bin"), join(folder, "machine")];
  for (const each of [bin, machine]) await mkdir(each);
  const script =
    `#!/bin/sh\nprintf '%s\\n' "$@" > '${folder}/arguments'\n` +
    `for last; do :; done\n/bin/cp -rp "$last" '${folder}/given'\n` +
    `while [ "$1" != -o ]; do shift; done\necho disk > "$2"\n`;
  if (maker !== undefined) await writeFile(join(bin, maker), script, { mode: 0o755 });
  vi.stubEnv("PATH", bin);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  return { folder, machine, path: join(machine, "seed.iso") };
}

test.each(SEED_DISK_MAKERS)(
  "%s is handed files and no content, and leaves a disk that is its account's alone",
  async (maker) => {
    const { folder, machine, path } = await newWorld(maker);
    await createSeedDisk(path, DISK);
    expect(await readdir(machine)).toEqual(["seed.iso"]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder, "given"))).toEqual(["meta-data", "network-config", "user-data"]);
    expect(await readFile(join(folder, "given", "user-data"), "utf8")).toBe(SEED.userData);
    expect((await stat(join(folder, "given", "user-data"))).mode & 0o777).toBe(0o600);
    const given = (await readFile(join(folder, "arguments"), "utf8")).trim().split("\n");
    expect(given.slice(0, 6)).toEqual(["-quiet", "-r", "-J", "-V", "cidata", "-o"]);
    expect(given.slice(6).every((path) => path.startsWith(machine))).toBe(true);
  },
);

test("a node without such a command says which it wants, and leaves nothing", async () => {
  const { machine, path } = await newWorld();
  await expect(createSeedDisk(path, DISK)).rejects.toMatchObject({
    retry: true,
    message: expect.stringContaining("none of genisoimage, xorrisofs, mkisofs"),
  });
  expect(await readdir(machine)).toEqual([]);
});

test("a machine without a seed has its name and empty user data, and no network configuration", () => {
  expect(seedFiles({ ...DISK, seed: undefined })).toEqual({
    "meta-data": "local-hostname: web\ninstance-id: i-7.0-0123456789abcdef\n",
    "user-data": "",
  });
});
