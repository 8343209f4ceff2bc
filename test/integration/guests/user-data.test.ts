import type { EngineEvent, OpType } from "@pulumi/pulumi/automation/index.js";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { decodeSeed } from "../../../contract/seed.ts";
import { condor, queue } from "../pool/queue.ts";
import { makeSshKey, type SshKey, ssh } from "../pool/ssh.ts";
import { ENCRYPTED, foundIn, stateFiles } from "../pool/state-files.ts";
import { declareWithSecrets, recordedIn } from "./secrets.ts";
import { type GuestOutputs, type GuestStack, makeGuestStack } from "./stack.ts";

const SMALL = { memoryMiB: 128, vcpus: 1 };
const PASSWORD = "correct-horse-battery-staple";
const TOKEN = "glpat-of-the-meta-data";

/** What a plan or a run says of one machine. */
interface Said {
  readonly warnings: string[];
  readonly notes: string[];
  readonly operations: OpType[];
}

/** Gathers what the engine says of machines. */
function listen(): { said: Said; onEvent: (event: EngineEvent) => void } {
  const said: Said = { warnings: [], notes: [], operations: [] };
  const onEvent = ({ diagnosticEvent, resourcePreEvent }: EngineEvent) => {
    if (resourcePreEvent?.metadata.type.endsWith("condor:Instance")) said.operations.push(resourcePreEvent.metadata.op);
    if (diagnosticEvent === undefined || diagnosticEvent.ephemeral) return;
    if (diagnosticEvent.severity === "warning") said.warnings.push(diagnosticEvent.message);
    if (diagnosticEvent.severity === "info") said.notes.push(diagnosticEvent.message);
  };
  return { said, onEvent };
}

describe("a guest that is told who it is", () => {
  let world: GuestStack;
  let key: SshKey;
  let first: GuestOutputs;
  let output = "";
  let told: Record<string, unknown>;

  /** Previews the machine with other arguments. */
  async function preview(change: Record<string, unknown>): Promise<Said> {
    await declareWithSecrets(world, { told: { ...told, ...change } });
    const { said, onEvent } = listen();
    await world.stack.preview({ onEvent });
    return said;
  }

  /** Does what the last preview said. */
  async function up(): Promise<Said> {
    const { said, onEvent } = listen();
    await world.stack.up({ onEvent });
    return said;
  }

  beforeAll(async () => {
    world = await makeGuestStack("user-data");
    key = await makeSshKey(world.folder);
    told = {
      image: inject("debianImage"),
      profile: { memoryMiB: 512, vcpus: 1, diskGiB: 3 },
      sshAuthorizedKeys: [{ secret: `${key.publicKey}\n` }],
      hostname: "told.example.org",
      userData: {
        write_files: [{ path: "/etc/told", content: { secret: PASSWORD } }],
        manage_etc_hosts: true,
        runcmd: [["sh", "-c", "cp /etc/told /run/ran"]],
      },
      metaData: { token: { secret: TOKEN } },
      waitFor: { tcpPort: 22 },
    };
    await declareWithSecrets(world, { told });
    const { stdout, stderr } = await world.stack.up({ debug: true });
    // Pulumi's own SDK shows the engine's answers there whole, with every secret of every provider.
    output = (stdout + stderr).replace(/^.*\bRPC finished: .*$/gm, "");
    first = await world.machine("told");
  });
  afterAll(() => world.dispose());

  test("lets its owner's key in, has its name, ran its user data, and has grown to its disk", async () => {
    const said = await ssh(
      first.ipAddress,
      key,
      "cloud-init status --wait >&2; hostname; hostname -f; sudo cat /run/ran; echo; df --output=size -m / | tail -1",
    );
    const [name, fullName, ran, mebibytes] = said.split("\n");
    expect([name, fullName, ran]).toEqual(["told", "told.example.org", PASSWORD]);
    expect(Number(mebibytes)).toBeGreaterThan(2600);
  });

  test("has secrets that stand in plain text neither in the state nor in what our part of `pulumi up --debug` shows", async () => {
    const [job] = JSON.parse(await condor("condor_q", "-json", first.jobId));
    const [, publicKey = ""] = key.publicKey.split(" ");
    expect(foundIn(await stateFiles(), [PASSWORD, TOKEN, publicKey])).toEqual([]);
    const { outputs } = await recordedIn(world, "told");
    expect(outputs).toMatchObject({ consoleKey: ENCRYPTED, vncPassword: ENCRYPTED, hostname: "told.example.org" });
    expect(output).toContain("condor_submit");
    expect(foundIn(output, [PASSWORD, TOKEN, job.CloudSeed])).toEqual([]);
    // Whoever may ask the queue can read it, and docs/guests.md says so.
    expect(JSON.stringify(decodeSeed(job.CloudSeed))).toContain(PASSWORD);
  });

  test("keeps its machine, told what it was, where a change of that is to be ignored; it is said once", async () => {
    const change = { onUserDataChange: "ignore", userData: "#!/bin/sh\necho other\n", labels: { role: "a" } };
    const planned = await preview(change);
    expect(planned).toMatchObject({ operations: ["update"], warnings: [] });
    expect(planned.notes).toEqual([expect.stringMatching(/keeps what its guest was told .*: userData changed/)]);
    await up();
    expect(await world.machine("told")).toMatchObject({
      id: first.id,
      labels: { role: "a" },
      userData: first.userData,
    });
    expect(foundIn(await stateFiles(), [PASSWORD])).toEqual([]);

    expect(await preview(change)).toEqual({ operations: ["same"], warnings: [], notes: [] });
    const again = { ...change, hostname: "other" };
    expect(await preview(again)).toMatchObject({
      operations: ["same"],
      notes: [expect.stringMatching(/: hostname changed/)],
    });
    await up();
    expect(await preview(again)).toMatchObject({ operations: ["same"], notes: [] });
    await world.stack.refresh({ expectNoChanges: true });
    expect(await preview(again)).toMatchObject({ operations: ["same"], warnings: [] });
    expect(await world.machine("told")).toMatchObject({ id: first.id, hostname: "told.example.org" });
  });

  test("is another machine with the same MAC address where a change counts; the plan says so, once", async () => {
    const planned = await preview({ userData: "#!/bin/sh\necho other\n", waitFor: "running" });
    expect(planned.operations).toContain("replace");
    expect(planned.warnings).toEqual([
      expect.stringMatching(/new machine is made, because a guest reads userData only/),
    ]);
    await up();
    const second = await world.machine("told");
    expect(second.id).not.toBe(first.id);
    expect(second).toMatchObject({ macAddress: first.macAddress, userData: "#!/bin/sh\necho other\n" });
  });
});

describe("what cannot work", () => {
  let world: GuestStack;

  beforeAll(async () => {
    world = await makeGuestStack("untold");
  });
  afterAll(() => world.dispose());

  test.each<[string, Record<string, unknown>, RegExp]>([
    [
      "YAML that is none",
      { userData: { secret: `#cloud-config\na: [${PASSWORD}\n` } },
      /userData[\s\S]*is no YAML: .* at line 3, column 1/,
    ],
    [
      "a #cloud-config that is no mapping",
      { userData: "#cloud-config\n- a\n" },
      /userData[\s\S]*is a list, and must be a mapping/,
    ],
    [
      "a key that is none",
      { sshAuthorizedKeys: [{ secret: PASSWORD }] },
      /sshAuthorizedKeys[\s\S]*0 a text of 28 characters: must be an OpenSSH/,
    ],
    [
      "more than a job carries",
      { metaData: { all: noise() } },
      /metaData[\s\S]*takes \d{5,6} bytes, .* may take 65536/,
    ],
  ])("fails in the preview, with the reason and without the value: %s", async (_name, change, reason) => {
    await declareWithSecrets(world, { web: { image: inject("smallImage"), profile: SMALL, ...change } });
    const failure = await world.stack.preview().then(
      () => "the preview succeeded",
      (error: unknown) => String(error),
    );
    expect(failure).toMatch(reason);
    expect(foundIn(failure, [PASSWORD])).toEqual([]);
  });

  test("leaves no secret in the state either, where the creation failed after the job was there", async () => {
    const userData = { secret: `#!/bin/sh\necho ${PASSWORD}\n` };
    // Nothing listens there.
    const args = { image: inject("smallImage"), profile: SMALL, userData, waitFor: { tcpPort: 9 }, timeoutSeconds: 3 };
    await declareWithSecrets(world, { web: { ...args, metaData: { token: { secret: TOKEN } } } });
    const failure = await world.stack.up({ debug: true }).then(
      () => "the creation succeeded",
      (error: unknown) => String(error),
    );
    expect(failure).toMatch(/Timed out after 3 s/);
    expect(foundIn(failure, [PASSWORD, TOKEN])).toEqual([]);
    expect((await queue()).filter((job) => job.CloudName === "web")).toHaveLength(1);
    const web = await recordedIn(world, "web");
    expect(web).toMatchObject({ id: expect.stringContaining("#"), initErrors: [expect.stringMatching(/Timed out/)] });
    expect(web.outputs).toMatchObject({ userData: ENCRYPTED, consoleKey: ENCRYPTED });
    expect(foundIn(await stateFiles(), [PASSWORD, TOKEN])).toEqual([]);
  });
});

/** Some 100 kB that do not compress well. */
function noise(): string {
  return Array.from({ length: 30_000 }, (_, index) => ((index * 2_654_435_761) % 2 ** 32).toString(36)).join("");
}
