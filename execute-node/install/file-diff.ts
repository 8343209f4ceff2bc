import { createTwoFilesPatch } from "diff";

/** What is longer than this is a program, and nobody reads its difference; characters. */
const TEXT_MAX = 200_000;

/** The differences between two texts of a file as a unified diff, or a sentence where that would be of no use. */
export function fileDiff(path: string, found: string, wanted: string): string {
  if (found.length > TEXT_MAX || wanted.length > TEXT_MAX) return `${path}: a program, whose difference is not shown\n`;
  return createTwoFilesPatch(path, `${path} (to be installed)`, found, wanted, undefined, undefined, { context: 3 })
    .split("\n")
    .filter((line) => !/^=+$/.test(line))
    .join("\n");
}
