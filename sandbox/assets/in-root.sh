#!/bin/sh
# Runs the guest's build in a throw-away overlay of the pool's root; in mount and PID namespaces of its own.
#
#   in-root.sh FOLDER ROOT BUILD-GUEST GUEST-INIT FIRMWARE
#
# FOLDER holds upper, work and merged; the disk is upper/out.qcow2 afterwards.
set -eu
folder=$1 root=$2 build=$3 guest_init=$4 firmware=$5
cd "$folder"
ln -s "$root" lower
cp "$build" upper/build-guest.sh
cp "$guest_init" upper/guest-init.sh
mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay merged
mount -t proc proc merged/proc
mount --bind /dev merged/dev
exec chroot merged sh /build-guest.sh /guest-init.sh /out.qcow2 "$firmware"
