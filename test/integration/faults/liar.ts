import { chmod, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inject } from "vitest";

/** How `condor_q` answers: as it is, or as a broken wrapper or installation does, each time with exit status 0. */
export type Manner = "honest" | "garbage" | "half" | "nothing" | "hanging";

/** A call of `condor_q` while it was honest. */
export interface Call {
  /** How many jobs were in its answer. */
  readonly jobs: number;
  /** Its arguments, as one text. */
  readonly options: string;
}

/** What a `condor_q` prints that prints garbage. */
export const GARBAGE = "<html>502 Bad Gateway</html>";

/** A `condor_q` of a trial's own that lies on demand. Behind it is the real one. */
export class Liar {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Puts it among a trial's commands, honest.
   *
   * @param commands - the folder that `condor:commands` names
   */
  static async make(commands: string): Promise<Liar> {
    const liar = new Liar(commands);
    await liar.be("honest");
    await writeFile(join(commands, "condor_q"), script(commands, inject("environment").PATH ?? ""));
    await chmod(join(commands, "condor_q"), 0o755);
    return liar;
  }

  /** Answers like this from the next call on. */
  async be(manner: Manner): Promise<void> {
    await writeFile(join(this.#folder, "manner"), manner);
  }

  /** What it was asked since the last time, while it was honest. */
  async calls(): Promise<Call[]> {
    const file = join(this.#folder, "calls");
    const lines = (await readFile(file, "utf8")).split("\n").filter(Boolean);
    await rm(file);
    return lines.map((line) => {
      const [jobs = "", ...options] = line.split(" ");
      return { jobs: Number(jobs), options: options.join(" ") };
    });
  }
}

/** The real command is the first of its name on the rest of the path. */
function script(folder: string, path: string): string {
  return `#!/bin/sh
PATH='${path}'
read -r manner < '${folder}/manner' || [ -n "$manner" ]
case $manner in
honest)
  answer=$(condor_q "$@") || exit
  printf '%s %s\\n' "$(printf '%s' "$answer" | grep -c '"GlobalJobId"')" "$*" >> '${folder}/calls'
  printf '%s' "$answer"
  ;;
garbage) echo '${GARBAGE}' ;;
half)
  answer=$(condor_q "$@")
  printf '%s' "$answer" | head -c $((\${#answer} / 2))
  ;;
hanging) sleep 3600 ;;
esac
`;
}
