import { describe, expect, test } from "vitest";
import { hostKeyAliasOf, option, sshWords } from "../../../cli/instance/ssh-words.ts";

const ID = "ap.example#12.0#1795562971";
const CALL = {
  ...{ address: "10.0.0.7", port: 22, user: "debian", hostKeyAlias: hostKeyAliasOf(ID, 1) },
  ...{ knownHosts: "/home/a b/known_hosts", rest: ["uptime"] },
};

describe("the words of ssh", () => {
  test("remember the host key by the machine, take a new machine's, and end with what the user said", () => {
    expect(sshWords(CALL)).toEqual([
      ...["-o", 'HostKeyAlias="condor-cloud-ap.example_12.0_1795562971-1"'],
      ...["-o", 'UserKnownHostsFile="/home/a b/known_hosts"'],
      ...["-o", 'StrictHostKeyChecking="accept-new"'],
      ...["-p", "22", "-l", "debian", "10.0.0.7", "uptime"],
    ]);
  });

  test("offer the named key alone", () => {
    const words = sshWords({ ...CALL, identity: "/keys/100%" });
    expect(words).toEqual(expect.arrayContaining(['IdentityFile="/keys/100%%"', 'IdentitiesOnly="yes"']));
  });

  test.each(["-oProxyCommand=touch /tmp/x", "", "10.0.0.7 ", "host", "10.0.0.7\n", "::1%eth0;x"])(
    "are refused for an address that is none: %j",
    (address) => {
      expect(() => sshWords({ ...CALL, address })).toThrow(/must be an IP address/);
    },
  );

  test.each(["-oProxyCommand=x", "a b", "", "root@other", "$(id)", "a\n"])("are refused for the account %j", (user) => {
    expect(() => sshWords({ ...CALL, user })).toThrow(/must be an account's name/);
  });

  test.each(['a" b', "a\\", "a\nProxyCommand x", `$${"{HOME}"}`, "a\u0000"])("have no option with %j", (value) => {
    expect(() => option("UserKnownHostsFile", value)).toThrow(/cannot be handed to ssh/);
  });
});

describe("the name of a host key", () => {
  test("is another for each start of each machine", () => {
    const names = [hostKeyAliasOf(ID, 1), hostKeyAliasOf(ID, 2), hostKeyAliasOf("ap.example#12.0#1795562972", 1)];
    expect(new Set(names).size).toBe(3);
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9._-]+$/);
  });

  test("is none of what is no id", () => {
    expect(() => hostKeyAliasOf("*", 1)).toThrow();
  });
});
