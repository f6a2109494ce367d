# Runs a throw-away Request Tracker 5 (Debian) on SQLite in the folder $1, on port $2 of the loopback, until standard
# input closes. User root, password `password`. Times in a search are read in the zone $3.
set -eu
folder=$1 port=$2 zone=$3
mkdir -p "$folder/mason" "$folder/session" "$folder/log" "$folder/empty.d"
cat >"$folder/RT_SiteConfig.pm" <<PERL
Set(\$rtname, 'rt.test'); Set(\$Organization, 'rt.test'); Set(\$Timezone, '$zone');
Set(\$WebDomain, 'rt.example'); Set(\$WebPort, 80); Set(\$WebBaseURL, 'http://rt.example'); Set(\$WebPath, '');
Set(\$CanonicalizeRedirectURLs, 0); Set(\$RestrictReferrer, 0);
Set(\$DatabaseType, 'SQLite'); Set(\$DatabaseName, '$folder/rt.sqlite');
Set(\$MailCommand, 'testfile'); Set(\$BcryptCost, 6);
Set(\$WebSessionClass, 'Apache::Session::File'); Set(\$LogToSyslog, undef); Set(\$LogToSTDERR, 'error');
\$RT::MasonDataDir = '$folder/mason'; \$RT::MasonSessionDir = '$folder/session';
1;
PERL
# Debian's own RT_SiteConfig.d would win over ours.
export RT_SITE_CONFIG="$folder/RT_SiteConfig.pm" RT_SITE_CONFIG_DIR="$folder/empty.d" TMPDIR="$folder/log"
exec 3<&0 </dev/null
/usr/sbin/rt-setup-database-5 --action init --skip-create 3<&-
/usr/share/request-tracker5/libexec/rt-server --server Starman --host 127.0.0.1 --port "$port" --workers 2 3<&- &
server=$!
# Whoever started this holds the other end.
read -r _ <&3 || :
kill "$server" 2>/dev/null || :
wait "$server" || :
