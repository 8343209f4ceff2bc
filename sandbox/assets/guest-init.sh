#!/bin/busybox sh
# All that the small guest runs, under several names: its process 1, udhcpc's script, and four pages of its web server.
export PATH=/bin

case ${0##*/} in
  lease)
    [ "$1" = bound ] || [ "$1" = renew ] || exit 0
    ifconfig "$interface" "$ip" netmask "${subnet:-255.255.255.0}"
    [ -z "${router:-}" ] || route add default gw "${router%% *}" 2> /dev/null
    echo "$ip $(hostname)" > /www/id
    echo "GUEST-IP $ip" > /dev/console
    exit 0
    ;;
  poweroff | reboot)
    printf 'Content-Type: text/plain\r\n\r\n%s\n' "${0##*/}"
    (sleep 1; echo "GUEST-OFF by request" > /dev/console; sync; "${0##*/}" -f) < /dev/null > /dev/null 2>&1 &
    exit 0
    ;;
  ask)
    # What another guest's page /id says to this one.
    printf 'Content-Type: text/plain\r\n\r\n'
    wget -q -T 5 -O - "http://$QUERY_STRING/id" || echo "no answer from $QUERY_STRING"
    exit 0
    ;;
  hang)
    # Arms the watchdog and lets go of it without the letter that disarms it: as if everything here had stopped.
    printf 'Content-Type: text/plain\r\n\r\nhang\n'
    echo "GUEST-HANGS" > /dev/console
    echo 1 > /dev/watchdog
    exit 0
    ;;
esac

/bin/busybox mount -t proc proc /proc
/bin/busybox --install -s /bin # needs /proc/self/exe
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in /modules/*; do
  case $module in
    *i6300esb*) insmod "$module" heartbeat=5 2> /dev/null ;;
    *) insmod "$module" 2> /dev/null ;;
  esac
done

# The power button: the first event on any of its input devices ends the guest.
for input in /sys/class/input/event*; do
  grep -q Power "$input/device/name" 2> /dev/null &&
    { dd if="/dev/input/${input##*/}" of=/dev/null bs=24 count=1 2> /dev/null; echo "GUEST-OFF by power button"; sync; poweroff -f; } &
done

# A NoCloud seed (an ISO 9660 disk) names the guest.
hostname guest
for disk in /dev/vd[b-z]; do
  [ -b "$disk" ] && mount -t iso9660 -o ro "$disk" /mnt 2> /dev/null || continue
  name=$(sed -n 's/^local-hostname: *//p' /mnt/meta-data 2> /dev/null)
  [ -z "$name" ] || hostname "$name"
done

[ -d /sys/firmware/efi ] && echo "GUEST-FIRMWARE uefi" || echo "GUEST-FIRMWARE bios"
ifconfig lo 127.0.0.1
ifconfig eth0 up
httpd -p 80 -h /www
echo "GUEST-UP $(cut -d' ' -f1 /proc/uptime)"
exec udhcpc -f -i eth0 -s /lease -t 60 -T 1 -A 1 -x "hostname:$(hostname)" # stays, as process 1
