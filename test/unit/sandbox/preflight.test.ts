import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { silentReporter } from "../../../sandbox/actions/action.ts";
import { checkHost, requireDebianTools, requireDiskSpace } from "../../../sandbox/actions/preflight.ts";
import { checkPulumi } from "../../../sandbox/pulumi/pulumi-cli.ts";

describe("a machine that cannot have a sandbox is told so in one line, with what to do", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "preflight-"));
    vi.stubEnv("PATH", folder); // no command at all
    vi.stubEnv("XDG_CACHE_HOME", folder);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    await rm(folder, { recursive: true, force: true });
  });

  it("not root", async () => {
    vi.spyOn(process, "geteuid").mockReturnValue(65534);
    await expect(checkHost({ isNew: true })).rejects.toThrow(/only root may\.\n {2}Run this as root/);
  });

  it("a command is missing", async () => {
    vi.spyOn(process, "geteuid").mockReturnValue(0);
    await expect(checkHost({ isNew: true })).rejects.toThrow(/`ip` is not on PATH\.\n {2}.*apt-get install iproute2/);
  });

  it("neither mmdebstrap nor apt-get", async () => {
    await expect(requireDebianTools(silentReporter, undefined)).rejects.toThrow(
      /mmdebstrap, which is missing, and there is no apt-get.*\n {2}Install mmdebstrap/,
    );
  });

  it("too little disk space", async () => {
    await expect(requireDiskSpace(folder, 2 ** 30)).rejects.toThrow(/GiB are free where .*\n {2}Free some/);
  });

  it("neither Pulumi nor Go", async () => {
    await expect(checkPulumi()).rejects.toThrow(/no Pulumi CLI on PATH, and no Go .*\n.*\n {2}Install the Pulumi CLI/);
  });

  it("but a Go of old is named", async () => {
    await symlink("/bin/echo", join(folder, "go"));
    await expect(checkPulumi()).rejects.toThrow("The Go here is env GOVERSION.");
  });
});
