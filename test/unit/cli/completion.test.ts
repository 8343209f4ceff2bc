import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { filesLike } from "../../../cli/completion.ts";
import { temporaryFolder } from "../store/images.ts";

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
