#!/bin/sh
# Becomes process 1 of one sandbox machine: lays its overlay, enters it and starts its daemons.
# Runs in mount, UTS, IPC and PID namespaces just made, and in the machine's network namespace.
#
#   machine.sh FOLDER HOST ROLE STORE STORE-MOUNT INSTALLER
#
# FOLDER holds lower (a link to the read-only root), upper, work and merged; a file `pid` is written there that names
# this process: its number on the host and its start time in clock ticks (proc_pid_stat(5), field 22), which together
# name a process for ever.
# INSTALLER is the execute node's program, in the machine, which makes it an execute node.
set -eu
folder=$1 host=$2 role=$3 store=$4 store_mount=$5 installer=$6

cd "$folder"
read -r stat < /proc/self/stat # still the host's /proc, so the host's number
pid=${stat%% *}
start_time() { set -- ${1##*) }; echo "${20}"; }
echo "$pid $(start_time "$stat")" > pid.new
mv pid.new pid

hostname "$host"
# Relative, because a path with a colon or a comma would not survive in mount options.
mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay merged
cd merged
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs -o mode=0755 tmpfs run
[ "$role" != execute ] || mount --bind -o ro "$store" ".$store_mount"

# Devices of its own: what HTCondor, libvirt and QEMU need, with Debian's modes, without touching the host's.
mount -t tmpfs -o mode=0755 tmpfs dev
mkdir dev/pts dev/shm dev/net
for device in "null 1 3" "zero 1 5" "full 1 7" "random 1 8" "urandom 1 9" "tty 5 0" "net/tun 10 200"; do
  set -- $device
  mknod -m 0666 "dev/$1" c "$2" "$3"
done
# HTCondor's vm-gahp refuses to start a machine without this file, even one that is emulated.
mknod -m 0660 dev/kvm c 10 232
[ ! -e /dev/vhost-net ] || mknod -m 0660 dev/vhost-net c 10 238
mount -t devpts -o newinstance,mode=0620,ptmxmode=0666,gid=5 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr

# A chroot would not do: HTCondor's starter and libvirt change mount propagation, which needs / to be a mount.
pivot_root . mnt
cd /
umount -l /mnt
chgrp kvm /dev/kvm

echo 1 > /proc/sys/net/ipv4/ip_forward
mkdir -p /run/condor /run/lock/condor /run/libvirt
chown condor:condor /run/condor /run/lock/condor
if [ "$role" = execute ]; then
  mkdir -p /var/log/libvirt
  exec tini -s -- sh -c 'virtlogd -d && libvirtd -d && node "$1" install --quiet && exec condor_master -f' sh "$installer"
fi
exec tini -s -- condor_master -f
