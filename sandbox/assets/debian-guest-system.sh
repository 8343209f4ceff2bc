#!/bin/sh
# The last --customize-hook of mmdebstrap for the Debian guest, called with its root's folder: makes of an installed Debian
# a guest that is nobody yet, that cloud-init makes somebody, and that boots fast also where it is emulated.
set -eu
root=$1
units=$root/etc/systemd/system generators=$root/etc/systemd/system-generators

# Every machine of the image becomes another at its first boot.
rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/hostname"
: > "$root/etc/machine-id"
rm -rf "$root"/var/log/*.log "$root/var/log/apt" "$root"/var/cache/debconf/*-old "$root/var/cache/ldconfig"

chroot "$root" systemctl -q enable systemd-networkd

# The root grows to its disk early, beside the rest, by systemd-repart and systemd-growfs: growpart takes 3 s of its own.
printf 'LABEL=root / ext4 rw,discard,x-systemd.growfs 0 0\n' > "$root/etc/fstab"
mkdir -p "$root/etc/repart.d"
printf '[Partition]\nType=root\n' > "$root/etc/repart.d/50-root.conf"

# cloud-init: one data source, one kind of host key, and no module that does nothing here.
cat > "$root/etc/cloud/cloud.cfg.d/90_guest.cfg" <<'S'
datasource_list: [NoCloud, None]
ssh_genkeytypes: [ed25519]
ssh: {emit_keys_to_console: false}
no_ssh_fingerprints: true
locale: false
growpart: {mode: "off"}
resize_rootfs: false
cloud_init_modules: [seed_random, bootcmd, write-files, growpart, resizefs, disk_setup, mounts, set_hostname, update_hostname, update_etc_hosts, ca-certs, users-groups, ssh]
cloud_config_modules: [locale, set-passwords, ntp, timezone, runcmd]
cloud_final_modules: [package-update-upgrade-install, write-files-deferred, scripts-vendor, scripts-per-once, scripts-per-boot, scripts-per-instance, scripts-user, phone-home, final-message, power-state-change]
S

# Units, generators and drivers that cost time and serve no guest of this kind. The ssh generator alone loads vsock.
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
  proc-sys-fs-binfmt_misc.automount systemd-binfmt.service systemd-modules-load.service \
  systemd-network-generator.service systemd-pstore.service systemd-udev-load-credentials.service \
  sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-fs-fuse-connections.mount \
  dev-hugepages.mount modprobe@configfs.service modprobe@dm_mod.service modprobe@drm.service \
  modprobe@efi_pstore.service modprobe@fuse.service modprobe@loop.service; do
  ln -sf /dev/null "$units/$unit"
done
mkdir -p "$generators"
for generator in debug gpt-auto hibernate-resume rc-local run ssh system-update sysv tpm2; do
  ln -sf /dev/null "$generators/systemd-$generator-generator"
done
printf 'blacklist %s\n' kvm kvm_amd kvm_intel powernow_k8 serio_raw psmouse pcspkr floppy efi_pstore \
  > "$root/etc/modprobe.d/guest.conf"

# cloud-init's own generator only decides whether cloud-init runs; here it does. `cloud-init=disabled` on the kernel's
# command line and /etc/cloud/cloud-init.disabled still count, as conditions of its units.
cat > "$generators/cloud-init-generator" <<'S'
#!/bin/sh
mkdir -p "$2/multi-user.target.wants" /run/cloud-init
ln -s /usr/lib/systemd/system/cloud-init.target "$2/multi-user.target.wants/"
: > /run/cloud-init/enabled
S
chmod 0755 "$generators/cloud-init-generator"

# Both boot loaders start /vmlinuz with /initrd.img from the boot partition; a new kernel or initramfs is copied there.
cat > "$root/usr/local/sbin/copy-kernel" <<'S'
#!/bin/sh
# Copies the newest kernel and its initramfs to the boot partition (run by kernel and initramfs packages).
set -e
version=$(linux-version list | linux-version sort | tail -n 1)
[ -e /dev/disk/by-label/ESP ] && [ -e "/boot/initrd.img-$version" ] || exit 0 # no such disk: an image is being built
boot=$(mktemp -d)
mount LABEL=ESP "$boot"
trap 'umount "$boot"; rmdir "$boot"' EXIT
cp "/boot/vmlinuz-$version" "$boot/vmlinuz.new"
cp "/boot/initrd.img-$version" "$boot/initrd.new"
sync
mv "$boot/vmlinuz.new" "$boot/vmlinuz"
mv "$boot/initrd.new" "$boot/initrd.img"
S
chmod 0755 "$root/usr/local/sbin/copy-kernel"
for hook in kernel/postinst.d initramfs/post-update.d; do
  mkdir -p "$root/etc/$hook"
  ln -s /usr/local/sbin/copy-kernel "$root/etc/$hook/zz-copy-kernel"
done

# Nothing in /usr is newer than /etc and /var: no ldconfig, hwdb, catalog or sysusers run at the first boot.
touch -r "$root/usr" "$root/etc/.updated" "$root/var/.updated"
