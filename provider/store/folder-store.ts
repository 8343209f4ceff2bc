import { chmod, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { ImageManifest } from "../../contract/image-manifest.ts";
import { formatImageReference } from "../../contract/image-reference.ts";
import { dataFolder, dataPath, manifestFolder, manifestPath } from "../../contract/store-layout.ts";
import { InvalidInputError } from "../errors.ts";
import type { Operation } from "../operation.ts";
import { copySparse } from "./copy.ts";
import { digestFile } from "./digest.ts";
import { attempt, InUseError, StoreError, systemErrorCode } from "./errors.ts";
import { inspectDisk } from "./inspect.ts";
import { parseManifest, readManifest, readManifestFiles } from "./manifests.ts";
import type { AddedImage, ImageDescription, Store } from "./store.ts";
import { clearDeadTemporaries, syncFolder, temporaryPath, writeWhole } from "./temporary.ts";

/** The image store as a folder that this process writes and the execute nodes read (contract/store-layout.ts). */
export class FolderStore implements Store {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = resolve(folder);
  }

  async list(): Promise<ImageManifest[]> {
    const files = await this.#read(() => readManifestFiles(this.folder));
    return files.flatMap(({ text }) => parseManifest(text) ?? []).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async find(name: string): Promise<ImageManifest | undefined> {
    return this.#read(() => readManifest(this.folder, name));
  }

  async has(digest: string): Promise<boolean> {
    const path = dataPath(this.folder, digest);
    return this.#read(() => isFile(path));
  }

  async put(
    sourceFile: string,
    image: ImageDescription,
    operation: Operation,
    expectedDigest?: string,
  ): Promise<ImageManifest> {
    const manifestName = basename(manifestPath(this.folder, image.name));
    await this.#prepareFolders();
    return attempt(`The image ${image.name} cannot be added to the store ${this.folder}.`, async () => {
      for (;;) {
        const digest = await this.#keepBytes(sourceFile, image.name, operation, expectedDigest);
        const manifest = await this.#describe(digest, image);
        await writeWhole(manifestFolder(this.folder), async (file) => {
          await file.writeFile(`${JSON.stringify(manifest, undefined, 2)}\n`);
          return manifestName;
        });
        // A removal of the same bytes may have been quicker than the manifest that now holds them.
        if (await this.has(digest)) return manifest;
      }
    });
  }

  async verify(digest: string, operation: Operation): Promise<"intact" | "missing" | "damaged"> {
    if (!(await this.has(digest))) return "missing";
    const path = dataPath(this.folder, digest);
    const doing = `verifying image ${digest.slice(0, 12)} in the store`;
    const found = await this.#read(() => digestFile(path, operation, doing));
    return found === digest ? "intact" : "damaged";
  }

  async remove(image: AddedImage, usersOf: (digest: string) => Promise<readonly string[]>): Promise<void> {
    const manifest = manifestPath(this.folder, image.name);
    const ours = await this.#isStill(image);
    if (
      !(await this.#pointedAt(image.digest, ours ? basename(manifest) : undefined)) &&
      (await this.has(image.digest))
    ) {
      const users = await usersOf(image.digest);
      if (users.length > 0) throw new InUseError(formatImageReference(image), users);
    }
    await attempt(`The image ${image.name} cannot be removed from the store ${this.folder}.`, async () => {
      if (ours) await rm(manifest, { force: true });
      await this.#dropUnlessPointedAt(image.digest);
    });
  }

  /** Makes sure that the bytes are in the store, and answers with their digest. */
  async #keepBytes(sourceFile: string, name: string, operation: Operation, expected?: string): Promise<string> {
    if (expected !== undefined && (await this.verify(expected, operation)) === "intact") return expected;
    const source = await open(sourceFile, "r");
    try {
      return await writeWhole(dataFolder(this.folder), async (file) => {
        const digest = await copySparse(source, file, operation, `copying ${name} into the store`);
        if (expected !== undefined && digest !== expected) throw changedSince(sourceFile, expected, digest);
        await inspectDisk(file, sourceFile);
        return digest;
      });
    } finally {
      await source.close();
    }
  }

  async #describe(digest: string, image: ImageDescription): Promise<ImageManifest> {
    const path = dataPath(this.folder, digest);
    const file = await open(path, "r");
    try {
      const disk = await inspectDisk(file, path);
      return ImageManifest.parse({ schema: 1, ...image, digest, ...disk, createdAt: new Date().toISOString() });
    } finally {
      await file.close();
    }
  }

  /** Whether the name still stands for this very adding. A damaged manifest belongs to whoever adds the name again. */
  async #isStill(image: AddedImage): Promise<boolean> {
    const files = await this.#read(() => readManifestFiles(this.folder));
    const found = files.map(({ text }) => parseManifest(text)).find((manifest) => manifest?.name === image.name);
    return found !== undefined && found.digest === image.digest && found.createdAt === image.createdAt;
  }

  /**
   * Removes bytes that no manifest points at. They go out of sight first and come back if a manifest appeared
   * meanwhile, because a writer that finds its bytes here does not copy them again.
   */
  async #dropUnlessPointedAt(digest: string): Promise<void> {
    const path = dataPath(this.folder, digest);
    if ((await this.#pointedAt(digest)) || !(await isFile(path))) return;
    const aside = temporaryPath(dataFolder(this.folder));
    await rename(path, aside);
    if (await this.#pointedAt(digest)) await rename(aside, path);
    else await rm(aside);
    await syncFolder(dataFolder(this.folder));
  }

  /** Whether a manifest points at these bytes, also one that this version cannot parse but that names them. */
  async #pointedAt(digest: string, exceptFile?: string): Promise<boolean> {
    const files = await this.#read(() => readManifestFiles(this.folder));
    return files.some(({ file, text }) => file !== exceptFile && text.includes(digest));
  }

  async #read<T>(step: () => Promise<T>): Promise<T> {
    await this.#requireFolder();
    return attempt(`The image store ${this.folder} cannot be read.`, step);
  }

  async #prepareFolders(): Promise<void> {
    await this.#requireFolder();
    await attempt(`The image store ${this.folder} cannot be written.`, async () => {
      for (const folder of [dataFolder(this.folder), manifestFolder(this.folder)]) {
        // Only a new folder gets its mode from here: an administrator may have chosen another.
        if ((await mkdir(folder, { recursive: true })) !== undefined) await chmod(folder, 0o755);
        await clearDeadTemporaries(folder);
      }
    });
  }

  /** A missing folder is an error and never made: it may be a file system that is not mounted here. */
  async #requireFolder(): Promise<void> {
    const isFolder = await attempt(`The image store ${this.folder} cannot be used.`, () =>
      stat(this.folder).then(
        (found) => found.isDirectory(),
        (error: unknown) => {
          if (systemErrorCode(error) === "ENOENT") return false;
          throw error;
        },
      ),
    );
    if (isFolder) return;
    throw new StoreError({
      what: `The image store ${this.folder} is not there, or is no folder.`,
      remedy:
        "Make or mount that folder, which the execute nodes must see too, or name another: " +
        "`pulumi config set condor:store FOLDER`.",
    });
  }
}

function changedSince(sourceFile: string, expected: string, found: string): InvalidInputError {
  return new InvalidInputError({
    what: `The image file ${sourceFile} changed since the preview looked at it.`,
    why: `It was sha256:${expected} and is now sha256:${found}.`,
    remedy: "Run `pulumi up` again once the file is complete.",
  });
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return false;
    throw error;
  }
}
