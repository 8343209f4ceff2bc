import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type Example, makeExample } from "../pool/example.ts";
import { makeSshKey, type SshKey, ssh } from "../pool/ssh.ts";

let example: Example;
let key: SshKey;
let address: string;

/** What the guest answers to a command line. */
const inGuest = (command: string) => ssh(address, key, command);

describe("the example of a Debian, as a user gets it", () => {
  beforeAll(async () => {
    example = await makeExample("debian");
    key = await makeSshKey(example.folder);
  });
  afterAll(() => example.dispose());

  test("boots a machine whose cloud-init is done when `pulumi up` ends, and lets the owner of the key in", async () => {
    await example.stack.setAllConfig({
      image: { value: inject("debianGuest") },
      sshPublicKey: { value: key.publicKey },
    });
    const { outputs } = await example.stack.up();
    address = outputs.address?.value;
    expect(outputs.ssh?.value).toBe(`ssh debian@${address}`);
    expect(JSON.parse(await inGuest("cat /run/cloud-init/result.json"))).toMatchObject({ v1: { errors: [] } });
    expect(await inGuest("cat /etc/motd")).toBe("This machine was made by Pulumi.");
    expect(await inGuest("cat /etc/made-on")).toMatch(/^Linux web .*cloud-amd64/);
  });

  test("gives the machine its name, its owner root's rights, and its root the whole disk", async () => {
    expect(await inGuest("hostname")).toBe("web");
    expect(await inGuest("sudo id -u")).toBe("0");
    const bytes = Number(await inGuest("findmnt --noheadings --bytes --output SIZE /"));
    expect(bytes).toBeGreaterThan(3.5 * 1024 ** 3);
  });

  test("runs what a Debian should: no unit failed, and nobody has a password", async () => {
    expect(await inGuest("systemctl --failed --no-legend")).toBe("");
    expect(await inGuest("sudo cut -d: -f2 /etc/shadow | sort -u")).toMatch(/^[!*\s]+$/);
  });
});
