#!/bin/sh
# Makes the Debian guest's disk of its root's files, inside an overlay of the pool's root, without a mount and without a
# loop device. It boots by BIOS (syslinux) and by UEFI (systemd-boot), from virtio, SCSI, SATA or NVMe disks.
#
#   build-debian-guest.sh OUT.qcow2 ROOT SIZE-MIB
set -eu
out=$1 root=$2 size=$3 # MiB, like all sizes here
boot=64                # two kernels with their initramfs fit, which an update needs for a moment
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

# mitigations, init_on_alloc and lsm are for speed where the guest is emulated; tsc=reliable stops the kernel from
# distrusting a clock that emulation jolts.
arguments="root=LABEL=root rootfstype=ext4 rw console=tty0 console=ttyS0 quiet loglevel=3 audit=0 mitigations=off"
arguments="$arguments init_on_alloc=0 lsm=landlock,yama tsc=reliable no_timer_check"
version=$(ls "$root/lib/modules")

# The boot partition: FAT, UEFI's own partition and syslinux's home at once. Both loaders start the same two files.
cat > "$work/syslinux.cfg" <<S
DEFAULT debian
PROMPT 0
TIMEOUT 0
LABEL debian
 KERNEL /vmlinuz
 APPEND initrd=/initrd.img $arguments
S
cat > "$work/debian.conf" <<S
title Debian
linux /vmlinuz
initrd /initrd.img
options $arguments
S
printf 'default debian.conf\ntimeout 0\neditor no\n' > "$work/loader.conf"
truncate -s "${boot}M" "$work/boot"
mkfs.vfat -n ESP -h 2048 "$work/boot" > /dev/null # -h: the sectors before it on the disk
export MTOOLS_SKIP_CHECK=1
mmd -i "$work/boot" ::EFI ::EFI/BOOT ::loader ::loader/entries
mcopy -i "$work/boot" "$work/syslinux.cfg" ::
mcopy -i "$work/boot" "$work/loader.conf" ::loader/
mcopy -i "$work/boot" "$work/debian.conf" ::loader/entries/
mcopy -i "$work/boot" "$root/usr/lib/systemd/boot/efi/systemd-bootx64.efi" ::EFI/BOOT/BOOTX64.EFI
mcopy -i "$work/boot" "$root/boot/vmlinuz-$version" ::vmlinuz
mcopy -i "$work/boot" "$root/boot/initrd.img-$version" ::initrd.img
syslinux --install "$work/boot"

# The root's file system.
rest=$((size - boot - 2))
truncate -s "${rest}M" "$work/root"
mke2fs -q -t ext4 -L root -E lazy_itable_init=1,lazy_journal_init=1,nodiscard -d "$root" "$work/root"

# The disk: 1 MiB, the boot partition, the root as the last, so that it can grow, and 1 MiB for the second GPT. The root's
# type is the one that systemd-repart looks for, LegacyBIOSBootable what gptmbr.bin looks for.
truncate -s "${size}M" "$work/disk"
sfdisk -q "$work/disk" <<S
label: gpt
start=1MiB, size=${boot}MiB, name=esp, attrs=LegacyBIOSBootable, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B
start=$((boot + 1))MiB, size=${rest}MiB, name=root, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709
S
dd if=/usr/lib/syslinux/mbr/gptmbr.bin of="$work/disk" bs=440 count=1 conv=notrunc status=none
dd if="$work/boot" of="$work/disk" bs=1M seek=1 conv=notrunc,sparse status=none
dd if="$work/root" of="$work/disk" bs=1M seek=$((boot + 1)) conv=notrunc,sparse status=none
qemu-img convert -f raw -O qcow2 -c -o compression_type=zstd "$work/disk" "$out"
