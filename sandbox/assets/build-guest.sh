#!/bin/sh
# Makes a small guest inside an overlay of the pool's root: a bootable disk with Debian's cloud kernel and a busybox user
# space, without a mount and without a loop device.
#
#   build-guest.sh OUT.qcow2 bios|uefi
#
# It finds what is to be process 1 at /guest-init.sh.
set -eu
out=$1 firmware=$2 guest_init=/guest-init.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

for package in /usr/share/condor-cloud-guest/*.deb; do dpkg-deb -x "$package" "$work/packages"; done
kernel=$(echo "$work"/packages/boot/vmlinuz-*)

# The initial file system: busybox, the modules in the order they are loaded, and what runs as process 1.
tree=$work/tree
mkdir -p "$tree/bin" "$tree/dev" "$tree/proc" "$tree/sys" "$tree/mnt" "$tree/etc" "$tree/www/cgi-bin" "$tree/modules"
cp "$work/packages/usr/bin/busybox" "$tree/bin/busybox"
order=10
for module in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci \
  failover net_failover virtio_net virtio_blk button evdev cdrom isofs watchdog i6300esb; do
  file=$(find "$work/packages" -name "$module.ko*" | head -n 1)
  [ -n "$file" ] || continue # built into the kernel
  case $file in
    *.xz) xz -dc "$file" > "$tree/modules/$order-$module.ko" ;;
    *) cp "$file" "$tree/modules/$order-$module.ko" ;;
  esac
  order=$((order + 1))
done
# One script under four names: what it does is decided by the name it is called by.
for name in init lease www/cgi-bin/poweroff www/cgi-bin/reboot www/cgi-bin/ask www/cgi-bin/hang; do
  cp "$guest_init" "$tree/$name"
  chmod 0755 "$tree/$name"
done
(cd "$tree" && find . | cpio -o -H newc --quiet | gzip -9) > "$work/initrd.gz"

cp "$kernel" "$work/vmlinuz"
arguments="console=ttyS0 quiet loglevel=3 tsc=unstable no_timer_check panic=5"
truncate -s 24M "$work/disk"
mkfs.vfat -n GUEST "$work/disk" > /dev/null
export MTOOLS_SKIP_CHECK=1
mcopy -i "$work/disk" "$work/vmlinuz" "$work/initrd.gz" ::
case $firmware in
  bios)
    cat > "$work/syslinux.cfg" <<S
DEFAULT linux
PROMPT 0
TIMEOUT 0
LABEL linux
 KERNEL vmlinuz
 APPEND initrd=initrd.gz $arguments
S
    mcopy -i "$work/disk" "$work/syslinux.cfg" ::
    syslinux --install "$work/disk"
    ;;
  uefi)
    # Nothing in the boot sector: this disk starts by the boot loader at its well-known path, or not at all.
    cat > "$work/guest.conf" <<S
title guest
linux /vmlinuz
initrd /initrd.gz
options $arguments
S
    mmd -i "$work/disk" ::/EFI ::/EFI/BOOT ::/loader ::/loader/entries
    mcopy -i "$work/disk" "$work/packages/usr/lib/systemd/boot/efi/systemd-bootx64.efi" ::/EFI/BOOT/BOOTX64.EFI
    mcopy -i "$work/disk" "$work/guest.conf" ::/loader/entries/guest.conf
    ;;
esac
qemu-img convert -f raw -O qcow2 "$work/disk" "$out"
