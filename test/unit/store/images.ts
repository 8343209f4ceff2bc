import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A folder of the test's own, gone when it ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "condor-cloud-unit-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The fields of a qcow2 header that the tests vary. */
export interface Qcow2Fields {
  readonly version?: number;
  readonly backingFile?: string;
  readonly clusterBits?: number;
  readonly virtualSizeBytes?: bigint;
  readonly encryption?: number;
  readonly l1Entries?: number;
  readonly l1Offset?: bigint;
  readonly features?: bigint;
  readonly headerLength?: number;
  readonly extensions?: readonly { type: number; data: string }[];
  /** The size of the whole file; the default holds all tables. */
  readonly fileBytes?: number;
}

/** A qcow2 image without any data, built by hand after QEMU's docs/interop/qcow2.txt. */
export function qcow2(fields: Qcow2Fields = {}): Buffer {
  const file = Buffer.alloc(fields.fileBytes ?? 256 * 1024);
  const head = Buffer.alloc(64 * 1024);
  head.write("QFI\u00fb", 0, "latin1");
  head.writeUInt32BE(fields.version ?? 3, 4);
  head.writeUInt32BE(fields.clusterBits ?? 16, 20);
  head.writeBigUInt64BE(fields.virtualSizeBytes ?? 1024n ** 3n, 24);
  head.writeUInt32BE(fields.encryption ?? 0, 32);
  head.writeUInt32BE(fields.l1Entries ?? 2, 36);
  head.writeBigUInt64BE(fields.l1Offset ?? 0x30000n, 40);
  head.writeBigUInt64BE(0x10000n, 48);
  head.writeUInt32BE(1, 56);
  if (fields.version !== 2) {
    head.writeBigUInt64BE(fields.features ?? 0n, 72);
    head.writeUInt32BE(4, 96);
    head.writeUInt32BE(fields.headerLength ?? 104, 100);
  }
  let offset = fields.version === 2 ? 72 : (fields.headerLength ?? 104);
  for (const { type, data } of fields.extensions ?? []) {
    head.writeUInt32BE(type, offset);
    head.writeUInt32BE(data.length, offset + 4);
    head.write(data, offset + 8, "latin1");
    offset += 8 + Math.ceil(data.length / 8) * 8;
  }
  if (fields.backingFile !== undefined) {
    head.writeBigUInt64BE(0x800n, 8);
    head.writeUInt32BE(fields.backingFile.length, 16);
    head.write(fields.backingFile, 0x800, "latin1");
  }
  head.copy(file);
  return file;
}
