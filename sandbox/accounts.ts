import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { SandboxError } from "./errors.ts";

/** The ordinary user of the sandbox, who submits. Fixed, so that client commands need not look it up. */
export const USER = { name: "cloud", uid: 1000, gid: 1000 } as const;

/** The numbers of accounts and groups of a root, by name. */
export interface Accounts {
  /** @param owner - `user:group` */
  resolve(owner: string): { uid: number; gid: number };
}

/** Reads the accounts of a root folder, which are not those of the machine that runs us. */
export async function readAccounts(root: string): Promise<Accounts> {
  const users = parseDatabase(await readFile(join(root, "etc/passwd"), "utf8"));
  const groups = parseDatabase(await readFile(join(root, "etc/group"), "utf8"));
  return {
    resolve(owner) {
      const [user = "", group = ""] = owner.split(":");
      const uid = users.get(user);
      const gid = groups.get(group);
      if (uid === undefined || gid === undefined) {
        throw new SandboxError({ what: `No account or group "${owner}" in the pool's root ${root}.` });
      }
      return { uid, gid };
    },
  };
}

/** Names and numbers of a passwd or group file (passwd(5), group(5)): fields one and three. */
export function parseDatabase(text: string): Map<string, number> {
  const entries = text.split("\n").map((line) => line.split(":"));
  return new Map(entries.flatMap(([name, , id]) => (name && id ? [[name, Number(id)] as const] : [])));
}
