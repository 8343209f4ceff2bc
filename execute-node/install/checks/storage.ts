import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { inTime } from "../../agent/in-time.ts";
import { messageOf } from "../../agent/refusal.ts";
import { runAs } from "../accounts.ts";
import { selinuxJudgement } from "../selinux.ts";
import { type Check, failed, type Judgement, ok, warning } from "./check.ts";

/** A file server that is gone answers never. */
const STORE_SECONDS = 30;

const GIB = 1024 ** 3;

/** With less than this a node copies hardly an image. */
const FREE_LEAST_GIB = 5;

/** Where images come from and go to. */
export const storageChecks: readonly Check[] = [
  {
    name: "image store",
    judge: async ({ store, condorAccount }) =>
      judgeStore(store, condorAccount, await lookAtStore(store, condorAccount)),
  },
  {
    name: "disk",
    judge: async ({ stateFolder, cacheLimitGiB }) => judgeDisk(stateFolder, await spaceAt(stateFolder), cacheLimitGiB),
  },
  { name: "SELinux", judge: ({ stateFolder }) => selinuxJudgement(stateFolder) },
];

/** What HTCondor's account can do with the store. */
export interface StoreAccess {
  /** Why it cannot read it. */
  readonly trouble?: string;
  readonly writable: boolean;
}

/** What is known of the store's folder. Pure. */
export function judgeStore(store: string, account: string, access: StoreAccess): Judgement {
  if (access.trouble !== undefined) {
    return failed(
      `${account} cannot read ${store}: ${access.trouble}`,
      'Mount the store there, readable for that account, or correct "store" in node.json.',
    );
  }
  if (!access.writable) return ok(`${store}, read only`);
  return warning(
    `${account} can write to ${store}`,
    "A node only reads it. Mount it read only, so that no node can alter the images of all.",
  );
}

/** The room of a file system. */
export interface Space {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** Whether images and machines find room. Pure. */
export function judgeDisk(folder: string, space: Space, cacheLimitGiB: number | undefined): Judgement {
  const [free, total] = [space.freeBytes / GIB, space.totalBytes / GIB];
  const limit = cacheLimitGiB ?? total / 2;
  const found = `${free.toFixed(1)} of ${total.toFixed(1)} GiB free at ${folder}; the cache takes up to ${limit.toFixed(1)}`;
  if (free < FREE_LEAST_GIB) {
    return warning(found, `Images and the disks of machines lie there: make room, or choose another "stateFolder".`);
  }
  if (limit <= total) return ok(found);
  return warning(found, `Lower "cacheLimitGiB" in node.json below the size of the file system.`);
}

async function lookAtStore(store: string, account: string): Promise<StoreAccess> {
  try {
    await inTime(runAs(account, "ls", ["--", store]), STORE_SECONDS, "the image store");
  } catch (error) {
    return { trouble: messageOf(error), writable: false };
  }
  const writable = await inTime(runAs(account, "test", ["-w", store]), STORE_SECONDS, "the image store").then(
    () => true,
    () => false,
  );
  return { writable };
}

/** The file system that a folder lies on, or will lie on. */
async function spaceAt(folder: string): Promise<Space> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch (error) {
    if (folder === "/") throw error;
    return spaceAt(dirname(folder));
  }
}
