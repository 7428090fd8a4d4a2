#!/bin/bash
# A private 389 Directory Server on loopback, for tests: own folder, own CA, free ports, stopped by its process id.
#
#   ds389.sh start DIR LDIF   creates dc=example,dc=com, loads LDIF below it over LDAP, prints NAME=value lines (safe to eval)
#   ds389.sh stop  DIR        stops it and waits; DIR stays
#   exit 77 when 389 Directory Server is missing, or this is not root (1 with FAIL_WITHOUT_SERVERS=1)
#
# Printed: LDAP_URL LDAPS_URL CA_FILE BASE BIND_DN PASSWORD_FILE ADMIN_DN DS_PID. BIND_DN is cn=reader,dc=example,dc=com, which
# may read what docs/sources-directories.md lets it; cn=blind has the same password and may not see nsAccountLock.
#
# Plugins: MemberOf (transitive, as by default), Account Policy with lastLoginTime. No limit holds for the reader.
set -euo pipefail
suffix=dc=example,dc=com
export PATH=$PATH:/usr/sbin:/sbin

missing() {
    echo "ds389.sh: $1" >&2
    [ "${FAIL_WITHOUT_SERVERS:-0}" = 1 ] && exit 1
    exit 77
}

stop_server() {
    local pid
    [ -f "$1/run/slapd-test.pid" ] || return 0
    pid=$(cat "$1/run/slapd-test.pid")
    kill "$pid" 2>/dev/null || true
    for _ in $(seq 200); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.05
    done
    kill -9 "$pid" 2>/dev/null || true
    rm -f "$1/run/slapd-test.pid"
}

free_ports() {
    python3 -c '
import socket
taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*[s.getsockname()[1] for s in taken])'
}

# dscreate reads $PREFIX/share/dirsrv/inf/defaults.inf: a copy with other paths and without systemd keeps it out of /etc and /var.
make_defaults() {
    local d=$1
    mkdir -p "$d"/{share/dirsrv/inf,run/lock,shm,etc/default,etc/dirsrv,var/log,var/lib,inst,tls}
    cp -r /etc/dirsrv/config /etc/dirsrv/schema "$d/etc/dirsrv/"
    sed -E -e 's/^with_systemd *=.*/with_systemd = 0/' -e 's/^(user|group) *=.*/\1 = root/' \
        -e "s,= /etc/dirsrv,= $d/etc/dirsrv," -e "s,= /var/lib,= $d/var/lib," -e "s,= /var/log,= $d/var/log," \
        -e "s,^(initconfig_dir|tmpfiles_d) =.*,\1 = $d/etc/default," -e "s,^inst_dir =.*,inst_dir = $d/inst/slapd-{instance_name}," \
        -e "s,^(lock_dir) =.*,\1 = $d/run/lock/slapd-{instance_name}," -e "s,^run_dir =.*,run_dir = $d/run," \
        -e "s,^pid_file =.*,pid_file = $d/run/slapd-{instance_name}.pid," -e "s,^ldapi =.*,ldapi = $d/run/slapd-{instance_name}.socket," \
        -e "s,^db_home_dir =.*,db_home_dir = $d/shm/slapd-{instance_name}," -e "s,^local_state_dir =.*,local_state_dir = $d/var," \
        /usr/share/dirsrv/inf/defaults.inf >"$d/share/dirsrv/inf/defaults.inf"
}

create_instance() { # folder, port, TLS port
    cat >"$1/instance.inf" <<INF
[general]
config_version = 2
full_machine_name = localhost
strict_host_checking = False
selinux = False
start = True
defaults = 999999999
[slapd]
instance_name = test
root_dn = cn=Directory Manager
root_password = $(cat "$1/password")
port = $2
secure_port = $3
self_sign_cert = False
user = root
group = root
[backend-userroot]
suffix = $suffix
create_suffix_entry = True
INF
    dscreate from-file "$1/instance.inf"
}

make_certificates() { # folder
    cd "$1/tls"
    openssl req -x509 -newkey rsa:2048 -nodes -days 60 -subj "/CN=rightful test CA" -keyout ca.key -out ca.pem
    openssl req -newkey rsa:2048 -nodes -subj "/CN=localhost" -keyout server.key -out server.csr
    printf 'subjectAltName=IP:127.0.0.1\n' >server.ext
    openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 60 -extfile server.ext -out server.pem
    dsctl test tls import-ca "$1/tls/ca.pem" TestCA
    dsctl test tls import-server-key-cert "$1/tls/server.pem" "$1/tls/server.key"
}

as_manager() { # folder, port, command …
    local folder=$1 port=$2
    shift 2
    "$1" -x -H "ldap://127.0.0.1:$port" -D "cn=Directory Manager" -y "$folder/password" "${@:2}"
}

configure() { # folder, port, TLS port
    as_manager "$1" "$2" ldapmodify <<LDIF
dn: cn=config
changetype: modify
replace: nsslapd-security
nsslapd-security: on
-
replace: nsslapd-securePort
nsslapd-securePort: $3

dn: cn=MemberOf Plugin,cn=plugins,cn=config
changetype: modify
replace: memberofautoaddoc
memberofautoaddoc: nsMemberOf
-
replace: nsslapd-pluginEnabled
nsslapd-pluginEnabled: on

dn: cn=config,cn=Account Policy Plugin,cn=plugins,cn=config
changetype: modify
replace: alwaysrecordlogin
alwaysrecordlogin: yes
-
replace: stateattrname
stateattrname: lastLoginTime

dn: cn=Account Policy Plugin,cn=plugins,cn=config
changetype: modify
replace: nsslapd-pluginEnabled
nsslapd-pluginEnabled: on
-
replace: nsslapd-pluginarg0
nsslapd-pluginarg0: cn=config,cn=Account Policy Plugin,cn=plugins,cn=config
LDIF
}

restart() { # folder, port
    local pid
    pid=$(cat "$1/run/slapd-test.pid")
    kill "$pid"
    while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
    ns-slapd -D "$1/etc/dirsrv/slapd-test" -i "$1/run/slapd-test.pid" </dev/null
    for _ in $(seq 200); do
        ldapsearch -x -LLL -H "ldap://127.0.0.1:$2" -b '' -s base 1.1 >/dev/null 2>&1 && return 0
        sleep 0.05
    done
    return 1
}

# The rights of docs/sources-directories.md: read and search, never userPassword.
load() { # folder, port, LDIF
    as_manager "$1" "$2" ldapadd <<LDIF
dn: cn=reader,$suffix
objectClass: applicationProcess
objectClass: simpleSecurityObject
cn: reader
userPassword: $(cat "$1/password")
nsLookThroughLimit: -1
nsPagedLookThroughLimit: -1

dn: cn=blind,$suffix
objectClass: applicationProcess
objectClass: simpleSecurityObject
cn: blind
userPassword: $(cat "$1/password")
LDIF
    as_manager "$1" "$2" ldapmodify <<LDIF
dn: $suffix
changetype: modify
add: aci
aci: (targetattr != "userPassword")(version 3.0; acl "rightful reads"; allow (read, search) userdn = "ldap:///cn=reader,$suffix";)
aci: (targetattr != "userPassword || nsAccountLock")(version 3.0; acl "blind reads"; allow (read, search) userdn = "ldap:///cn=blind,$suffix";)
LDIF
    as_manager "$1" "$2" ldapmodify -f "$3"
}

case ${1:-} in
stop)
    stop_server "$2"
    exit 0
    ;;
start) ;;
*)
    echo "usage: ds389.sh start DIR LDIF | stop DIR" >&2
    exit 2
    ;;
esac
[ "$(id -u)" = 0 ] || missing "creating an instance needs root"
for tool in dscreate dsctl ns-slapd openssl ldapmodify python3; do
    command -v "$tool" >/dev/null || missing "$tool is not installed"
done
mkdir -p "$2"
folder=$(cd "$2" && pwd)
make_defaults "$folder"
printf 'correct-horse-battery' >"$folder/password"
chmod 600 "$folder/password"
read -r port tls_port < <(free_ports)
export PREFIX="$folder"
{
    create_instance "$folder" "$port" "$tls_port" && (make_certificates "$folder") && configure "$folder" "$port" "$tls_port" &&
        restart "$folder" "$port" && load "$folder" "$port" "$3"
} >"$folder/log" 2>&1 || { tail -30 "$folder/log" >&2; stop_server "$folder"; exit 1; }
cat <<OUT
LDAP_URL=ldap://127.0.0.1:$port
LDAPS_URL=ldaps://127.0.0.1:$tls_port
CA_FILE='$folder/tls/ca.pem'
BASE='$suffix'
BIND_DN='cn=reader,$suffix'
ADMIN_DN='cn=Directory Manager'
PASSWORD_FILE='$folder/password'
DS_PID=$(cat "$folder/run/slapd-test.pid")
OUT
