import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Complete, RootCommand } from "@bomb.sh/tab";
import tab from "@bomb.sh/tab/commander";
import type { Command } from "commander";
import { openContext } from "../provider/context.ts";
import { listImages } from "../provider/image/list.ts";
import { listMachines } from "../provider/instance/list.ts";
import { readSettings } from "../provider/settings.ts";
import { oneLine } from "./text.ts";

/** Nobody waits longer for a completion. */
const PATIENCE_MILLISECONDS = 2000;

/** A value that a shell may complete, and what it says beside it. */
type Candidate = readonly [value: string, description: string];

/** What completes an argument, by its name in the command's usage: `<machine...>`, `<image>`, `<file>`. */
const SOURCES: Readonly<Record<string, (partial: string) => Promise<Candidate[]>>> = {
  machine: machineNames,
  image: imageNames,
  file: async (partial) => filesLike(partial),
};

/** Adds `completion <shell>`, which prints a shell's script, and `complete`, which that script asks. */
export function addCompletion(program: Command): RootCommand {
  return tab(program, { completionCommandName: "completion" });
}

/**
 * Finds what the words on a shell's line may go on with, before the library, which does not wait, is asked for it. What
 * cannot be found out completes nothing, and nobody is told: they are in the middle of a line.
 *
 * @param words - the line, less the command's own name; the last is the one to complete
 */
export async function prepareCompletion(completion: RootCommand, words: readonly string[]): Promise<void> {
  const partial = words.at(-1) ?? "";
  const path = [2, 1].map((length) => words.slice(0, length).join(" ")).find((name) => completion.commands.has(name));
  const command = path === undefined ? undefined : completion.commands.get(path);
  if (command === undefined) return;
  const wanted = [...command.arguments.values()].map(({ name }) => name).find((name) => Object.hasOwn(SOURCES, name));
  const found = wanted === undefined ? [] : await inTime(SOURCES[wanted]?.(partial) ?? Promise.resolve([]));
  for (const argument of command.arguments.values()) {
    if (argument.name === wanted) argument.handler = offering(found);
  }
  // The library gives every option with a value a handler of its own, which completes nothing.
  for (const option of command.options.values()) {
    if (FILE_OPTIONS.includes(option.value)) option.handler = offering(filesLike(partial));
  }
}

/** The options that take the name of a file. */
const FILE_OPTIONS = ["user-data", "network-config", "ssh-key", "identity", "out"];

function offering(candidates: readonly Candidate[]): (complete: Complete) => void {
  return (complete) => {
    for (const [value, description] of candidates) complete(value, description);
  };
}

async function inTime(found: Promise<Candidate[]>): Promise<Candidate[]> {
  const nothing = sleep(PATIENCE_MILLISECONDS, [], { ref: false });
  return await Promise.race([found, nothing]).catch(() => []);
}

async function machineNames(): Promise<Candidate[]> {
  const machines = await listMachines(openContext(readSettings()));
  return machines.map(({ name, jobId, state, owner }) => [name || jobId, oneLine(`${jobId}, ${state}, ${owner}`)]);
}

async function imageNames(): Promise<Candidate[]> {
  const images = await listImages(openContext(readSettings()));
  return images.map(({ name, description }) => [name, oneLine(description)]);
}

/** The files and folders that a path may go on with; folders end with a slash. */
export function filesLike(partial: string): Candidate[] {
  // The folder as it was typed, for the shell compares what it is offered with that.
  const folder = partial.slice(0, partial.lastIndexOf("/") + 1);
  try {
    return readdirSync(folder || ".", { withFileTypes: true }).map((entry) => [
      `${folder}${entry.name}${entry.isDirectory() ? "/" : ""}`,
      "",
    ]);
  } catch {
    return [];
  }
}
