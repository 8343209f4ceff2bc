import { stripVTControlCharacters } from "node:util";

/** A control sequence as ECMA-48 has it (5.4): parameters, intermediate bytes, a final one. Node's function knows fewer. */
const ESCAPE = "\u001b";
const CONTROL_SEQUENCE = new RegExp(`${ESCAPE}\\[[0-?]*[ -/]*[@-~]`, "gu");

/** What a guest wrote, in lines that command no terminal: no control characters, no escape sequences, nothing that turns text around. */
export function harmless(text: string): string {
  return stripVTControlCharacters(text.replace(CONTROL_SEQUENCE, ""))
    .replace(/\r+\n?/g, "\n")
    .replace(/[^\P{Cc}\n\t]|\p{Cf}/gu, "");
}

/**
 * The last lines of what a guest wrote, harmless; one that follows itself again and again is there once, with how often.
 *
 * @param most.lines - the most of them
 * @param most.characters - of all together; longer lines are cut
 */
export function lastLines(text: string, most: { readonly lines: number; readonly characters: number }): string[] {
  const lines = withoutRepetitions(
    harmless(text)
      .split("\n")
      .map((line) => line.trimEnd()),
  );
  const kept: string[] = [];
  let left = most.characters;
  for (const line of lines.reverse()) {
    if (kept.length === 0 && line === "") continue;
    if (kept.length >= most.lines || left <= 0) break;
    kept.unshift(line.length > left ? `${line.slice(0, left - 1)}…` : line);
    left -= line.length + 1;
  }
  return kept;
}

function withoutRepetitions(lines: readonly string[]): string[] {
  const runs: { line: string; times: number }[] = [];
  for (const line of lines) {
    const last = runs.at(-1);
    if (last?.line === line) last.times++;
    else runs.push({ line, times: 1 });
  }
  return runs.map(({ line, times }) => (times === 1 || line === "" ? line : `${line} (${times} times)`));
}
