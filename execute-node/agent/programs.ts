import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";

/** Whether a path is one of a program that this account may run. */
export async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Whether a command is on PATH. */
export async function isOnPath(command: string): Promise<boolean> {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const found = await Promise.all(folders.map((folder) => isProgram(join(folder, command))));
  return found.includes(true);
}
