import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type LaunchOptions, launchInputs } from "../../../cli/instance/launch-inputs.ts";
import { DEFAULT_PROFILES } from "../../../contract/profiles.ts";
import { temporaryFolder } from "../store/images.ts";

async function inputs(options: Partial<LaunchOptions> = {}) {
  return await launchInputs("debian", "alice", { timeout: 600, ...options }, DEFAULT_PROFILES);
}

test("a machine that is launched has what was given, and Pulumi's own defaults for the rest", async () => {
  const given = Object.entries(await inputs()).filter(([, value]) => value !== undefined);
  expect(Object.fromEntries(given)).toEqual({
    resourceUrn: "urn:pulumi:alice::cli::condor-cloud:command:Instance::debian",
    name: "debian",
    image: "debian",
    profile: "small",
    timeoutSeconds: 600,
  });
});

test("a size stands in the profile's place, as far as it is given", async () => {
  expect((await inputs({ profile: "medium" })).profile).toBe("medium");
  expect((await inputs({ profile: "medium", memory: 4096 })).profile).toEqual({ memoryMiB: 4096, vcpus: 2 });
  expect((await inputs({ disk: 20 })).profile).toEqual({ memoryMiB: 512, vcpus: 1, diskGiB: 20 });
});

test("a profile that is none is left to the check, which says which there are", async () => {
  expect((await inputs({ profile: "huge", memory: 1 })).profile).toBe("huge");
  expect((await inputs({ profile: "constructor", memory: 1 })).profile).toBe("constructor");
});

describe("files", () => {
  test("of public keys give all their keys, without comments and blank lines", async () => {
    const folder = await temporaryFolder();
    const [one, two] = [join(folder, "one.pub"), join(folder, "authorized_keys")];
    await writeFile(one, "ssh-ed25519 AAAA alice\n");
    await writeFile(two, "# the team\n\nssh-ed25519 BBBB bob\r\nssh-rsa CCCC carol");
    expect((await inputs({ sshKey: [one, two] })).sshAuthorizedKeys).toEqual([
      "ssh-ed25519 AAAA alice",
      "ssh-ed25519 BBBB bob",
      "ssh-rsa CCCC carol",
    ]);
  });

  test("of a private key are refused, and nothing of it is shown", async () => {
    const file = join(await temporaryFolder(), "id_ed25519");
    await writeFile(file, "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----\n");
    const refused = await inputs({ sshKey: [file] }).catch(String);
    expect(refused).toContain(`${file} holds a private key`);
    expect(refused).not.toContain("b3Blbn");
  });

  test("of user data travel as they are, and one that is not there is named", async () => {
    const file = join(await temporaryFolder(), "user-data");
    await writeFile(file, "#!/bin/sh\necho $HOME\n");
    expect((await inputs({ userData: file })).userData).toBe("#!/bin/sh\necho $HOME\n");
    await expect(inputs({ userData: "/nowhere" })).rejects.toThrow(
      /^--user-data: \/nowhere cannot be read\.\n.*ENOENT/,
    );
  });
});
