import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const SCRIPT = join(import.meta.dirname, "../../../scripts/with-dependencies.mjs");

describe("a checkout without its dependencies", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "checkout-"));
    await mkdir(join(folder, "scripts"));
    await copyFile(SCRIPT, join(folder, "scripts/with-dependencies.mjs"));
    await writeFile(join(folder, "package-lock.json"), "{}");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const start = (env: Record<string, string>) =>
    execa(process.execPath, [join(folder, "scripts/with-dependencies.mjs"), "node", "--version"], {
      extendEnv: false,
      env,
      reject: false,
    });

  it("says that npm is missing, without a stack", async () => {
    const { stderr, exitCode } = await start({ PATH: folder });
    expect(stderr.split("\n")).toEqual([
      expect.stringMatching(/^Installing the dependencies/),
      expect.stringMatching(/^The command npm is not there; install it/),
    ]);
    expect(exitCode).toBe(1);
  });

  it("says that they could not be installed, after npm's own words, and with its exit status", async () => {
    await writeFile(join(folder, "npm"), "#!/bin/sh\necho npm error: no registry >&2; exit 3\n", { mode: 0o755 });
    const { stderr, exitCode } = await start({ PATH: folder });
    expect(stderr).toMatch(/npm error: no registry\nThe dependencies could not be installed: npm ci failed.*$/);
    expect(exitCode).toBe(3);
  });
});
