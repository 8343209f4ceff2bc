import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { domainCapabilities, parseDomainStates } from "../../../execute-node/agent/libvirt.ts";

test("domain states are read from virsh domstats", () => {
  const output = [
    "Domain: 'cloud_pool.test_1.0'",
    "  state.state=1",
    "  state.reason=1",
    "",
    "Domain: 'it's mine'",
    "  state.state=3",
    "  state.reason=1",
    "Domain: 'off'",
    "  state.state=5",
  ].join("\n");
  expect([...parseDomainStates(output)]).toEqual([
    ["cloud_pool.test_1.0", "running"],
    ["it's mine", "paused"],
    ["off", "stopped"],
  ]);
  expect(parseDomainStates("").size).toBe(0);
});

/** A `virsh` whose `domcapabilities` fails the first times. */
async function virshThatFails(times: number): Promise<() => Promise<string>> {
  const folder = await mkdtemp(join(tmpdir(), "virsh-test-"));
  const script = `#!/bin/sh
case "$*" in *domcapabilities*) ;; *) exit 0 ;; esac
echo asked >> ${folder}/asked
[ "$(wc -l < ${folder}/asked)" -gt ${times} ] && echo yes
`;
  await writeFile(join(folder, "virsh"), script, { mode: 0o755 });
  vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });
  return () => readFile(join(folder, "asked"), "utf8");
}

test("libvirt's first no is asked again, its second believed", async () => {
  await virshThatFails(1);
  expect(await domainCapabilities([], (answer) => answer)).toBe("yes");
  const asked = await virshThatFails(2);
  expect(await domainCapabilities([], (answer) => answer)).toBeUndefined();
  expect(await asked()).toBe("asked\nasked\n");
});
