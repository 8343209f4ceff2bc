import { describe, expect, test } from "vitest";
import { consoleFacts } from "../../../cli/instance/console.ts";
import { authority, isLoopback, parseVncAddress } from "../../../cli/instance/vnc-address.ts";

describe("a VNC address", () => {
  test.each([
    ["10.0.0.1:5900", { host: "10.0.0.1", port: 5900 }],
    ["exec1.example:5901", { host: "exec1.example", port: 5901 }],
    ["[fd00::1]:5900", { host: "fd00::1", port: 5900 }],
  ])("is read: %s", (text, address) => {
    expect(parseVncAddress(text)).toEqual(address);
    expect(authority(address)).toBe(text);
  });

  test.each([
    ...["-via=x:5900", "--help", "", "host", "host:", "host:0", "host:65536", "host:59000000", "a b:5900"],
    ...["host;x:5900", "[x]:5900", "[10.0.0.1]:5900", "fd00::1:5900", "a..b:5900", "a.-b:5900", "10.0.0.1:5900\n"],
  ])("that is none gets near no command line: %j", (text) => {
    expect(() => parseVncAddress(text)).toThrow(/no host:port/);
  });

  test("is the node's own or not", () => {
    expect(["127.0.0.1", "::1", "localhost"].map(isLoopback)).toEqual([true, true, true]);
    expect(["10.0.0.1", "fd00::1", "127.example"].map(isLoopback)).toEqual([false, false, false]);
  });
});

describe("what is told of a machine's screen", () => {
  const shown = { id: "ap#1.0#1", jobId: "1.0", name: "web", host: "exec1", vncAddress: "10.0.0.1:5900" };

  test("is where it is, and who knows its password", () => {
    const facts = consoleFacts({ ...shown, loopback: false, hasPassword: true });
    expect(facts).toMatch(/^vnc +10\.0\.0\.1:5900$/m);
    expect(facts).toMatch(/^password +`pulumi stack output --show-secrets`.*condor-cloud-node status --show-secrets/m);
    expect(facts).not.toContain("reached by");
  });

  test("is how to reach it where the node alone does", () => {
    const facts = consoleFacts({ ...shown, vncAddress: "127.0.0.1:5900", loopback: true, hasPassword: false });
    expect(facts).toMatch(/^reached by +ssh -L 5900:127\.0\.0\.1:5900 exec1/m);
    expect(facts).toMatch(/^password +none/m);
  });
});
