import { type Command, CommanderError, InvalidArgumentError } from "commander";
import { describe, expect, test } from "vitest";
import { nameOf } from "../../../cli/image/add.ts";
import { machineName, parseWaitFor } from "../../../cli/instance/launch-inputs.ts";
import { addLabel, parseCount, refuse } from "../../../cli/options.ts";
import { condorCloud } from "../../../cli/program.ts";
import { parseWatch } from "../../../cli/watch.ts";
import { InvalidInputError } from "../../../provider/errors.ts";

describe("a label on the command line", () => {
  test("is a key and whatever text stands behind the first =", () => {
    expect(addLabel("team=shop")).toEqual({ team: "shop" });
    expect(addLabel("url=http://a?b=c", { team: "shop" })).toEqual({ team: "shop", url: "http://a?b=c" });
    expect(addLabel("team=", { team: "shop" })).toEqual({ team: "" });
  });

  test.each(["team", "", "=shop", "a b=c", "-a=b", "a\n=b", `${"a".repeat(64)}=b`])("is none: %j", (text) => {
    expect(() => addLabel(text)).toThrow(InvalidArgumentError);
  });

  test("of a name that JavaScript's objects have is one like any other", () => {
    expect(addLabel("constructor=x")).toEqual({ constructor: "x" });
    expect(() => addLabel("__proto__=x")).toThrow(InvalidArgumentError);
  });
});

test.each(["0", "-1", "1.5", "1e3", "0x10", "", " 1", "12MiB", "9".repeat(10)])("no count: %j", (text) => {
  expect(() => parseCount(text)).toThrow(InvalidArgumentError);
});

test("a count is a whole number from 1 on", () => {
  expect(parseCount("1024")).toBe(1024);
});

test("what is waited for is a word or a TCP port", () => {
  expect(parseWaitFor("running")).toBe("running");
  expect(parseWaitFor("cloud-init")).toBe("cloud-init");
  expect(parseWaitFor("tcp:22")).toEqual({ tcpPort: 22 });
  for (const text of ["tcp:0", "tcp:65536", "tcp:", "22", "boot", ""]) {
    expect(() => parseWaitFor(text)).toThrow(/submitted, running, address, .*tcp:PORT/);
  }
});

test("seconds between two looks are some, and not none", () => {
  expect(parseWatch("0.5")).toBe(0.5);
  for (const text of ["0", "-1", "", "NaN", "Infinity", "1e9", "4000", "."]) expect(() => parseWatch(text)).toThrow();
});

test("an image is called as its file, a machine as its image", () => {
  expect(nameOf("/srv/Debian-13.qcow2")).toBe("debian-13");
  expect(nameOf("images/")).toBe("images");
  expect(machineName("debian_13.2")).toBe("debian-13-2");
  expect(machineName(`debian-13@sha256:${"a".repeat(64)}`)).toBe("debian-13");
  expect(machineName(`${"a".repeat(62)}.b`)).toBe("a".repeat(62));
});

test("what a check refuses is told by the names that the command line has for it", () => {
  const failures = [
    { property: "machineType", reason: '"x": must be q35 or pc' },
    { property: "labels", reason: "too large" },
  ];
  expect(() => refuse("It was not added.", failures, { labels: "--label" })).toThrow(
    new InvalidInputError({
      what: "It was not added.",
      why: '--machine-type: "x": must be q35 or pc\n  --label: too large',
    }),
  );
  expect(() => refuse("It was not added.", [])).not.toThrow();
});

describe("a command line that cannot be read", () => {
  /** What commander makes of it, without ending this process. */
  async function parsed(...words: string[]): Promise<unknown> {
    const program = quiet(condorCloud());
    return await program.parseAsync(words, { from: "user" }).catch((error: unknown) => error);
  }

  test.each([
    [["image", "add"], "commander.missingArgument"],
    [["image", "list", "--jsn"], "commander.unknownOption"],
    [["image", "frobnicate"], "commander.unknownCommand"],
    [["image", "add", "disk.qcow2", "--firmware", "efi"], "commander.invalidArgument"],
    [["image", "add", "disk.qcow2", "--label", "nope"], "commander.invalidArgument"],
    [["instance", "launch", "debian", "--memory", "1g"], "commander.invalidArgument"],
    [["instance", "launch", "debian", "--wait-for", "ever"], "commander.invalidArgument"],
    [["instance", "renew", "web", "--for", "ever"], "commander.invalidArgument"],
    [["instance", "list", "--watch", "often"], "commander.invalidArgument"],
  ])("%j is refused before anything is asked", async (words, code) => {
    const error = await parsed(...words);
    expect(error).toBeInstanceOf(CommanderError);
    expect(error).toMatchObject({ code });
  });
});

function quiet(command: Command): Command {
  command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
  for (const subcommand of command.commands) quiet(subcommand);
  return command;
}
