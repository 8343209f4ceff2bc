import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { Domains } from "../../../execute-node/agent/domains.ts";
import { METADATA_NAMESPACE } from "../../../execute-node/domain/domain-xml.ts";

/** The XML of a domain of ours, as libvirt lays it out. */
function xmlOf(name: string, console = "port='5900' listen='::1'"): string {
  return `<domain type='qemu'>
  <name>${name}</name>
  <metadata>
    <cloud:instance xmlns:cloud="${METADATA_NAMESPACE}" globalJobId="ap#1.0#1764000000"/>
  </metadata>
  <devices>
    <graphics type='vnc' ${console}/>
  </devices>
</domain>
`;
}

/** A `virsh` that answers this to whatever it is asked. @returns the command lines that it was called with */
async function virshThatSays(text: string): Promise<() => Promise<string[]>> {
  const folder = await mkdtemp(join(tmpdir(), "domains-test-"));
  await writeFile(join(folder, "answer"), text);
  const script = `#!/bin/sh\nprintf '%s|' "$@" >> ${folder}/asked\necho >> ${folder}/asked\ncat ${folder}/answer\n`;
  await writeFile(join(folder, "virsh"), script, { mode: 0o755 });
  await writeFile(join(folder, "asked"), "");
  vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });
  return async () => (await readFile(join(folder, "asked"), "utf8")).split("\n").slice(0, -1);
}

describe("domains", () => {
  test("are read with one command, and no more until something happens to them", async () => {
    const asked = await virshThatSays(`${xmlOf("one")}\n${xmlOf("two")}\n`);
    const domains = new Domains();
    await domains.read(["one", "two"]);
    await domains.read(["one", "two"]);
    domains.note({ domain: "one", what: "Resumed Unpaused" });
    domains.note({ domain: "one", what: "Started Booted" });
    await domains.read(["one", "two"]);
    expect(await domains.of("two")).toMatchObject({ globalJobId: "ap#1.0#1764000000", vncAddress: "[::1]:5900" });
    expect(await asked()).toEqual(["-q|-c|qemu:///system|dumpxml --domain one; dumpxml --domain two; echo|"]);
  });

  test("are read again after an end, a change of the guest agent, and missed events", async () => {
    const asked = await virshThatSays(`${xmlOf("one")}\n${xmlOf("two")}\n`);
    const domains = new Domains();
    await domains.read(["one", "two"]);
    domains.note({ domain: "one", what: "Stopped Destroyed" });
    await domains.read(["one", "two"]);
    domains.note({ domain: "two", what: "state: 'connected' reason: 'channel event'" });
    await domains.read(["one", "two"]);
    domains.note(undefined);
    await domains.read(["one", "two"]);
    domains.keep(new Map([["two", "running"]]));
    await domains.read(["one", "two"]);
    const lines = (await asked()).map((line) => line.replaceAll(/^.*?dumpxml|dumpxml|--domain|echo\|$|[ ;]/g, ""));
    expect(lines).toEqual(["onetwo", "one", "two", "onetwo", "one"]);
  });

  test("whose console has no port yet are read again", async () => {
    const asked = await virshThatSays(xmlOf("one", ""));
    const domains = new Domains();
    await domains.read(["one"]);
    await domains.read(["one"]);
    expect(await asked()).toHaveLength(2);
  });

  test("that libvirt does not describe with the others are asked for alone", async () => {
    const asked = await virshThatSays(xmlOf("one"));
    const domains = new Domains();
    await domains.read(["one", "gone"]);
    await domains.of("gone");
    expect(await asked()).toHaveLength(2);
  });

  test.each(["a; destroy --domain b", "a b", "-a", "a'b", 'a"b', "a\nb", "a\\b", "a;b", ""])(
    "a name that would end its command, or the line, is never in a line with others: %j",
    async (name) => {
      const asked = await virshThatSays(xmlOf("one"));
      await new Domains().read([name, "one"]);
      expect(await asked()).toEqual(["-q|-c|qemu:///system|dumpxml --domain one; echo|"]);
    },
  );

  test("run from the moment at which libvirt says so, whatever an earlier list says", () => {
    const clock = vi.spyOn(performance, "now").mockReturnValue(100);
    onTestFinished(() => clock.mockRestore());
    const domains = new Domains();
    expect(domains.latest("one", "paused", 0)).toBe("paused");
    domains.note({ domain: "one", what: "Resumed Unpaused" });
    domains.note({ domain: "one", what: "Started Booted" });
    expect(domains.latest("one", "paused", 50)).toBe("running");
    expect(domains.latest("two", "paused", 50)).toBe("paused");
    // Listed later: somebody paused it again.
    expect(domains.latest("one", "paused", 150)).toBe("paused");
    domains.note({ domain: "one", what: "Suspended Paused" });
    expect(domains.latest("one", "paused", 50)).toBe("paused");
    expect(domains.latest("one", "stopped", 50)).toBe("stopped");
  });
});
