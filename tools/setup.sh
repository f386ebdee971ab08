# What ./run and ./test share: installing packages, building. Read by bash with `source`; the current directory is the checkout.

readonly root=$PWD
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1  # another clone of the same sources finds what this one compiled
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

say() { printf '%s\n' "$@"; }

fail() {
    printf '\n%s: %s\n' "${0##*/}" "$1" >&2
    shift
    if (($#)); then printf '  %s\n' "$@" >&2; fi
    exit 1
}

# step TEXT COMMAND...: says what is done and how long it took; the output is shown only if it fails.
step() {
    local text=$1 log begin=$EPOCHREALTIME code=0
    shift
    log=$(mktemp)
    printf '==> %s ... ' "$text"
    "$@" >"$log" 2>&1 </dev/null || code=$?
    if ((code)); then
        printf 'failed after %s s\n' "$(since "$begin")"
        tail -n 80 "$log" >&2
    else
        printf '%s s\n' "$(since "$begin")"
    fi
    rm -f "$log"
    return $code
}

since() { printf '%.1f' "$(awk "BEGIN { print $EPOCHREALTIME - $1 }")"; }

as_root() {
    if ((EUID == 0)); then "$@"; else sudo env DEBIAN_FRONTEND=noninteractive "$@"; fi
}

# The packages named in FILES that are not installed, one a line.
missing_packages() {
    local -A installed=()
    local line name program
    while read -r name; do installed[$name]=1; done < <(dpkg-query -W -f '${Status} ${Package}\n' | sed -n 's/^install ok installed //p')
    cat "$@" | while read -r line program; do
        [[ -z $line || $line == \#* ]] && continue
        [[ -n $program ]] && command -v "$program" >/dev/null && continue
        for name in ${line//|/ }; do [[ -v installed[$name] ]] && continue 2; done
        printf '%s\n' "$line"
    done
}

# The first of "a|b" that apt can install.
candidate() {
    local name
    for name in ${1//|/ }; do
        if apt-cache policy "$name" | grep -q 'Candidate: [^(]'; then
            printf '%s\n' "$name"
            return
        fi
    done
    printf '%s\n' "$name"
}

# Some packages bring services of their own (prosody): they are neither started now nor at the next boot.
install_quietly() {
    local policy=/usr/sbin/policy-rc.d code=0 before
    before=$(ls /etc/systemd/system/multi-user.target.wants 2>/dev/null)
    [[ -e $policy ]] && mv "$policy" "$policy.before-chancery"
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    apt-get -y --no-install-recommends -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 install "$@" || code=$?
    rm -f "$policy"
    [[ -e $policy.before-chancery ]] && mv "$policy.before-chancery" "$policy"
    local name
    for name in prosody ejabberd; do
        [[ $before == *$name* ]] || systemctl disable "$name" 2>/dev/null
    done
    return $code
}

install_packages() {
    local missing names=() name
    command -v dpkg-query >/dev/null || fail "this is not Debian: install what tools/packages and tests/packages name yourself"
    missing=$(missing_packages "$@")
    [[ -z $missing ]] && return
    if ((EUID != 0)) && ! command -v sudo >/dev/null; then
        fail "these packages are missing, and there is neither root nor sudo to install them:" \
            "apt-get install --no-install-recommends $(tr '\n' ' ' <<<"${missing//|*([^[:space:]])/}")"
    fi
    if ((EUID != 0)) && ! sudo -n true 2>/dev/null; then sudo -v || fail "sudo refused; packages must be installed as root"; fi
    # An unreachable extra source is no obstacle as long as the packages can be had: the installation decides.
    step "refresh the list of packages" as_root apt-get -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 update || true
    for name in $missing; do names+=("$(candidate "$name")"); done
    step "install ${#names[@]} packages" as_root bash -c "$(declare -f install_quietly); install_quietly \"\$@\"" - "${names[@]}" || fail \
        "the packages could not be installed" "wanted: ${names[*]}" \
        "Is this machine offline? apt-get must reach a Debian mirror (see /etc/apt/sources.list*)."
}

# build DIRECTORY "TARGETS" [CMAKE-OPTION...]: configures when the options changed, and lets ninja decide the rest.
build() {
    local directory=$1 targets=$2 options
    shift 2
    options="$root -DCMAKE_CXX_COMPILER=clang++-19 $*"
    if [[ ! -f $directory/build.ninja || $(cat "$directory/configured" 2>/dev/null) != "$options" ]]; then
        step "configure $directory" cmake -G Ninja -S . -B "$directory" -DCMAKE_CXX_COMPILER=clang++-19 "$@" || return
        printf '%s\n' "$options" >"$directory/configured"
    fi
    local ninja=(ninja -j "$(nproc)") word begin=$EPOCHREALTIME
    for word in $targets; do ninja+=("$word"); done
    if [[ ! -t 1 ]]; then
        step "compile in $directory (from nothing: some ten minutes on two processors)" env -C "$directory" "${ninja[@]}"
        return
    fi
    # For somebody who watches, ninja's own line moves.
    NINJA_STATUS="==> compile in $directory: %f of %t  " env -C "$directory" "${ninja[@]}" </dev/null || return
    say "==> compile in $directory ... $(since "$begin") s"
}

# build/ is shared by ./run and ./test, so both give the same options.
build_release() { build build "$1" -DCMAKE_BUILD_TYPE=Release -DCHANCERY_TESTS=ON -DCHANCERY_BENCH=ON; }
