#!/bin/sh
# Becomes systemd, the first process of a small machine: this machine's files under a layer that is thrown away, the network and the
# processors shared, everything else its own. For machine.py, which starts it in namespaces of its own.
#
#   machine.sh FOLDER INSTALLED    FOLDER: an empty folder to mount things on; INSTALLED: a tree to lay over the root
#
# Nothing of the machine around it is changed, and everything is gone when its first process is killed. What starts there
# is systemd's journal, its users and its folders; no unit of this machine but those of INSTALLED is started by itself.
set -eu
mount --make-rprivate /
mount -t tmpfs -o size=2G tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
cp -a "$2/." "$1/upper/"
mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
cd "$1/root"

rm -rf etc/systemd/system usr/lib/systemd/system/*.wants usr/lib/systemd/system-generators etc/rightful var/lib/rightful var/spool/rightful
mkdir -p etc/systemd/system etc/systemd/system.conf.d usr/lib/systemd/system/sysinit.target.wants
for unit in systemd-journald.service systemd-sysusers.service systemd-tmpfiles-setup.service; do
    ln -s "../$unit" usr/lib/systemd/system/sysinit.target.wants/
done
# Looking for leaks needs ptrace, which the units forbid.
printf '[Manager]\nDefaultEnvironment=ASAN_OPTIONS=detect_leaks=0\n' >etc/systemd/system.conf.d/test.conf

mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mkdir -p sys/fs/cgroup
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
for node in null zero full random urandom tty; do
    touch "dev/$node"
    mount --bind "/dev/$node" "dev/$node"
done
mkdir dev/pts dev/shm dev/mqueue
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mount -t tmpfs tmpfs dev/shm

# Not chroot: user namespaces (PrivateUsers=) are refused inside one.
mkdir -p old
pivot_root . old
umount -l old
# As systemd leaves a real machine: credentials reach their units by this.
mount --make-rshared /
echo machine.sh: mounted
exec /usr/bin/env -i container=rightful-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --system --unit=basic.target --log-target=console --show-status=no
