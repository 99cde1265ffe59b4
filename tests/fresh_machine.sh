#!/bin/bash
# Proves that the repository works on a machine that has nothing: makes a minimal Debian 12 in a folder (debootstrap), copies
# the repository into it and runs ./run.sh there. Mirrors, proxies and keys are those of this machine's apt. Needs root.
#
# Usage: tests/fresh_machine.sh [--worktree] [--keep] [--save DIR] [VERB...]
#   --worktree   copy the working tree (what git does not ignore) instead of the last commit
#   --keep       leave the system there, to look into it
#   --save DIR   copy what the verbs wrote (out/) to DIR
#   VERB         what ./run.sh is asked to do, in this order, with its arguments: 'docs --check' (default: demo test)
set -euo pipefail
suite=bookworm
arguments=("$@")
worktree=no keep=no save='' verbs=()
while [ $# -gt 0 ]; do
    case $1 in
    --worktree) worktree=yes ;;
    --keep) keep=yes ;;
    --save) save=$(realpath -m "$2"); shift ;;
    -h | --help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -*) echo "unknown option: $1" >&2; exit 2 ;;
    *) verbs+=("$1") ;;
    esac
    shift
done
[ ${#verbs[@]} -gt 0 ] || verbs=(demo test)
repository=$(cd "$(dirname "$0")/.." && pwd)
if [ "$(id -u)" -ne 0 ]; then
    echo "debootstrap and chroot need root" >&2
    exit 1
fi

# Mounts in a namespace of our own: this machine never sees them, and they end with this process.
if [ -z "${FRESH_MACHINE_INSIDE:-}" ]; then
    FRESH_MACHINE_INSIDE=1 exec unshare --mount --propagation private "$0" "${arguments[@]}"
fi

begin=$SECONDS
step() { printf '[fresh %4d s] %s\n' $((SECONDS - begin)) "$*"; }

if ! command -v debootstrap > /dev/null; then
    step "installing debootstrap"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends debootstrap > /dev/null
fi

system=$(mktemp -d "${TMPDIR:-/tmp}/fresh-XXXXXX")
clean_up() {
    local status=$?
    cd /
    for place in dev/pts dev/shm dev sys proc; do
        if mountpoint -q "$system/$place"; then umount -l "$system/$place" || true; fi
    done
    if grep -q -F " $system/" /proc/self/mountinfo; then
        step "something is still mounted in $system: left there"
    elif [ $keep = yes ]; then
        step "kept: $system (enter with: chroot $system)"
    else
        step "removing $system"
        rm -rf --one-file-system "$system"
    fi
    exit $status
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

# ---------------------------------------------------------------- this machine's apt

# entries: one line for each binary source of this machine, "URI|SUITE|COMPONENTS|OPTIONS", from both file formats.
entries() {
    local files
    mapfile -t files < <(find /etc/apt/sources.list /etc/apt/sources.list.d -maxdepth 1 -type f -name '*.list' 2> /dev/null)
    [ ${#files[@]} -eq 0 ] || awk '
        $1 == "deb" {
            sub(/#.*/, ""); options = ""
            if (match($0, /\[[^]]*\]/)) {
                options = substr($0, RSTART + 1, RLENGTH - 2)
                $0 = substr($0, 1, RSTART - 1) substr($0, RSTART + RLENGTH)
            }
            components = ""
            for (i = 4; i <= NF; i++) components = components (i > 4 ? " " : "") $i
            print $2 "|" $3 "|" components "|" options
        }' "${files[@]}"
    mapfile -t files < <(find /etc/apt/sources.list.d -maxdepth 1 -type f -name '*.sources' 2> /dev/null)
    [ ${#files[@]} -eq 0 ] || awk '
        function flush(  u, s, i, j, n, m, options) {
            if (field["types"] ~ /(^| )deb( |$)/ && tolower(field["enabled"]) != "no") {
                options = ""
                if (field["trusted"] != "") options = options " trusted=" field["trusted"]
                if (field["signed-by"] ~ /^\//) options = options " signed-by=" field["signed-by"]
                if (field["check-valid-until"] != "") options = options " check-valid-until=" field["check-valid-until"]
                n = split(field["uris"], u, " "); m = split(field["suites"], s, " ")
                for (i = 1; i <= n; i++)
                    for (j = 1; j <= m; j++) print u[i] "|" s[j] "|" field["components"] "|" substr(options, 2)
            }
            split("", field); name = ""
        }
        FNR == 1 { flush() }
        /^#/ { next }
        /^[ \t]*$/ { flush(); next }
        /^[ \t]/ { sub(/^[ \t]+/, ""); field[name] = field[name] " " $0; next }
        { name = tolower($0); sub(/:.*/, "", name); value = $0; sub(/^[^:]*:[ \t]*/, "", value); field[name] = value }
        END { flush() }' "${files[@]}"
}

# A list of mirrors (mirror+file:PATH, as cloud images have it) stands for its first entry.
resolved() {
    case $1 in
    mirror+file:*) awk '!/^#/ && NF { print $1; exit }' "${1#mirror+file:}" ;;
    *) echo "$1" ;;
    esac
}

mirror='' mirror_options='' sources=''
while IFS='|' read -r uri name components options; do
    case $name in
    "$suite" | "$suite"-*) ;;
    *) continue ;;                                  # other distributions and vendors
    esac
    uri=$(resolved "$uri")
    sources+="deb${options:+ [$options]} $uri $name $components"$'\n'
    if [ "$name" = $suite ] && [ -z "$mirror" ]; then
        mirror=$uri mirror_options=$options
    fi
done < <(entries)
if [ -z "$mirror" ]; then
    # This machine runs another release: its Debian mirror has $suite as well.
    mirror=$(entries | awk -F'|' '$1 ~ /\/debian\/?$/ { print $1; exit }')
    mirror=$(resolved "${mirror:?no Debian mirror in the apt configuration of this machine}")
    sources="deb $mirror $suite main"$'\n'
fi
settings=$(apt-config dump | grep -i -E \
    '^Acquire::(https?|ftp|Retries|Check-Valid-Until|Check-Date|AllowInsecureRepositories|Languages)\b' |
    grep -v -i -E 'Proxy-Auto-?Detect|User-Agent' || true)

# debootstrap downloads with wget, which knows proxies by the environment alone.
for scheme in http https; do
    variable=${scheme}_proxy
    proxy=$(sed -n "s/^Acquire::$scheme::Proxy \"\(.*\)\";$/\1/Ip" <<< "$settings" | head -n 1)
    if [ -n "$proxy" ] && [ "$proxy" != DIRECT ] && [ -z "${!variable:-}" ]; then export "$variable=$proxy"; fi
done

# ---------------------------------------------------------------- the bare system

step "debootstrap minbase $suite from $mirror"
signature=()
if [[ $mirror_options == *trusted=yes* ]]; then
    signature=(--no-check-gpg)
elif [[ $mirror_options =~ signed-by=([^ ]+) ]]; then
    signature=(--keyring "${BASH_REMATCH[1]}")
fi
debootstrap --variant=minbase "${signature[@]}" $suite "$system" "$mirror" > "$system.log" 2>&1 ||
    { tail -n 20 "$system.log" "$system/debootstrap/debootstrap.log" >&2; rm -f "$system.log"; exit 1; }
rm -f "$system.log"

step "apt configuration, certificates and name servers of this machine"
printf '%s' "$sources" > "$system/etc/apt/sources.list"
printf '%s\n' "$settings" > "$system/etc/apt/apt.conf.d/50host"
for file in /etc/apt/trusted.gpg /etc/apt/trusted.gpg.d/. /etc/apt/keyrings/. /etc/apt/auth.conf /etc/apt/auth.conf.d/. \
    /etc/ssl/certs/ca-certificates.crt $(grep -o -E 'signed-by=[^] ]+' <<< "$sources" | cut -d= -f2 | sort -u); do
    if [ -e "$file" ]; then
        mkdir -p "$system$(dirname "$file")"
        cp -rL "$file" "$system$(dirname "$file")/"
    fi
done
cp -L /etc/resolv.conf /etc/hosts "$system/etc/"

step "copying the repository ($([ $worktree = yes ] && echo working tree || echo last commit))"
mkdir "$system/xgrad"
cd "$repository"
if [ $worktree = no ]; then
    git archive HEAD | tar -x -C "$system/xgrad"
elif git rev-parse --git-dir > /dev/null 2>&1; then
    git ls-files -z --cached --others --exclude-standard |
        tar -c --null --ignore-failed-read --files-from=- 2> /dev/null | tar -x -C "$system/xgrad"
else
    tar -c --exclude=./build --exclude=./out . | tar -x -C "$system/xgrad"
fi

mount -t proc proc "$system/proc"
mount -t sysfs -o ro sysfs "$system/sys" || mount --bind /sys "$system/sys"
mount --bind /dev "$system/dev"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$system/dev/pts" 2> /dev/null || mount --bind /dev/pts "$system/dev/pts"
mount -t tmpfs tmpfs "$system/dev/shm"

# ---------------------------------------------------------------- the promise

environment=(HOME=/root TERM=dumb PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
for variable in http_proxy https_proxy ftp_proxy no_proxy; do
    if [ -n "${!variable:-}" ]; then environment+=("$variable=${!variable}"); fi
done
step "$(chroot "$system" dpkg-query -f '.\n' -W | wc -l) packages, $(du -sm --one-file-system "$system" | cut -f1) MB, $(nproc) processors"
report='' status=0
for verb in "${verbs[@]}"; do
    step "./run.sh $verb"
    from=$SECONDS result=ok
    env -i "${environment[@]}" chroot "$system" /xgrad/run.sh $verb < /dev/null || { status=$? result="failed ($status)"; }
    report+=$(printf '    ./run.sh %-8s %-12s %4d s' "$verb" "$result" $((SECONDS - from)))$'\n'
    step "./run.sh $verb: $result after $((SECONDS - from)) s"
done
if [ -n "$save" ] && [ -d "$system/xgrad/out" ]; then
    mkdir -p "$save"
    cp -r "$system/xgrad/out/." "$save/"
fi
step "wall time on a fresh machine, packages and build included:"
printf '%s' "$report"
exit $status
