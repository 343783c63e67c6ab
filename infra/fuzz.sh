#!/bin/sh
# Fuzzes the parsers, the evaluator, the compiler and what believes webhooks.
#
#     infra/fuzz.sh                               every target, for the number of runs that is usual for it
#     infra/fuzz.sh expression_parse 2000000      one target, for so many runs
#     infra/fuzz.sh expression_parse FILE         one target, once, with a finding
#
# cargo-fuzz is installed into .tools/fuzz where it is missing. It asks for unstable flags, which the pinned stable
# compiler takes when told to. There is no sanitizer: no code of ours is unsafe, so what can go wrong is a panic, an
# overflow, a text that takes long or a full stack, and the stack is as small as that of a worker thread.
set -eu
cd "$(dirname "$0")/.."

CARGO_FUZZ=0.13.2
SECONDS_PER_RUN=10
MEGABYTES=2048

usual_runs() {
    case $1 in
    expression_parse) echo 2000000 ;;
    expression_evaluate) echo 1000000 ;;
    definition_check) echo 200000 ;;
    definition_convert) echo 100000 ;;
    definition_figures) echo 100000 ;;
    schedule_convert) echo 2000000 ;;
    webhook_verify) echo 1000000 ;;
    *) echo "there is no target $1" >&2 && exit 2 ;;
    esac
}

dictionary() {
    case $1 in
    definition_check | definition_convert | definition_figures) echo fuzz/definition.dict ;;
    schedule_convert) echo fuzz/schedule.dict ;;
    webhook_verify) echo fuzz/webhook.dict ;;
    *) echo fuzz/jexl.dict ;;
    esac
}

fuzz() {
    target=$1
    runs=${2:-$(usual_runs "$target")}
    if [ -f "$runs" ]; then
        cargo fuzz run --sanitizer none "$target" "$runs"
        return
    fi
    mkdir -p "fuzz/corpus/$target"
    cargo fuzz run --sanitizer none "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- -runs="$runs" -timeout="$SECONDS_PER_RUN" \
        -rss_limit_mb="$MEGABYTES" -max_len=16384 -dict="$(dictionary "$target")" -print_final_stats=1
}

export RUSTC_BOOTSTRAP=1
PATH="$PWD/.tools/fuzz/bin:$PATH"
export PATH
if ! command -v cargo-fuzz >/dev/null; then
    cargo install cargo-fuzz --version "$CARGO_FUZZ" --locked --root .tools/fuzz
fi
python3 fuzz/seeds.py fuzz/seeds
ulimit -s 2048

if [ $# -gt 0 ]; then
    fuzz "$@"
else
    for target in expression_parse expression_evaluate definition_check definition_convert definition_figures schedule_convert webhook_verify; do
        fuzz "$target"
    done
fi
