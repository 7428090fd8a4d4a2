#!/bin/bash
# A private Samba Active Directory domain controller, for tests: own folder, own CA, stopped by its process id.
#
#   samba.sh start DIR [LDIF [CHANGES [FOREIGN]]]
#                                        provisions example.test, loads LDIF (entries), FOREIGN (foreign principals, which Samba makes
#                                        by itself only for trusts) and CHANGES (change records; all past the rules that LDAP clients
#                                        are held to), starts, prints NAME=value lines (safe to eval)
#   samba.sh stop  DIR                   stops it and waits; DIR stays
#   exit 77 when samba, ldbadd or openssl are missing, or this is not root (1 with FAIL_WITHOUT_SERVERS=1)
#
# Printed: LDAP_URL LDAPS_URL CA_FILE BASE BIND_DN PASSWORD_FILE ADMIN_DN SAMBA_PID. BIND_DN is cn=reader, an ordinary domain user.
#
# Samba's ports (389, 636) cannot be chosen, so each gets a loopback address of its own (SAMBA_ADDRESS; by default
# made from the process id, so that two may run side by side).
# SAMBA_STRONG=yes|allow_sasl_over_tls refuses simple binds without TLS, and SASL binds that do not sign or seal (with yes
# also those over TLS), as a hardened domain controller does.
# SAMBA_KDC=yes runs the key distribution centre of the domain too; printed besides: KRB5_CONFIG, KEYTAB (of reader).
set -euo pipefail
address=${SAMBA_ADDRESS:-127.40.$(($$ / 250 % 250 + 1)).$(($$ % 250 + 1))}
base=DC=example,DC=test
export PATH=$PATH:/usr/sbin:/sbin

missing() {
    echo "samba.sh: $1" >&2
    [ "${FAIL_WITHOUT_SERVERS:-0}" = 1 ] && exit 1
    exit 77
}

stop_server() {
    local pid
    [ -f "$1/samba.pid" ] || return 0
    pid=$(cat "$1/samba.pid")
    kill "$pid" 2>/dev/null || true
    for _ in $(seq 100); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.05
    done
    kill -9 "$pid" 2>/dev/null || true
    rm -f "$1/samba.pid"
}

make_certificates() {
    cd "$1"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 60 -subj "/CN=rightful test domain CA" \
        -addext "basicConstraints=critical,CA:TRUE" -keyout ca.key -out ca.pem
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=dc1.example.test" -keyout dc.key -out dc.csr
    printf 'subjectAltName=DNS:dc1.example.test,IP:%s\n' "$address" >dc.ext
    openssl x509 -req -in dc.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 60 -extfile dc.ext -out dc.pem
    chmod 600 dc.key
}

write_configuration() {
    cat >"$1/smb.conf" <<CONF
[global]
 netbios name = DC1
 realm = EXAMPLE.TEST
 workgroup = EXAMPLE
 server role = active directory domain controller
 server services = ldap${SAMBA_KDC:+ kdc}
 interfaces = $address/8
 bind interfaces only = yes
 private dir = $1/private
 state directory = $1/state
 cache directory = $1/cache
 lock directory = $1
 pid directory = $1/run
 ncalrpc dir = $1/ncalrpc
 ntp signd socket directory = $1/ntp_signd
 winbindd socket directory = $1/winbindd
 binddns dir = $1/bind-dns
 log file = $1/log/samba.log
 ldap server require strong auth = ${SAMBA_STRONG:-no}
 tls enabled = yes
 tls certfile = $1/tls/dc.pem
 tls keyfile = $1/tls/dc.key
 tls cafile = $1/tls/ca.pem
[sysvol]
 path = $1/state/sysvol
[netlogon]
 path = $1/state/sysvol/example.test/scripts
CONF
}

provision() {
    samba-tool domain provision --configfile="$1/smb.conf" --realm=EXAMPLE.TEST --domain=EXAMPLE --host-name=dc1 \
        --server-role=dc --dns-backend=NONE --adminpass="$(cat "$1/password")"
    write_configuration "$1"
    samba-tool user create reader "$(cat "$1/password")" --configfile="$1/smb.conf" -H "$1/private/sam.ldb"
}

# Clients name the server as its service principal does: here by its address, which no name service has to know.
prepare_kerberos() { # folder
    samba-tool spn add "ldap/$address" 'DC1$' --configfile="$1/smb.conf" -H "$1/private/sam.ldb"
    samba-tool domain exportkeytab "$1/reader.keytab" --principal=reader --configfile="$1/smb.conf"
    chmod 600 "$1/reader.keytab"
    cat >"$1/krb5.conf" <<CONF
[libdefaults]
 default_realm = EXAMPLE.TEST
 dns_lookup_kdc = false
 dns_canonicalize_hostname = false
 rdns = false
[realms]
 EXAMPLE.TEST = {
  kdc = $address
 }
[domain_realm]
 $address = EXAMPLE.TEST
CONF
}

load() { # folder, LDIF, change records, foreign principals
    if [ -n "${2:-}" ]; then
        ldbadd --configfile="$1/smb.conf" -H "$1/private/sam.ldb" --relax "$2"
    fi
    if [ -n "${4:-}" ]; then
        ldbadd --configfile="$1/smb.conf" -H "$1/private/sam.ldb" --controls=provision:0 "$4"
    fi
    if [ -n "${3:-}" ]; then
        # DSDB_CONTROL_BYPASS_PASSWORD_HASH: pwdLastSet may be any time.
        ldbmodify --configfile="$1/smb.conf" -H "$1/private/sam.ldb" --relax --controls=local_oid:1.3.6.1.4.1.7165.4.3.12:0 "$3"
    fi
}

start_server() {
    samba -i -M single -s "$1/smb.conf" --debuglevel=1 >"$1/log/output" 2>&1 </dev/null &
    echo $! >"$1/samba.pid"
    for _ in $(seq 200); do
        if LDAPTLS_CACERT=$1/tls/ca.pem ldapsearch -x -LLL -H "ldaps://$address" -b '' -s base 1.1 >/dev/null 2>&1; then
            return 0
        fi
        kill -0 "$(cat "$1/samba.pid")" 2>/dev/null || break
        sleep 0.1
    done
    echo "samba.sh: the server did not start:" >&2
    tail -20 "$1/log/output" >&2
    exit 1
}

case ${1:-} in
stop)
    stop_server "$2"
    exit 0
    ;;
start) ;;
*)
    echo "usage: samba.sh start DIR [LDIF [CHANGES [FOREIGN]]] | stop DIR" >&2
    exit 2
    ;;
esac
[ "$(id -u)" = 0 ] || missing "a domain controller needs root"
for tool in samba samba-tool ldbadd ldbmodify openssl ldapsearch; do
    command -v "$tool" >/dev/null || missing "$tool is not installed"
done
mkdir -p "$2"
folder=$(cd "$2" && pwd)
mkdir -p "$folder"/{tls,run,ncalrpc,log}
printf 'Passw0rd.fixture' >"$folder/password"
chmod 600 "$folder/password"
(make_certificates "$folder/tls") >"$folder/log/certificates" 2>&1
write_configuration "$folder"
provision "$folder" >"$folder/log/provision" 2>&1 || { tail -20 "$folder/log/provision" >&2; exit 1; }
if [ "${SAMBA_KDC:-no}" = yes ]; then
    prepare_kerberos "$folder" >"$folder/log/kerberos" 2>&1 || { tail -20 "$folder/log/kerberos" >&2; exit 1; }
fi
load "$folder" "${3:-}" "${4:-}" "${5:-}" >"$folder/log/load" 2>&1 || { tail -20 "$folder/log/load" >&2; exit 1; }
start_server "$folder"
cat <<OUT
LDAP_URL=ldap://$address
LDAPS_URL=ldaps://$address
CA_FILE='$folder/tls/ca.pem'
BASE='$base'
BIND_DN='cn=reader,cn=Users,$base'
ADMIN_DN='cn=Administrator,cn=Users,$base'
PASSWORD_FILE='$folder/password'
SAMBA_PID=$(cat "$folder/samba.pid")
OUT
if [ "${SAMBA_KDC:-no}" = yes ]; then
    printf "KRB5_CONFIG='%s'\nKEYTAB='%s'\n" "$folder/krb5.conf" "$folder/reader.keytab"
fi
