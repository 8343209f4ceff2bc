import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { hostKeyAliasOf, option } from "../../../cli/instance/ssh-words.ts";
import { condorCloud } from "../pool/command-line.ts";
import { makeSshKey, type SshKey } from "../pool/ssh.ts";
import { foundIn, stateFiles } from "../pool/state-files.ts";
import { knockAtVnc, VNC_SECURITY } from "../pool/vnc.ts";
import { eventually } from "../pool/wait.ts";
import { type GuestOutputs, type GuestStack, makeGuestStack } from "./stack.ts";

const NAME = "console";

describe("a Debian that its owner looks at", () => {
  let world: GuestStack;
  let key: SshKey;
  let machine: GuestOutputs;

  /** `condor-cloud instance ssh`, with a folder for host keys of this test's own. */
  const ssh = (...words: string[]) =>
    condorCloud(["instance", "ssh", NAME, "--identity", key.file, ...words], { XDG_STATE_HOME: world.folder });

  /** Has the guest write on its serial console. */
  async function write(words: string): Promise<void> {
    expect(await ssh("--", `echo ${words} | sudo tee /dev/ttyS0`)).toMatchObject({ exitCode: 0 });
  }

  beforeAll(async () => {
    world = await makeGuestStack("console");
    key = await makeSshKey(world.folder);
    const debian = { image: inject("debianImage"), profile: { memoryMiB: 512, vcpus: 1 }, timeoutSeconds: 1100 };
    await world.declare({ [NAME]: { ...debian, sshAuthorizedKeys: [key.publicKey], waitFor: "cloud-init" } });
    await world.stack.up();
    machine = await world.machine(NAME);
  });
  afterAll(() => world.dispose());

  test("is ready when its cloud-init is done", () => {
    expect(machine).toMatchObject({ state: "running", ready: true });
  });

  test("has a VNC console that lets in the password of the outputs, and no other", async () => {
    expect(machine.vncPassword).toMatch(/^\S{8}$/);
    const answer = await knockAtVnc(machine.vncAddress, machine.vncPassword);
    expect(answer).toEqual({ securityTypes: [VNC_SECURITY.password], accepted: true });
    expect(await knockAtVnc(machine.vncAddress, "password")).toMatchObject({ accepted: false });
  });

  test("keeps the password over a refresh, and has it nowhere in the state in plain text", async () => {
    await world.stack.refresh();
    expect((await world.stack.up()).summary.resourceChanges).not.toHaveProperty("update");
    expect(await world.machine(NAME)).toMatchObject({ id: machine.id, vncPassword: machine.vncPassword });
    expect(foundIn(await stateFiles(), [machine.vncPassword])).toEqual([]);
  });

  test("is found by the command that says where its screen is", async () => {
    const { stdout } = await condorCloud(["instance", "console", NAME, "--json"]);
    const { id, vncAddress, host } = machine;
    expect(JSON.parse(stdout)).toMatchObject({ id, name: NAME, host, vncAddress, loopback: false, hasPassword: true });
  });

  test("runs a command by `instance ssh`, which exits as the command does", async () => {
    expect(await ssh("--wait", "--", "hostname; exit 7")).toMatchObject({ exitCode: 7, stdout: NAME });
    expect(await ssh("--", "-o", "LogLevel=ERROR", "cat", "/run/cloud-init/result.json")).toMatchObject({
      exitCode: 0,
    });
    const alias = hostKeyAliasOf(machine.id, machine.starts);
    const file = `${world.folder}/condor-cloud/known_hosts`;
    expect((await execa("ssh-keygen", ["-F", alias, "-f", file])).stdout).toContain(`Host ${alias} found`);
  });

  test("is told to ssh by options that ssh reads as they are meant", async () => {
    const words = [...option("UserKnownHostsFile", "/a b/100%h"), ...option("HostKeyAlias", "an-alias")];
    const { stdout } = await execa("ssh", ["-G", "-F", "none", ...words, "10.0.0.7"]);
    expect(stdout).toMatch(/^userknownhostsfile \/a b\/100%%?h$/m);
    expect(stdout).toMatch(/^hostkeyalias an-alias$/m);
  });

  test("shows the end of its serial console", async () => {
    await write("MARK-ONE");
    const tail = () => condorCloud(["console", "log", NAME, "--tail", "5"]).then(({ stdout }) => stdout);
    const shown = await eventually("the mark on the console", tail, (text) => text.includes("MARK-ONE"));
    expect(shown.split("\n").length).toBeLessThanOrEqual(5);
    const whole = await condorCloud(["console", "log", NAME]);
    expect(whole.stdout).toMatch(/cloud-init[\s\S]*MARK-ONE/i);
    expect(whole.stdout).not.toContain("\u001b");
  });

  test("is followed until Ctrl-C", async () => {
    const following = condorCloud(["console", "log", NAME, "--tail", "1", "--follow"]);
    let shown = "";
    following.stdout?.on("data", (text) => {
      shown += String(text);
    });
    await eventually(
      "the log to begin",
      async () => shown,
      (text) => text !== "",
    );
    await write("MARK-TWO");
    await eventually(
      "what is written now",
      async () => shown,
      (text) => text.includes("MARK-TWO"),
    );
    await write("MARK-THREE");
    await eventually(
      "what is written then",
      async () => shown,
      (text) => text.includes("MARK-THREE"),
    );
    following.kill("SIGINT");
    expect((await following).exitCode).toBe(130);
    expect(shown.match(/MARK-TWO/g)).toHaveLength(1);
  });

  test("is followed to its end", async () => {
    const following = condorCloud(["console", "log", NAME, "--tail", "1", "--follow"]);
    // The connection may be gone before ssh hears of the command's end.
    await ssh("--", "sudo", "poweroff");
    const { exitCode, stderr } = await following;
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("has ended") });
  });
});
