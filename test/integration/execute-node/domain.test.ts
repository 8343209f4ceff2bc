import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { instanceFolderName, MachineRecord } from "../../../execute-node/agent/instance-folders.ts";
import { nodePaths } from "../../../execute-node/configuration.ts";
import { checkImage } from "../../../provider/image/check.ts";
import { createImage } from "../../../provider/image/lifecycle.ts";
import { checkInstance } from "../../../provider/instance/check.ts";
import { createInstance, deleteInstance } from "../../../provider/instance/lifecycle.ts";
import { Operation } from "../../../provider/operation.ts";
import { silentReporter } from "../../../sandbox/actions/action.ts";
import { uefiGuest } from "../../../sandbox/guest/small-guest.ts";
import { runIn } from "../../../sandbox/machine.ts";
import type { Machine } from "../../../sandbox/sandbox.ts";
import { withLogsOf } from "../pool/logs.ts";
import { theContext } from "../pool/machines.ts";
import { theSandbox } from "../pool/nodes.ts";
import { record } from "../pool/results.ts";
import { knockAtVnc, VNC_SECURITY } from "../pool/vnc.ts";
import { eventually } from "../pool/wait.ts";

const URN = "urn:pulumi:test::test::pulumi-nodejs:dynamic/condor";
const paths = nodePaths("/var/lib/condor-cloud");

const Outputs = z.looseObject({ host: z.string(), ipAddress: z.string(), vncAddress: z.string() });

/** As the provider makes it, so that what a user writes is what the domain has. */
async function create(image: Record<string, unknown>, instance: Record<string, unknown>) {
  const context = await theContext();
  const operation = new Operation({ timeoutSeconds: 240 });
  const wantedImage = await checkImage(
    { resourceUrn: `${URN}:Image::uefi`, ...image },
    new Set(),
    context,
    {},
    operation,
  );
  const { outputs } = await createImage(wantedImage.inputs, context, operation);
  const asked = { resourceUrn: `${URN}:Instance::uefi`, image: outputs.reference, ...instance };
  const wanted = await checkInstance(asked, new Set(), context);
  expect([...wantedImage.failures, ...wanted.failures]).toEqual([]);
  const made = await createInstance(wanted.inputs, context, operation);
  return { id: made.id, outputs: Outputs.parse(made.outputs), state: made.outputs };
}

describe("a machine that boots by UEFI, with a watchdog and a larger disk", () => {
  let machine: Awaited<ReturnType<typeof create>>;
  let node: Machine;
  let folder: string;

  beforeAll(async () => {
    const source = await uefiGuest({ reporter: silentReporter });
    const size = { memoryMiB: 160, vcpus: 1, diskGiB: 3 };
    machine = await create({ source, firmware: "uefi" }, { profile: size, watchdog: "reset" });
    const found = (await theSandbox()).executeNodes.find(({ host }) => host === machine.outputs.host);
    if (found === undefined) throw new Error(`${machine.outputs.host} is no node of the sandbox.`);
    node = found;
    folder = `${paths.instances}/${instanceFolderName(machine.id)}`;
  });
  afterAll(async () => {
    if (machine !== undefined) await deleteInstance(machine.id, machine.state, await theContext(), new Operation());
  });

  const consoleText = () => runIn(node, ["cat", `${folder}/console.log`]);

  test("its guest says that UEFI started it, and finds the disk that was asked for", async () => {
    expect(await consoleText()).toContain("GUEST-FIRMWARE uefi");
    const info = await runIn(node, ["qemu-img", "info", "--force-share", "--output=json", `${folder}/disk.qcow2`]);
    expect(JSON.parse(info)).toMatchObject({ format: "qcow2", "virtual-size": 3 * 1024 ** 3 });
    expect(await runIn(node, ["stat", "--format=%s", `${folder}/nvram.fd`])).not.toBe("0");
    expect(await runIn(node, ["find", "/var/lib/libvirt/qemu/nvram", "-type", "f"])).toBe("");
  });

  test("its console is open to nobody without the password, which its node's administrator can read", async () => {
    const { vncPassword } = MachineRecord.parse(JSON.parse(await runIn(node, ["cat", `${folder}/machine.json`])));
    expect(vncPassword).toMatch(/^\S{8}$/);
    const answer = await knockAtVnc(machine.outputs.vncAddress, vncPassword ?? "");
    expect(answer).toEqual({ securityTypes: [VNC_SECURITY.password], accepted: true });
    expect(await knockAtVnc(machine.outputs.vncAddress, "password")).toMatchObject({ accepted: false });
    expect(await runIn(node, ["stat", "--format=%a %U", `${folder}/machine.json`])).toBe("600 condor");
  });

  test("its console's log is bounded while it runs, and what it says then is still heard", async () => {
    await runIn(node, ["sh", "-c", `head -c 3000000 /dev/zero | tr '\\0' x >> ${folder}/console.log`]);
    const bytes = async () => Number(await runIn(node, ["stat", "--format=%s", `${folder}/console.log`]));
    await eventually("the log to be bounded", bytes, (size) => size < 1024 ** 2);
    expect(Number(await runIn(node, ["stat", "--format=%s", `${folder}/console.log.old`]))).toBe(512 * 1024);
  });

  test("a guest that hangs is started anew by its watchdog", async () => {
    await fetch(`http://${machine.outputs.ipAddress}/cgi-bin/hang`, { signal: AbortSignal.timeout(20_000) });
    const hungAt = Date.now();
    const text = await withLogsOf(node, () =>
      eventually("the guest to be up again", consoleText, (said) => /GUEST-HANGS.*GUEST-IP/s.test(said), 240),
    );
    await record({
      tried: "a guest of UEFI that hangs with a watchdog of 5 s",
      happened: "reset, and up with its address",
      secondsToConverge: (Date.now() - hungAt) / 1000,
    });
    expect(text).toContain("GUEST-FIRMWARE uefi");
  });

  test("its console is kept when it is gone, and nothing else", async () => {
    await deleteInstance(machine.id, machine.state, await theContext(), new Operation({ timeoutSeconds: 180 }));
    const kept = `${paths.consoles}/${instanceFolderName(machine.id)}.log`;
    const left = () => runIn(node, ["find", paths.instances, paths.consoles, "-maxdepth", "1"]);
    const isAsWanted = (found: string) => found.includes(kept) && !found.includes(folder);
    await eventually("the folder to go and the console to stay", left, isAsWanted);
    const text = await runIn(node, ["cat", kept]);
    expect(text).toMatch(new RegExp(`^# Serial console of job ${machine.id.replaceAll(".", "\\.")}\n`));
    expect(text).toContain("GUEST-HANGS");
    expect(await runIn(node, ["stat", "--format=%a %U", kept])).toBe("640 condor");
  });
});
