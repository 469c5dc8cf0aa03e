#!/usr/bin/env bash
# Three nodes behind nginx, one private PostgreSQL, a small load: to look at. Usage: run.sh [SECONDS]; without it until Ctrl-C.
#
# Everything is in a temporary folder and gone at the end; the machine's own PostgreSQL and nginx are not touched. Needs
# Debian's postgresql and nginx-light. BINARY=path takes a program that was built with --features postgres.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-}
token=cluster-token-0123456789

PATH="$PATH:/usr/sbin"
programs=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
[ -x "$programs/initdb" ] || programs=$(dirname "$(command -v initdb || echo ./none)")
for program in "$programs/initdb" nginx curl; do
    command -v "$program" >/dev/null || {
        echo "cluster: there is no ${program##*/}; on Debian: apt-get install postgresql nginx-light curl" >&2
        exit 1
    }
done

if [ -z "${BINARY:-}" ]; then
    cargo build --release --locked --features postgres
    BINARY=target/release/viewtally
fi
binary=$(realpath "$BINARY")
samples=$(realpath src/samples)
example=$(realpath src/packaging/nginx.conf)

folder=$(mktemp -d -t viewtally-cluster-XXXXXX)
unprivileged=()
if [ "$(id -u)" = 0 ]; then
    account=postgres
    id "$account" >/dev/null 2>&1 || account=nobody
    unprivileged=(setpriv "--reuid=$(id -u "$account")" "--regid=$(id -g "$account")" --clear-groups)
    chown "$account" "$folder"
fi
postgres() { # PROGRAM ARGUMENT...
    (cd "$folder" && env -i PATH="$PATH" LC_ALL=C "${unprivileged[@]}" "$programs/$1" "${@:2}")
}

children=()
clean_up() {
    trap - EXIT
    trap '' INT TERM HUP
    [ ${#children[@]} = 0 ] || kill -TERM "${children[@]}" 2>/dev/null || true
    for _ in {1..100}; do
        [ -n "$(jobs -r -p)" ] || break
        sleep 0.1
    done
    # What has not ended in ten seconds is ended.
    jobs -r -p | xargs -r kill -KILL 2>/dev/null || true
    [ ! -e "$folder/data/postmaster.pid" ] || postgres pg_ctl -D "$folder/data" -m immediate -t 20 stop >/dev/null 2>&1 || true
    rm -rf "$folder"
    echo "stopped; $folder is gone"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

fail() { # MESSAGE FILE
    echo "cluster: $1" >&2
    tail -n 20 "$2" >&2
    exit 1
}
# A port of loopback that nobody listens on, below those that the system gives to connections.
free_port() {
    local port
    while port=$((20000 + RANDOM % 12000)); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

database_port=$(free_port)
postgres initdb --no-sync --no-instructions --auth=trust --username=viewtally --encoding=UTF8 --locale=C \
    -D "$folder/data" >"$folder/initdb.log" 2>&1 || fail "initdb fails" "$folder/initdb.log"
cat >>"$folder/data/postgresql.conf" <<SETTINGS
fsync = off
listen_addresses = '127.0.0.1'
port = $database_port
unix_socket_directories = '$folder'
SETTINGS
postgres pg_ctl -D "$folder/data" -l "$folder/postgres.log" -t 30 -w start >/dev/null 2>&1 ||
    fail "PostgreSQL does not start" "$folder/postgres.log"
store="postgres://viewtally@127.0.0.1:$database_port/postgres"

# Each node in a folder of its own, where its journal lies.
nodes=()
upstream=
for number in 1 2 3; do
    node="$folder/node-$number"
    mkdir "$node"
    arguments=(serve --listen 127.0.0.1:0 --store "$store" --token "$token" --trust-proxy 127.0.0.1/32)
    [ $number != 1 ] || arguments+=(--import "$samples")
    (cd "$node" && exec "$binary" "${arguments[@]}" >out 2>err) &
    children+=($!)
    address=
    for _ in {1..300}; do
        address=$(sed -n 's,.*listening on http://\([0-9.:]*\).*,\1,p' "$node/out")
        [ -z "$address" ] || break
        kill -0 $! 2>/dev/null || fail "node $number does not start" "$node/err"
        sleep 0.1
    done
    [ -n "$address" ] || fail "node $number does not listen" "$node/err"
    nodes+=("$address")
    upstream+="server $address; "
done

front=127.0.0.1:$(free_port)
mkdir "$folder/nginx"
{
    echo "daemon off; master_process off; pid $folder/nginx/pid; error_log $folder/nginx/error.log;"
    echo "events { }"
    echo "http { access_log off;"
    for kind in client_body proxy fastcgi uwsgi scgi; do
        echo "${kind}_temp_path $folder/nginx/$kind;"
    done
    sed -e "s,server 127.0.0.1:8080;,$upstream," -e "s,listen 80;,listen $front;," "$example"
    echo "}"
} >"$folder/nginx/nginx.conf"
nginx -p "$folder/nginx" -c "$folder/nginx/nginx.conf" -e "$folder/nginx/start.log" &
children+=($!)
for _ in {1..100}; do
    curl -sf -o /dev/null -m 5 "http://$front/healthz" && break
    kill -0 $! 2>/dev/null || fail "nginx does not start" "$folder/nginx/start.log"
    sleep 0.1
done

cat <<ADDRESSES
all together  http://$front/posts
node 1        http://${nodes[0]}/posts
node 2        http://${nodes[1]}/posts
node 3        http://${nodes[2]}/posts
PostgreSQL    psql $store
token         $token
logs          $folder/node-*/err
ADDRESSES

# Some reads a second, by a hundred readers: an address with a hundred browsers.
read_on() {
    local version
    local posts=(welcome try-it what-happens-to-a-view what-is-lost-when)
    while true; do
        version=$((RANDOM % 100 + 50)).0
        curl -s -m 10 -o /dev/null -A "Mozilla/5.0 (X11; Linux x86_64; rv:$version) Gecko/20100101 Firefox/$version" \
            "http://$front/posts/${posts[RANDOM % 4]}" || true
        sleep 0.05
    done
}
read_on &
children+=($!)

views() { # NODE
    curl -s -m 5 "http://$1/posts/welcome/views" | sed -n 's/.*"views":\([0-9]*\).*/\1/p'
}
end=$((SECONDS + ${seconds:-0}))
while [ -z "$seconds" ] || [ $SECONDS -lt $end ]; do
    sleep 2 &
    wait $!
    echo "views of welcome: $(views "${nodes[0]}"), $(views "${nodes[1]}"), $(views "${nodes[2]}")"
done
