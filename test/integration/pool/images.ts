import { createHash, randomBytes } from "node:crypto";
import { copyFile, mkdtemp, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject } from "vitest";
import { ImageReferenceText } from "../../../contract/image-reference.ts";
import { dataPath } from "../../../contract/store-layout.ts";
import { runIn } from "../../../sandbox/machine.ts";
import { addImage } from "./add-image.ts";
import { theContext } from "./machines.ts";
import { executeNode, theSandbox } from "./nodes.ts";

const BYTES_PER_MIB = 1024 ** 2;
const SECTOR_BYTES = 512;

/** An image of a test's own in the store. */
export interface TestImage {
  /** `name@sha256:<digest>`. */
  readonly reference: string;
  readonly digest: string;
  /** Its file in the store. */
  readonly path: string;
  /** What it takes, in MiB, rounded up. */
  readonly sizeMiB: number;
}

/**
 * Puts an image into the store that no node has had before. It boots like the small guest; behind that lies what no
 * guest reads.
 *
 * @param leastMiB - how large it is at least, and exactly where the small guest is smaller; no part of it is empty
 */
export async function addNewImage(name: string, leastMiB = 0): Promise<TestImage> {
  return await inFolder(async (folder) => {
    const source = join(folder, "disk.qcow2");
    await copyFile(inject("guest"), source);
    await pad(source, leastMiB);
    return await add(name, source);
  });
}

/**
 * Puts an empty disk into the store: a machine of it runs, and its firmware finds nothing to start, so that it costs
 * next to no processor time. No two are the same.
 */
export async function addEmptyImage(name: string): Promise<TestImage> {
  return await inFolder(async (folder) => {
    const source = join(folder, "disk.qcow2");
    const make = "qemu-img create -q -f qcow2 /tmp/empty.qcow2 1M && base64 /tmp/empty.qcow2 && rm /tmp/empty.qcow2";
    await writeFile(source, Buffer.from(await runIn(await executeNode(1), ["sh", "-c", make]), "base64"));
    await pad(source, 0);
    return await add(name, source);
  });
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "condor-cloud-image-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Adds a file to the store, and says where it lies there. */
async function add(name: string, source: string): Promise<TestImage> {
  const id = await addImage(await theContext(), name, source);
  const { digest } = ImageReferenceText.parse(id);
  const { store } = await theSandbox();
  const { size } = await stat(source);
  return { reference: id, digest, path: dataPath(store, digest), sizeMiB: Math.ceil(size / BYTES_PER_MIB) };
}

/** Alters one byte of an image in the store, which no guest reads. @returns the digest of what is there then */
export async function damage({ path }: TestImage): Promise<string> {
  const file = await open(path, "r+");
  try {
    const { size } = await file.stat();
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, size - 1);
    await file.write(
      byte.map((value) => value ^ 0xff),
      0,
      1,
      size - 1,
    );
  } finally {
    await file.close();
  }
  return createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
}

/** Appends what is never the same: a sector, or as much as is lacking. */
async function pad(path: string, leastMiB: number): Promise<void> {
  const file = await open(path, "a");
  try {
    await file.write(randomBytes(SECTOR_BYTES));
    const block = randomBytes(BYTES_PER_MIB);
    for (;;) {
      const { size } = await file.stat();
      const lacking = Math.min(BYTES_PER_MIB, leastMiB * BYTES_PER_MIB - size);
      if (lacking <= 0) return;
      await file.write(block, 0, lacking);
    }
  } finally {
    await file.close();
  }
}
