#!/bin/sh
# The last steps of a pool root, called by mmdebstrap with the root's folder while packages can still be fetched.
set -eu
root=$1

# Whoever submits. HTCondor's account manages libvirt's domains.
chroot "$root" useradd --uid 1000 --user-group --create-home --shell /bin/bash cloud
chroot "$root" usermod --append --groups libvirt,kvm condor

# The sandbox's own security takes this one's place.
sed -i 's/^use security:recommended_v9_0/# &/' "$root/etc/condor/config.d/00-htcondor-9.0.config"
mkdir -p "$root/etc/libvirt/qemu/networks/autostart"
ln -sf /etc/libvirt/qemu/networks/default.xml "$root/etc/libvirt/qemu/networks/autostart/default.xml"

# What the small guests are made of.
kernel=$(chroot "$root" apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
[ -n "$kernel" ] || { echo "Debian names no kernel for linux-image-cloud-amd64" >&2; exit 1; }
mkdir -p "$root/usr/share/condor-cloud-guest"
chroot "$root" sh -c 'cd /usr/share/condor-cloud-guest && exec apt-get -qq -o APT::Sandbox::User=root download "$@"' sh \
  "$kernel" busybox-static systemd-boot-efi

: > "$root/etc/resolv.conf"
