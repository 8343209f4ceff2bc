import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { askGuest, GuestRefusedError, readGuestFile, sightingsOf } from "../../../execute-node/agent/guest-agent.ts";

/** A `virsh` that writes down what it is asked and runs these lines of a shell, with the command in `$command`. */
async function virshThat(lines: string): Promise<() => Promise<string[]>> {
  const folder = await mkdtemp(join(tmpdir(), "guest-agent-test-"));
  const script = `#!/bin/sh
for command; do :; done
printf '%s\\n' "$command" >> ${folder}/asked
${lines}
`;
  await writeFile(join(folder, "virsh"), script, { mode: 0o755 });
  vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });
  return async () => (await readFile(join(folder, "asked"), "utf8")).trim().split("\n");
}

const REFUSES = (what: string) =>
  `echo "error: guest agent command failed: unable to execute QEMU agent command ${what}" >&2; exit 1`;

test("a command travels to the guest agent as one argument, whatever is in it", async () => {
  const asked = await virshThat(`echo '{"return":7}'`);
  const path = `/a'b"c $(d);e`;
  expect(await askGuest("x", { execute: "guest-file-open", arguments: { path } }, z.int())).toBe(7);
  expect((await asked()).map((line) => JSON.parse(line))).toEqual([
    { execute: "guest-file-open", arguments: { path } },
  ]);
});

test("a guest agent that says no is told from one that does not answer", async () => {
  await virshThat(REFUSES("'guest-nonsense': The command guest-nonsense has not been found"));
  const ping = () => askGuest("x", { execute: "guest-nonsense" }, z.unknown());
  await expect(ping()).rejects.toThrow(GuestRefusedError);
  await expect(ping()).rejects.toThrow("'guest-nonsense': The command guest-nonsense has not been found");
  await virshThat(`echo "error: Guest agent is not responding: QEMU guest agent is not connected" >&2; exit 1`);
  await expect(ping()).rejects.toThrow("not connected");
  await expect(ping()).rejects.not.toThrow(GuestRefusedError);
});

test("what a guest agent says that is no answer is an error, and one without end is cut off", async () => {
  const ping = () => askGuest("x", { execute: "guest-ping" }, z.int());
  for (const said of ["", "nonsense", "{}", '{"return":"7"}', '{"return":{}}', "[7]"]) {
    await virshThat(`cat <<'END'\n${said}\nEND`);
    await expect(ping()).rejects.toThrow();
  }
  await virshThat("yes");
  await expect(ping()).rejects.toThrow();
});

test("a file is opened, read to a bound and closed", async () => {
  const content = Buffer.from('{"v1": {}}').toString("base64");
  const asked = await virshThat(`case "$command" in
*guest-file-open*) echo '{"return":1000}' ;;
*guest-file-read*) echo '{"return":{"count":10,"buf-b64":"${content}","eof":true}}' ;;
*) echo '{"return":{}}' ;;
esac`);
  expect(await readGuestFile("x", "/run/a")).toBe('{"v1": {}}');
  expect((await asked()).map((line) => JSON.parse(line))).toEqual([
    { execute: "guest-file-open", arguments: { path: "/run/a", mode: "r" } },
    { execute: "guest-file-read", arguments: { handle: 1000, count: 65536 } },
    { execute: "guest-file-close", arguments: { handle: 1000 } },
  ]);
});

test("a file whose reading fails is closed", async () => {
  const asked = await virshThat(`case "$command" in
*guest-file-open*) echo '{"return":1000}' ;;
*guest-file-read*) ${REFUSES("'guest-file-read': failed to read file")} ;;
*) echo '{"return":{}}' ;;
esac`);
  await expect(readGuestFile("x", "/run/a")).rejects.toThrow("failed to read file");
  expect((await asked()).at(-1)).toContain("guest-file-close");
});

test("a file that is not there is none; one that the guest agent may not open is a refusal", async () => {
  const failed = "'guest-file-open': failed to open file '/run/a' (mode: 'r')";
  await virshThat(REFUSES(`${failed}: No such file or directory`));
  expect(await readGuestFile("x", "/run/a")).toBeUndefined();
  await virshThat(REFUSES("'guest-file-open': Command guest-file-open has been disabled"));
  await expect(readGuestFile("x", "/run/a")).rejects.toThrow(GuestRefusedError);
});

test("a guest's addresses are sorted by MAC address; what is none is left out", () => {
  const of = (mac: string | undefined, ...addresses: string[]) => ({
    ...(mac === undefined ? {} : { "hardware-address": mac }),
    "ip-addresses": addresses.map((address) => ({ "ip-address": address })),
  });
  const found = sightingsOf([
    of("00:00:00:00:00:00", "127.0.0.1"),
    of(undefined, "10.0.0.1"),
    of("../../etc/passwd", "10.0.0.2"),
    of("02:00:00:00:00:0A", "10.0.0.3", "fe80::1"),
    { "hardware-address": "02:00:00:00:00:0b" },
    of("02:00:00:00:00:0a", "fd00::3"),
  ]);
  expect(found.get("02:00:00:00:00:0a")?.map(({ ipAddress }) => ipAddress)).toEqual(["10.0.0.3", "fe80::1", "fd00::3"]);
  expect(found.get("02:00:00:00:00:0b")).toEqual([]);
  expect([...found.keys()].filter((mac) => !/^[0-9a-f:]{17}$/.test(mac))).toEqual([]);
  const many = sightingsOf([
    of("02:00:00:00:00:0a", ...Array(5000).fill("10.0.0.3")),
    of("02:00:00:00:00:0b", "10.0.0.4"),
  ]);
  expect(many.get("02:00:00:00:00:0a")).toHaveLength(1024);
  expect(many.get("02:00:00:00:00:0b")).toEqual([]);
});
