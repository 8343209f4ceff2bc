#!/bin/sh
# Runs a guest's build in a throw-away overlay of the pool's root; in mount and PID namespaces of its own.
#
#   in-root.sh FOLDER ROOT SCRIPT [ARGUMENT…]
#
# FOLDER holds upper, work and merged; SCRIPT is a path in the overlay, and what it leaves lies in upper afterwards.
set -eu
folder=$1 root=$2
shift 2
cd "$folder"
ln -s "$root" lower
mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay merged
mount -t proc proc merged/proc
mount --bind /dev merged/dev
exec chroot merged sh "$@"
