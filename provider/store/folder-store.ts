import { chmod, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { ImageManifest } from "../../contract/image-manifest.ts";
import { formatImageReference } from "../../contract/image-reference.ts";
import {
  dataFolder,
  dataPath,
  manifestFolder,
  manifestPath,
  supersededManifestPath,
} from "../../contract/store-layout.ts";
import { InvalidInputError } from "../errors.ts";
import type { Operation } from "../operation.ts";
import { copySparse } from "./copy.ts";
import { digestFile } from "./digest.ts";
import { attempt, InUseError, StoreError, unlessMissing } from "./errors.ts";
import { type DiskFacts, inspectDisk, inspectFile } from "./inspect.ts";
import { findLeftovers, formerManifests } from "./leftovers.ts";
import {
  formatManifest,
  type ManifestFile,
  readManifestFile,
  readManifestFiles,
  requireManifest,
} from "./manifests.ts";
import type { AddedImage, ImageDescription, Leftover, Store } from "./store.ts";
import { clearDeadTemporaries, syncFolder, temporaryPath, writeWhole } from "./temporary.ts";

/** Bytes in the store, and what they are. */
type KeptBytes = DiskFacts & { readonly digest: string };

/** The image store as a folder that this process writes and the execute nodes read (contract/store-layout.ts). */
export class FolderStore implements Store {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = resolve(folder);
  }

  async list(): Promise<ImageManifest[]> {
    const files = await this.#manifestFiles();
    return files
      .flatMap(({ path, manifest }) => (manifest && path === manifestPath(this.folder, manifest.name) ? manifest : []))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async find(name: string, digest?: string): Promise<ImageManifest | undefined> {
    const current = await this.#manifestOf(manifestPath(this.folder, name), name);
    if (digest === undefined || current?.digest === digest) return current;
    return this.#manifestOf(supersededManifestPath(this.folder, name, digest), name);
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
    const path = manifestPath(this.folder, image.name);
    await this.#prepareFolders();
    return attempt(`The image ${image.name} cannot be added to the store ${this.folder}.`, async () => {
      for (;;) {
        const kept = await this.#keepBytes(sourceFile, image.name, operation, expectedDigest);
        const createdAt = new Date().toISOString();
        const manifest = ImageManifest.parse({ schema: 1, ...image, ...kept, createdAt });
        await this.#keepManifestOfPredecessor(path, manifest.digest);
        await this.#writeManifest(path, manifest);
        // A removal of the same bytes may have been quicker than the manifest that now holds them.
        if (await this.has(manifest.digest)) return manifest;
      }
    });
  }

  async verify(digest: string, operation: Operation): Promise<"intact" | "missing" | "damaged"> {
    const path = dataPath(this.folder, digest);
    const doing = `verifying image ${digest.slice(0, 12)} in the store`;
    const found = await this.#read(() => unlessMissing(digestFile(path, operation, doing)));
    if (found === undefined) return "missing";
    return found === digest ? "intact" : "damaged";
  }

  async remove(image: AddedImage, usersOf: (digest: string) => Promise<readonly string[]>): Promise<void> {
    const files = await this.#manifestFiles();
    const own = files.filter(({ manifest }) => manifest !== undefined && isSameAdding(manifest, image));
    const needed = files.some((file) => !own.includes(file) && names(file, image.digest));
    if (!needed && (await this.has(image.digest))) {
      const users = await usersOf(image.digest);
      if (users.length > 0) throw new InUseError(formatImageReference(image), users);
    }
    await attempt(`The image ${image.name} cannot be removed from the store ${this.folder}.`, async () => {
      for (const { path } of own) await rm(path, { force: true });
      await this.#dropUnlessNeeded(image.digest);
    });
  }

  leftovers(): Promise<Leftover[]> {
    return this.#read(() => findLeftovers(this.folder));
  }

  async discard(leftover: Leftover): Promise<boolean> {
    await this.#requireFolder();
    return attempt(`What no image's name stands for cannot be removed from the store ${this.folder}.`, async () => {
      if (leftover.kind === "temporary") {
        await rm(leftover.path, { force: true });
        return true;
      }
      const files = await this.#manifestFiles();
      const former = formerManifests(this.folder, files, leftover.digest);
      if (files.some((file) => !former.includes(file) && names(file, leftover.digest))) return false;
      for (const { path } of former) await rm(path, { force: true });
      await this.#dropUnlessNeeded(leftover.digest);
      return !(await this.has(leftover.digest));
    });
  }

  /** Makes sure that the bytes are in the store, and answers with what they are. */
  async #keepBytes(sourceFile: string, name: string, operation: Operation, expected?: string): Promise<KeptBytes> {
    if (expected !== undefined && (await this.verify(expected, operation)) === "intact") {
      const disk = await unlessMissing(inspectFile(dataPath(this.folder, expected)));
      if (disk !== undefined) return { digest: expected, ...disk };
    }
    const source = await open(sourceFile, "r");
    try {
      return await writeWhole(dataFolder(this.folder), async (file) => {
        const digest = await copySparse(source, file, operation, `copying ${name} into the store`);
        if (expected !== undefined && digest !== expected) throw changedSince(sourceFile, expected, digest);
        return { fileName: digest, digest, ...(await inspectDisk(file, sourceFile)) };
      });
    } finally {
      await source.close();
    }
  }

  /** A node reads format and architecture there; it may still have to start machines of the image that loses its name. */
  async #keepManifestOfPredecessor(path: string, digest: string): Promise<void> {
    const predecessor = (await readManifestFile(path))?.manifest;
    if (predecessor === undefined || predecessor.digest === digest) return;
    await this.#writeManifest(supersededManifestPath(this.folder, predecessor.name, predecessor.digest), predecessor);
  }

  async #writeManifest(path: string, manifest: ImageManifest): Promise<void> {
    await writeWhole(dirname(path), async (file) => {
      await file.writeFile(formatManifest(manifest));
      return { fileName: basename(path) };
    });
  }

  /**
   * Removes bytes that no manifest names. They go out of sight first and come back if a manifest appeared meanwhile,
   * because a writer that finds its bytes here does not copy them again.
   */
  async #dropUnlessNeeded(digest: string): Promise<void> {
    const path = dataPath(this.folder, digest);
    if ((await this.#isNeeded(digest)) || !(await isFile(path))) return;
    const aside = temporaryPath(dirname(path));
    await rename(path, aside);
    if (await this.#isNeeded(digest)) await rename(aside, path);
    else await rm(aside);
    await syncFolder(dirname(path));
  }

  async #isNeeded(digest: string): Promise<boolean> {
    return (await this.#manifestFiles()).some((file) => names(file, digest));
  }

  async #manifestOf(path: string, name: string): Promise<ImageManifest | undefined> {
    const file = await this.#read(() => readManifestFile(path));
    return file === undefined ? undefined : requireManifest(file, name);
  }

  #manifestFiles(): Promise<ManifestFile[]> {
    return this.#read(() => readManifestFiles(this.folder));
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
    const found = await attempt(`The image store ${this.folder} cannot be used.`, () =>
      unlessMissing(stat(this.folder)),
    );
    if (found?.isDirectory()) return;
    throw new StoreError({
      what: `The image store ${this.folder} is not there, or is no folder.`,
      remedy:
        "Make or mount that folder, which the execute nodes must see too, or name another: " +
        "`pulumi config set condor:store FOLDER`.",
    });
  }
}

function isSameAdding(a: AddedImage, b: AddedImage): boolean {
  return a.name === b.name && a.digest === b.digest && a.createdAt === b.createdAt;
}

/** Whether a manifest names these bytes, also one that this version cannot parse. */
function names(file: ManifestFile, digest: string): boolean {
  return file.text.includes(digest);
}

function changedSince(sourceFile: string, expected: string, found: string): InvalidInputError {
  return new InvalidInputError({
    what: `The image file ${sourceFile} changed since the preview looked at it.`,
    why: `It was sha256:${expected} and is now sha256:${found}.`,
    remedy: "Run `pulumi up` again once the file is complete.",
  });
}

async function isFile(path: string): Promise<boolean> {
  return (await unlessMissing(stat(path)))?.isFile() ?? false;
}
