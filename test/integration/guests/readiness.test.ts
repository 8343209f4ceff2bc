import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { condorCloud } from "../pool/command-line.ts";
import { reserveOnLan } from "../pool/dhcp.ts";
import { eventually } from "../pool/wait.ts";
import { type GuestStack, makeGuestStack } from "./stack.ts";
import { recorded, upSaying } from "./state.ts";

/** An emulated Debian boots in half a minute; beside others, on a busy machine, it has taken eight. */
const DEBIAN_SECONDS = 1100;

const MAC_ADDRESS = "02:00:00:00:fb:01";

/** What the small guest writes whenever it asks for an address. */
const ASKS = "udhcpc: broadcasting discover";

describe("a guest that gets no address", () => {
  let world: GuestStack;

  const silent = {
    image: inject("smallImage"),
    profile: { memoryMiB: 128, vcpus: 1 },
    network: "lan",
    macAddress: MAC_ADDRESS,
    timeoutSeconds: 30,
  };

  beforeAll(async () => {
    // dnsmasq(8), --dhcp-host: nothing that this address asks is answered.
    await reserveOnLan({ [MAC_ADDRESS]: "ignore" });
    world = await makeGuestStack("silent");
  });
  afterAll(async () => {
    await world.dispose();
    await reserveOnLan({});
  });

  test("fails its `up` with the wait, the deadline and the interface, and is in the state", async () => {
    await world.declare({ silent });
    const { output, failed } = await upSaying(world);
    expect(failed, output).toBe(true);
    expect(output).toMatch(
      /Timed out after 30 s while job \d+\.\d+ was running on exec\d[^,]*, waiting for an address\.\s+Until 20\S+Z its interface main \(02:00:00:00:fb:01\) on the network lan had no address/,
    );
    expect(await recorded(world, "silent")).toMatchObject({
      outputs: { state: "running", ready: false, ipAddress: "" },
      initErrors: [expect.stringContaining("interface main")],
    });
  });

  test("is waited for again by the next `up`, which shows the end of its console", async () => {
    const before = await recorded(world, "silent");
    const read = () => condorCloud(["console", "log", "silent"]).then(({ stdout, stderr }) => `${stdout}\n${stderr}`);
    await eventually("the console of the silent guest", read, (text) => text.includes(ASKS));
    const { output, failed } = await upSaying(world);
    expect(failed, output).toBe(true);
    expect(output).toMatch(
      /The end of its serial console:\n(?: +\| .*\n)* +\| udhcpc: broadcasting discover( \(\d+ times\))?\n/,
    );
    expect(output).toContain("condor-cloud console log");
    expect((await recorded(world, "silent"))?.id).toBe(before?.id);
  });

  test("is ready for whoever needs no address, without another machine", async () => {
    const before = await recorded(world, "silent");
    await world.declare({ silent: { ...silent, waitFor: "running" } });
    await world.stack.up();
    expect(await world.machine("silent")).toMatchObject({ id: before?.id, ready: true, ipAddress: "" });
  });
});

describe("a guest whose cloud-init fails", () => {
  let world: GuestStack;

  const failing = {
    image: inject("debianImage"),
    profile: { memoryMiB: 512, vcpus: 1 },
    userData: '#cloud-config\nruncmd:\n  - [sh, -c, "echo this cannot go well; exit 7"]\n',
    waitFor: "cloud-init" as const,
    timeoutSeconds: DEBIAN_SECONDS,
  };

  beforeAll(async () => {
    world = await makeGuestStack("failing");
  });
  afterAll(() => world.dispose());

  test("ends its `up` long before the timeout, in cloud-init's words, and is in the state", async () => {
    await world.declare({ failing });
    const { output, failed } = await upSaying(world);
    expect(failed, output).toBe(true);
    expect(output).toMatch(/cloud-init failed in the guest of job \d+\.\d+ on exec\d[^,]*, which runs on as it is\./);
    expect(output).toMatch(/cloud-init: .*runcmd/);
    expect(output).toContain("The end of its serial console:");
    expect(output).toContain("pulumi up --replace 'urn:pulumi:failing::");
    expect(await recorded(world, "failing")).toMatchObject({ outputs: { state: "running", ready: false } });
  }, 1_200_000);

  test("ends the next `up` at once, and is the same machine", async () => {
    const before = await recorded(world, "failing");
    const { output, failed } = await upSaying(world);
    expect(failed, output).toBe(true);
    expect(output).toContain("cloud-init failed in the guest");
    expect((await recorded(world, "failing"))?.id).toBe(before?.id);
  });

  test("is ready for whoever asks for its guest agent alone, also after a refresh", async () => {
    await world.declare({ failing: { ...failing, waitFor: "guest-agent" } });
    await world.stack.up();
    expect(await world.machine("failing")).toMatchObject({ state: "running", ready: true });
    await world.stack.refresh();
    expect(await recorded(world, "failing")).toMatchObject({ outputs: { ready: true } });
  });
});
