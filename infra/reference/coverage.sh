#!/bin/sh
# Prints which branches of the expression crate the comparison with the reference takes.
#
# Run from the root of the repository, after the packages of `make reference` are installed:
#   infra/reference/coverage.sh [--seed N] [--cases N]
#
# Needs the LLVM tools of the version that rustc has (Debian: llvm-22). Branches are counted only by rustc's unstable
# `-Z coverage-options=branch`, which RUSTC_BOOTSTRAP opens; the build has a target folder of its own.
set -eu

version=$(rustc --version --verbose | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
profdata=llvm-profdata-$version
cov=llvm-cov-$version
if ! command -v "$profdata" >/dev/null || ! command -v "$cov" >/dev/null; then
    echo "coverage: skipped, $profdata and $cov are not installed (Debian: apt-get install llvm-$version)"
    exit 0
fi

target=${COVERAGE_TARGET_DIR:-target/coverage}
export CARGO_TARGET_DIR="$target"
RUSTC_BOOTSTRAP=1 RUSTFLAGS="-C instrument-coverage -Z coverage-options=branch" \
    cargo build --quiet --package pawl-expression --example differential

rm -f "$target"/differential-*.profraw
LLVM_PROFILE_FILE="$target/differential-%p.profraw" "$target/debug/examples/differential" "$@"
"$profdata" merge -sparse "$target"/differential-*.profraw -o "$target/differential.profdata"

echo
"$cov" export --summary-only --instr-profile="$target/differential.profdata" "$target/debug/examples/differential" \
    expression/src | node infra/reference/coverage.mjs
