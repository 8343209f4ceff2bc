/** A kind of file that people take for a disk image, and what to do about it. */
interface ForeignFormat {
  readonly what: string;
  readonly offset: number;
  readonly magic: Buffer;
  readonly remedy: string;
}

const CONVERT = "Convert it: `qemu-img convert -O qcow2 FILE NEW.qcow2`.";

function format(what: string, magic: string, remedy: string, offset = 0): ForeignFormat {
  return { what, offset, magic: Buffer.from(magic, "latin1"), remedy };
}

/** Each by the bytes that its own specification begins with. */
const FORMATS: readonly ForeignFormat[] = [
  format("a VMware disk (VMDK)", "KDMV", CONVERT),
  format("a VMware disk (VMDK)", "COWD", CONVERT),
  format("the description of a VMware disk (VMDK)", "# Disk DescriptorFile", CONVERT),
  format("a VirtualBox disk (VDI)", "\x7f\x10\xda\xbe", CONVERT, 0x40),
  format("a Hyper-V disk (VHDX)", "vhdxfile", CONVERT),
  format("a Virtual PC disk (VHD)", "conectix", CONVERT),
  format("a QED disk", "QED\0", CONVERT),
  format("a Parallels disk", "WithoutFreeSpace", CONVERT),
  format("a Parallels disk", "WithouFreSpacExt", CONVERT),
  format("compressed with gzip", "\x1f\x8b", "Unpack it: `gunzip FILE`."),
  format("compressed with xz", "\xfd7zXZ\0", "Unpack it: `unxz FILE`."),
  format("compressed with bzip2", "BZh", "Unpack it: `bunzip2 FILE`."),
  format("compressed with zstd", "\x28\xb5\x2f\xfd", "Unpack it: `unzstd FILE`."),
  format("a zip archive", "PK\x03\x04", "Unpack it: `unzip FILE`."),
  format("a 7z archive", "7z\xbc\xaf\x27\x1c", "Unpack it: `7z x FILE`."),
  format("a tar archive, such as an OVA appliance", "ustar", `Unpack it: \`tar xf FILE\`. ${CONVERT}`, 257),
  format("a pointer of Git LFS", "version https://git-lfs", "Fetch the file itself: `git lfs pull`."),
];

const ISO: ForeignFormat = format(
  "a CD or DVD image without a disk's boot sector",
  "CD001",
  "Install from it into a disk image, or take the distribution's cloud image in qcow2.",
  0x8001,
);

/** The foreign format of a file that begins so; undefined when it is none that is known. */
export function foreignFormatOf(head: Buffer): ForeignFormat | undefined {
  // A hybrid CD image begins with a boot sector (55 AA at its end) and does boot as a disk.
  const candidates = hasBootSector(head) ? FORMATS : [...FORMATS, ISO];
  return candidates.find(({ offset, magic }) => head.subarray(offset, offset + magic.length).equals(magic));
}

function hasBootSector(head: Buffer): boolean {
  return head.length >= 512 && head.readUInt16BE(510) === 0x55aa;
}
