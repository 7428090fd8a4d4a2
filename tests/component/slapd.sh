#!/bin/bash
# A private OpenLDAP server on loopback, for tests: own folder, own CA, free ports, stopped by its process id.
#
#   slapd.sh start DIR LDIF SUFFIX    loads LDIF (below SUFFIX), starts, prints NAME=value lines (safe to eval)
#   slapd.sh stop  DIR                stops it and waits; DIR stays
#   exit 77 when slapd, slapadd or openssl are missing (1 with FAIL_WITHOUT_SERVERS=1)
#
# Printed: LDAP_URL LDAPS_URL LDAPI_URL CA_FILE BIND_DN ROOT_DN PASSWORD_FILE SLAPD_PID SLAPD_LOG (PASSWORD_FILE also serves
# ROOT_DN, cn=config and all readers below). Connect to 127.0.0.1, never localhost: libldap checks that name against gethostname().
#
# SLAPD_CERTIFICATE=server|wrong|expired   which certificate the server shows; "other CA" is: CA_FILE=DIR/tls/other.pem
#
# SLAPD_BINDING=tls-endpoint|tls-unique    what a Kerberos bind over TLS must be tied to; TLS 1.3 knows no tls-unique:
# SLAPD_CIPHERS=NORMAL:-VERS-TLS1.3        goes without it (a priority string of GnuTLS)
#
# SLAPD_STRICT=yes                         checks the schema of what is loaded: only then it can be modified
# SLAPD_ACCESS=closed                      nobody may read anything, the readers below neither
# SLAPD_DATABASE='overlay …'   further lines of the database
#
# Readers (all in o=readers, password in PASSWORD_FILE): cn=reader sees everything; cn=capped gets 2500 entries of a
# paged search and then result 4; cn=small may page by 100 at most; cn=unpaged may not page; cn=paged gets one entry
# without pages, and all with them; cn=blind sees no entry
# (result 0); cn=partial does not see mail, and may search
# for employeeNumber only; cn=half does not see what is below ou=hidden; cn=finder may search for members only.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

missing() {
    echo "slapd.sh: $1 is not installed" >&2
    [ "${FAIL_WITHOUT_SERVERS:-0}" = 1 ] && exit 1
    exit 77
}

stop_server() {
    local pid
    [ -f "$1/slapd.pid" ] || return 0
    pid=$(cat "$1/slapd.pid")
    kill -CONT "$pid" 2>/dev/null || true
    kill "$pid" 2>/dev/null || true
    for _ in $(seq 100); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.05
    done
    kill -9 "$pid" 2>/dev/null || true
    rm -f "$1/slapd.pid"
}

make_ca() { # name, subject
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=$2" \
        -addext "basicConstraints=critical,CA:TRUE" -keyout "$1.key" -out "$1.pem"
}

make_certificate() { # name, common name, subject alternative name, first day, last day (YYMMDDHHMMSSZ)
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" -keyout "$1.key" -out "$1.csr"
    printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "$3" >"$1.ext"
    openssl ca -batch -config ca.conf -in "$1.csr" -out "$1.pem" -extfile "$1.ext" -startdate "$4" -enddate "$5" -notext
}

make_certificates() {
    cd "$1"
    : >index.txt
    echo 01 >serial
    cat >ca.conf <<CONF
[ca]
default_ca = own
[own]
database = index.txt
serial = serial
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
CONF
    make_ca ca "rightful test CA"
    make_ca other "some other CA"
    local from to
    from=$(date -u -d yesterday +%y%m%d000000Z)
    to=$(date -u -d "+40 days" +%y%m%d000000Z)
    make_certificate server server.invalid IP:127.0.0.1 "$from" "$to"
    make_certificate wrong elsewhere.invalid DNS:elsewhere.invalid "$from" "$to"
    make_certificate expired server.invalid IP:127.0.0.1 200101000000Z 200201000000Z
    make_certificate client reader DNS:reader.invalid "$from" "$to"
}

free_ports() {
    python3 -c '
import socket
taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*[s.getsockname()[1] for s in taken])'
}

write_access() { # suffix
    [ "${SLAPD_ACCESS:-readers}" = closed ] && { echo "access to * by * none"; return; }
    cat <<CONF
access to dn.base="$1" by * read
access to attrs=mail by dn.exact="cn=partial,o=readers" none by users read by * none
access to attrs=employeeNumber by dn.exact="cn=partial,o=readers" search by users read by * none
access to dn.subtree="ou=hidden,$1" by dn.exact="cn=half,o=readers" none by dn.exact="cn=blind,o=readers" none by users read by * none
access to attrs=member,uniqueMember by dn.exact="cn=blind,o=readers" none by dn.exact="cn=finder,o=readers" search by users read by * none
access to * by dn.exact="cn=blind,o=readers" none by users read by * none
CONF
}

write_configuration() { # dir, suffix, certificate
    local modules schema=/etc/ldap/schema d=$1 suffix=$2
    modules=$(dirname "$(ls /usr/lib/ldap/back_mdb.la /usr/lib/*/ldap/back_mdb.la 2>/dev/null | head -1)")
    cat >"$d/slapd.conf" <<CONF
include $schema/core.schema
include $schema/cosine.schema
include $schema/inetorgperson.schema
include $schema/dyngroup.schema
include $here/posix.schema
include $here/ad.schema
modulepath $modules
moduleload back_mdb
moduleload ppolicy
pidfile $d/slapd.own.pid
sizelimit size.soft=500 size.hard=500
TLSCACertificateFile $d/tls/ca.pem
TLSCertificateFile $d/tls/$3.pem
TLSCertificateKeyFile $d/tls/$3.key
TLSVerifyClient allow
${SLAPD_CIPHERS:+TLSCipherSuite $SLAPD_CIPHERS}
authz-regexp "gidNumber=.*\\+uidNumber=.*,cn=peercred,cn=external,cn=auth" "cn=reader,o=readers"
sasl-host 127.0.0.1
${SLAPD_BINDING:+sasl-cbinding $SLAPD_BINDING}
authz-regexp "^uid=rightful,cn=gssapi,cn=auth$" "cn=reader,o=readers"
authz-regexp "^cn=reader$" "cn=reader,o=readers"

access to attrs=userPassword by anonymous auth by * none
access to dn.base="" by * read
$(write_access "$suffix")

database config
rootpw $(cat "$d/password")

database mdb
suffix "o=readers"
directory $d/readers
maxsize 16777216

database mdb
suffix "$suffix"
rootdn "cn=root,$suffix"
rootpw $(cat "$d/password")
directory $d/db
maxsize 4294967296
dbnosync
index objectClass,uid,cn eq
limits dn.exact="cn=capped,o=readers" size.soft=unlimited size.hard=unlimited size.pr=1000 size.prtotal=2500
limits dn.exact="cn=small,o=readers" size.soft=unlimited size.hard=unlimited size.pr=100 size.prtotal=unlimited
limits dn.exact="cn=unpaged,o=readers" size.soft=unlimited size.hard=unlimited size.prtotal=disabled
limits dn.exact="cn=paged,o=readers" size.soft=1 size.hard=1 size.prtotal=unlimited
limits users size.soft=unlimited size.hard=unlimited size.prtotal=unlimited time=unlimited
${SLAPD_DATABASE:-}
CONF
}

load() { # dir, ldif, suffix
    local d=$1 name
    {
        printf 'dn: o=readers\nobjectClass: organization\no: readers\n\n'
        for name in reader capped small unpaged paged blind partial half finder; do
            printf 'dn: cn=%s,o=readers\nobjectClass: person\ncn: %s\nsn: %s\nuserPassword: %s\n\n' \
                "$name" "$name" "$name" "$(cat "$d/password")"
        done
    } >"$d/readers.ldif"
    slapadd -q -f "$d/slapd.conf" -b o=readers -l "$d/readers.ldif"
    # -s: exports of other servers do not obey OpenLDAP's schema in every detail. Entries that were loaded so cannot be modified.
    local check=-s
    [ "${SLAPD_STRICT:-no}" = yes ] && check=
    slapadd -q $check -f "$d/slapd.conf" -b "$3" -l "$2"
}

# False: it ended, or lacks one of its ports: somebody took it between choosing and using it, and slapd goes on with the others.
try_server() { # dir, suffix
    local d=$1 ports socket
    ports=($(free_ports))
    socket="$d/ldapi"
    local encoded=${socket//\//%2F}
    # RUNLEVEL etc. are not needed: this is no service. -d stats: the log goes to a file of ours.
    setsid slapd -f "$d/slapd.conf" -d stats \
        -h "ldap://127.0.0.1:${ports[0]} ldaps://127.0.0.1:${ports[1]} ldapi://$encoded" >"$d/slapd.log" 2>&1 </dev/null &
    echo $! >"$d/slapd.pid"
    for _ in $(seq 1200); do
        if ! kill -0 "$(cat "$d/slapd.pid")" 2>/dev/null; then
            return 1
        fi
        if grep -q "bind(.*failed" "$d/slapd.log"; then
            stop_server "$d"
            return 1
        fi
        if grep -q "slapd starting" "$d/slapd.log"; then
            cat >"$d/environment" <<ENV
LDAP_URL=ldap://127.0.0.1:${ports[0]}
LDAPS_URL=ldaps://127.0.0.1:${ports[1]}
LDAPI_URL=ldapi://$encoded
CA_FILE=$d/tls/ca.pem
BIND_DN=cn=reader,o=readers
ROOT_DN=cn=root,$2
PASSWORD_FILE=$d/password
SLAPD_PID=$(cat "$d/slapd.pid")
SLAPD_LOG=$d/slapd.log
ENV
            cat "$d/environment"
            return 0
        fi
        sleep 0.05
    done
    return 1
}

start_server() { # dir, suffix
    for _ in 1 2 3 4 5; do
        try_server "$1" "$2" && return 0
    done
    return 1
}

case "${1:-}" in
start)
    [ $# = 4 ] || { echo "usage: slapd.sh start DIR LDIF SUFFIX" >&2; exit 2; }
    PATH=$PATH:/usr/sbin
    for program in slapd slapadd openssl python3; do
        command -v "$program" >/dev/null || missing "$program"
    done
    mkdir -p "$2"
    d=$(cd "$2" && pwd)
    mkdir -p "$d/db" "$d/readers" "$d/tls"
    (umask 077 && echo correct-horse >"$d/password")
    if [ ! -f "$d/tls/client.pem" ]; then
        (make_certificates "$d/tls") >"$d/tls.log" 2>&1 || { cat "$d/tls.log" >&2; exit 1; }
    fi
    write_configuration "$d" "$4" "${SLAPD_CERTIFICATE:-server}"
    if [ ! -f "$d/db/data.mdb" ]; then
        load "$d" "$3" "$4" >"$d/load.log" 2>&1 || { cat "$d/load.log" >&2; exit 1; }
    fi
    start_server "$d" "$4" || { cat "$d/slapd.log" >&2; exit 1; }
    ;;
stop)
    stop_server "$2"
    ;;
*)
    echo "usage: slapd.sh start DIR LDIF SUFFIX | stop DIR" >&2
    exit 2
    ;;
esac
