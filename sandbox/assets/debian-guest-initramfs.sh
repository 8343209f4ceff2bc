#!/bin/sh
# An --essential-hook of mmdebstrap for the Debian guest, called with its root's folder: the initramfs's configuration has
# to be there before the kernel's package makes one.
#
# Without udev, and with disk drivers only, an emulated guest is through it in 1.5 s and not in 7; ext4 and virtio_pci are
# built into the cloud kernel.
set -eu
own=$1/etc/initramfs-tools

mkdir -p "$own/conf.d" "$own/hooks" "$own/scripts/init-top" "$own/scripts/init-bottom"
printf 'MODULES=list\nCOMPRESS=zstd\nRESUME=none\nFSTYPE=ext4\n' > "$own/conf.d/guest"

cat > "$own/hooks/guest" <<'S'
#!/bin/sh
[ "$1" != prereqs ] || exit 0
. /usr/share/initramfs-tools/hook-functions
manual_add_modules virtio_blk virtio_scsi sd_mod ahci ata_piix nvme
copy_exec /usr/sbin/blkid # finds the root by its label; udev's own hook would have brought it
S

cat > "$own/scripts/init-top/guest" <<'S'
#!/bin/sh
[ "$1" != prereqs ] || exit 0
modprobe -qab $(cat /sys/bus/pci/devices/*/modalias /sys/bus/virtio/devices/*/modalias)
[ ! -d /sys/module/scsi_mod ] || modprobe -q sd_mod
S

cat > "$own/scripts/init-bottom/guest" <<'S'
#!/bin/sh
[ "$1" != prereqs ] || exit 0
mount -n -o move /dev "$rootmnt/dev"
S

chmod 0755 "$own/hooks/guest" "$own/scripts/init-top/guest" "$own/scripts/init-bottom/guest"
