# Runs a PostgreSQL server from the programs in folder $1 in the folder $2 until standard input closes, then removes $2.
# It waits for the disk and keeps statistics as a server at work does if $3 is on, and does neither if it is off.
# Whoever starts this holds the other end of standard input, so the server goes however that process goes.
set -eu
trap 'rm -rf "$2"' EXIT
"$1/initdb" -D "$2/data" -U concord -A trust -E UTF8 --locale=C --no-sync
exec 3<&0
"$1/postgres" -D "$2/data" -k "$2" -p 5432 -c listen_addresses= -c fsync="$3" -c autovacuum="$3" -c max_connections=200 \
    </dev/null 3<&- &
server=$!
# Repeated, for the very first signal may arrive before the server listens to it.
{ trap exit TERM; read -r _ || while kill -QUIT "$server" 2>/dev/null; do sleep 0.1; done; } <&3 &
watcher=$!
exec 3<&-
wait "$server" || :
kill "$watcher" 2>/dev/null || :
wait "$watcher" || :
