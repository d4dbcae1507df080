#!/bin/sh
# demo/directory.sh DIR PORT [LDAPS-PORT] - an LDAP directory on loopback for trying the grant `directory`: OpenLDAP's slapd with the
# people of directory.ldif, attributes named as in Active Directory, and a certificate authority of its own (DIR/ca.pem).
# Everything lies in DIR, which is made anew. Runs until it is stopped. The system's own slapd, if there is one, is not touched.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
dir=$(cd "$1" && pwd) port=$2 tls_port=${3:-}
server=$(PATH="$PATH:/usr/sbin" command -v slapd) || { echo "slapd is not installed" >&2; exit 1; }
modules=$(ls -d /usr/lib/ldap /usr/lib/*/openldap 2>/dev/null | head -1)
schema=/etc/ldap/schema

cd "$dir"
rm -rf data slapd.conf slapd && mkdir -m 700 data
# The system confines the program at its usual place to the system's own directory data; a copy is free to use this folder.
cp "$server" slapd

if [ ! -f cert.pem ]; then
	openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=hufu demo authority" -keyout ca.key -out ca.pem 2>/dev/null
	openssl req -newkey rsa:2048 -nodes -subj "/CN=hufu demo directory" -keyout cert.key -out cert.csr 2>/dev/null
	printf 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n' >cert.ext
	openssl x509 -req -in cert.csr -CA ca.pem -CAkey ca.key -set_serial 2 -days 3650 -extfile cert.ext -out cert.new 2>/dev/null
	mv cert.new cert.pem
fi

cat >slapd.conf <<CONF
include $schema/core.schema
include $schema/cosine.schema
include $schema/inetorgperson.schema
include $schema/nis.schema
# The attributes of Active Directory with its own numbers, and the matching rules that it applies to them.
attributetype ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.656 NAME 'userPrincipalName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.2.102 NAME 'memberOf' EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.159 NAME 'accountExpires' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.662 NAME 'lockoutTime' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 2.16.840.1.113730.3.1.610 NAME 'nsAccountLock' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.4203.666.11.99.1 NAME 'demoAccount' SUP top AUXILIARY MAY ( sAMAccountName \$ userPrincipalName \$ memberOf
	\$ userAccountControl \$ accountExpires \$ lockoutTime \$ nsAccountLock ) )
modulepath $modules
moduleload back_mdb
pidfile $dir/slapd.pid
argsfile $dir/slapd.args
TLSCACertificateFile $dir/ca.pem
TLSCertificateFile $dir/cert.pem
TLSCertificateKeyFile $dir/cert.key
security tls=1
disallow bind_anon
sizelimit 100
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
database mdb
suffix "dc=corp,dc=example"
directory $dir/data
maxsize 10485760
CONF
# Whoever starts it may want to change it while it runs.
[ -z "${DIRECTORY_ROOTPW:-}" ] || printf 'rootdn "cn=root,dc=corp,dc=example"\nrootpw %s\n' "$DIRECTORY_ROOTPW" >>slapd.conf
./slapd -T add -f slapd.conf -l "$here/directory.ldif" >/dev/null
urls="ldap://127.0.0.1:$port"
[ -z "$tls_port" ] || urls="$urls ldaps://127.0.0.1:$tls_port"
exec ./slapd -f slapd.conf -h "$urls" -d 0
