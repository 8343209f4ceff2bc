import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { commandsTold, countCommands, parseCalls, total } from "../../bench/commands.ts";

describe("commands that count their calls", () => {
  let folder: string;

  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), "condor-cloud-count-")), "it's $HOME `x`");
    await mkdir(join(folder, "real"), { recursive: true });
    await script("condor_q", 'cat; printf "%s\\n" "$@"; exit 3');
    await script("condor_rm", "exit 0");
    await script("unrelated", "exit 0");
  });

  afterEach(() => rm(join(folder, ".."), { recursive: true, force: true }));

  async function script(name: string, body: string): Promise<void> {
    await writeFile(join(folder, "real", name), `#!/bin/sh\n${body}\n`);
    await chmod(join(folder, "real", name), 0o755);
  }

  it("hand on arguments, standard input and exit code as they are", async () => {
    const { bin } = await countCommands(folder, join(folder, "real"));
    const parameters = ["-constraint", 'A == "b c" && $HOME', ""];
    const result = await execa(join(bin, "condor_q"), parameters, { input: "in\n", reject: false });
    expect(result.exitCode).toBe(3);
    expect(result.stdout.split("\n")).toEqual(["in", ...parameters]);
  });

  it("tell each call once, also of calls at the same time, and only since they were asked last", async () => {
    const { bin, take } = await countCommands(folder, join(folder, "real"));
    await Promise.all(Array.from({ length: 20 }, () => execa(join(bin, "condor_rm"))));
    await execa(join(bin, "condor_q"), { reject: false, input: "" });
    expect((await take()).commands).toEqual({ condor_rm: 20, condor_q: 1 });
    expect(await take()).toEqual({ commands: {}, calls: [] });
  });

  it("are HTCondor's alone", async () => {
    const { bin } = await countCommands(folder, join(folder, "real"));
    await expect(execa(join(bin, "unrelated"))).rejects.toThrow("ENOENT");
  });

  it("are told in order of their number", () => {
    const { commands, calls } = parseCalls("10.50 condor_submit\n10.61 condor_q\n11.02 condor_q\nnonsense\n");
    expect(calls.map(({ at }) => at)).toEqual([10.5, 10.61, 11.02]);
    expect(commandsTold(commands)).toBe("2 condor_q, 1 condor_submit");
    expect(total(commands)).toBe(3);
  });
});
