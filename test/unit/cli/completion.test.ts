import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { addCompletion, filesLike, prepareCompletion } from "../../../cli/completion.ts";
import { condorCloud } from "../../../cli/program.ts";
import { Operation } from "../../../provider/operation.ts";
import { FolderStore } from "../../../provider/store/folder-store.ts";
import { qcow2, temporaryFolder } from "../store/images.ts";

const completion = addCompletion(condorCloud());

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** What a shell is told that the words of a line may go on with; HTCondor's commands are nowhere. */
async function completed(words: readonly string[], store = ""): Promise<string[]> {
  vi.stubEnv("CONDOR_CLOUD_STORE", store);
  vi.stubEnv("PATH", "/nowhere");
  await prepareCompletion(completion, words);
  return printed(() => completion.parse([...words])).slice(0, -1);
}

function printed(work: () => void): string[] {
  const lines: string[] = [];
  const print = vi.spyOn(console, "log").mockImplementation((line) => lines.push(line));
  work();
  print.mockRestore();
  return lines;
}

test("a path goes on with what is in its folder, and folders end with a slash", async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "images"));
  await writeFile(join(folder, "disk.qcow2"), "");
  const all = [
    [join(folder, "disk.qcow2"), ""],
    [`${join(folder, "images")}/`, ""],
  ];
  expect(filesLike(`${folder}/`).sort()).toEqual(all);
  expect(filesLike(join(folder, "di")).sort()).toEqual(all);
});

test("a path without a folder goes on in the working folder, and one that is not there not at all", () => {
  expect(filesLike("pack")).toContainEqual(["package.json", ""]);
  expect(filesLike("./pack").map(([path]) => path)).toContain("./package.json");
  expect(filesLike("/nowhere/at/all")).toEqual([]);
});

test("a shell's line goes on with commands, options, their values, and the names of images", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "disk"), qcow2());
  const description = "of\n\u001b[2J the team";
  const image = { name: "debian", architecture: "x86_64" as const, description, labels: {} };
  await new FolderStore(folder).put(join(folder, "disk"), image, new Operation());

  const commands = await completed(["image", ""]);
  expect(commands.map((line) => line.split("\t")[0])).toEqual(["add", "list", "show", "remove", "prune", "help"]);
  expect(await completed(["image", "add", "--firm"])).toEqual([expect.stringMatching(/^--firmware\t/)]);
  expect(await completed(["image", "add", "--firmware", ""])).toEqual(["bios\t", "uefi\t"]);
  expect(await completed(["instance", "launch", "d"], folder)).toEqual(["debian\tof [2J the team"]);
});

test("what cannot be found out completes nothing and says nothing", async () => {
  expect(await completed(["image", "show", ""])).toEqual([]);
  expect(await completed(["image", "show", ""], "not-absolute")).toEqual([]);
  expect(await completed(["instance", "terminate", ""])).toEqual([]);
});

test.each(["bash", "zsh", "fish", "powershell"])("there is a script for %s, which asks for completions", (shell) => {
  const [script] = printed(() => completion.setup("condor-cloud", "condor-cloud", shell));
  expect(script).toMatch(/condor-cloud complete (--|'--')/);
});
